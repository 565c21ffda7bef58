"""The one API, `/api/v1/`: which calls there are, and how what goes wrong is answered."""

from __future__ import annotations

from django.http import Http404
from ninja.errors import HttpError, ValidationError

from appeals import api as appeals
from moderation.api import cases, decisions, flags, items
from moderation.api.bodies import StrictParser
from moderation.api.docs import Page
from moderation.api.openapi import Api
from moderation.api.problems import answer

api = Api(
    title="Fairlead",
    version="1",
    description=(
        "What a platform, or a detector that runs elsewhere, sends to the review desk and reads from it.\n\n"
        "Every call carries an API key of the platform: Authorization: Bearer fl_…. "
        "Bodies are JSON in UTF-8; times are RFC 3339 with a zone, languages BCP 47."
    ),
    urls_namespace="api",
    parser=StrictParser(),
    docs=Page(),
)
for error in (
    Exception,
    Http404,
    HttpError,
    ValidationError,
):  # the framework has handlers of its own for the last
    api.add_exception_handler(error, answer)
api.add_router("/flags", flags.router)
api.add_router("/items", items.router)
api.add_router("/cases", cases.router)
api.add_router("/decisions", decisions.router)
api.add_router("/appeals", appeals.router)
