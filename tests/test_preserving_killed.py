"""A worker that is killed in the middle of fetching a held file loses nothing, and keeps nothing half."""

from __future__ import annotations

import django_rq
import pytest
from django.utils import timezone

from moderation import bells
from moderation.holds import owing
from moderation.models import PreservedFile
from tests.processes import wait_until, worker
from tests.referring import PICTURE, Behaviour, media_host, refer, threat

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_file_that_a_killed_worker_had_in_hand_is_kept_by_the_next() -> None:
    django_rq.get_connection("default").flushdb()
    with media_host() as host:
        host.on["/a.png"] = Behaviour(hang=True)
        with worker() as first:
            refer(threat(media=[{"url": host.url + "/a.png"}]))
            wait_until(lambda: host.asked, "the first worker asks for the file")
            first.kill()
        file = PreservedFile.objects.get()
        assert (file.status, file.attempts, file.content) == ("waiting", 1, None)
        assert file.next_attempt_at > timezone.now(), "leased, as far as anybody else knows"
        host.on.clear()
        # The lease runs out; the timer rings.
        PreservedFile.objects.update(next_attempt_at=timezone.now())
        bells.ring(owing.BELL, owing.QUEUE)
        with worker():
            wait_until(
                lambda: PreservedFile.objects.filter(status="kept").exists(), "the next worker keeps the file"
            )
    file = PreservedFile.objects.get()
    assert (bytes(file.content or b""), file.attempts) == (PICTURE, 2)
    django_rq.get_connection("default").flushdb()
