"""The pages of an appeal are light enough for a slow connection, in every language."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests.page_weight import MOST_BYTES, Scales, full_form, sent

# In no script does a text take more bytes.
HEAVY = "ta"


@pytest.mark.django_db
def test_form_and_status_are_light_in_every_language(client: Client) -> None:
    waiting, gone = full_form(HEAVY), full_form(HEAVY)
    paths, scales = (waiting.path, sent(gone)), Scales(client)
    weights = {
        (code, path): sum(scales.weigh(f"{path}?language={code}").values())
        for code, _name in settings.LANGUAGES
        for path in paths
    }
    assert len(weights) == 2 * 61
    assert not {page: weight for page, weight in weights.items() if weight > MOST_BYTES}
