"""The CyberTipline's schema as it gives it out, and whether our XML is valid by it.

Nothing that comes from outside makes the parser fetch a file or an address.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext
from lxml import etree

XS: Final = "{http://www.w3.org/2001/XMLSchema}"
# What would have libxml2 read another document.
ELSEWHERE: Final = (f"{XS}include", f"{XS}import", f"{XS}redefine", f"{XS}override")


class UnusableSchema(Exception):
    """What was given out is no schema, or one that leads elsewhere. Says why in words."""


class NotValid(Exception):
    """Our XML does not fit the schema. Says where, in words."""


class Schema:
    """Raises UnusableSchema when made."""

    def __init__(self, content: bytes) -> None:
        try:
            document = parsed(content)
            for element in list(document.iter(*ELSEWHERE)):
                if element.get("schemaLocation"):
                    raise UnusableSchema(gettext("it leads to other documents, which are not fetched"))
            self._schema = etree.XMLSchema(document)
        except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise UnusableSchema(str(error)[:300]) from error

    def check(self, xml: bytes) -> None:
        """Raises NotValid, naming the first thing that is wrong."""
        try:
            self._schema.assertValid(parsed(xml))
        except etree.DocumentInvalid as error:
            raise NotValid(str(error)[:400]) from error


def parsed(content: bytes) -> etree._Element:
    """A document from outside: no entities, no DTD, no network, no endless depth. Raises etree.XMLSyntaxError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(content, parser)
