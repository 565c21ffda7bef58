"""What is compressed on its way out: our own static files, and the pages of people who appeal.

They come with a slow phone and pay for each kilobyte. Of the other pages none is compressed: where an answer holds a
secret beside what somebody else can put into it, and a browser can be made to ask for it, its length gives the secret
away, letter by letter (BREACH). The pages of appeals answer to nobody's cookie. Whoever could make a browser open one,
or could write into one, has its address already, and that is the only secret in it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

PUBLIC: Final = "/appeal/"
# Pictures are compressed already.
TYPES: Final = ("text/", "image/svg+xml", "application/json")
# A part of a file, and "you have it": what is added to them would be taken for the file.
NEVER: Final = (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED)


class Compression(GZipMiddleware):
    """Stands before whatever answers with static files."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed where the browser takes it so."""
        # The one half is asked for by anybody, the other by whoever has the address.
        ours = request.path_info.startswith((settings.STATIC_URL, PUBLIC))
        kind = response.headers.get("Content-Type", "")
        if not ours or not kind.startswith(TYPES) or response.status_code in NEVER:
            return response
        return super().process_response(request, response)
