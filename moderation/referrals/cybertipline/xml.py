"""Shapes as XML, in the order of their fields, which is the schema's.

Characters that XML does not allow are left out. Where that happened the report, or the file, says so and how many.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, Final

from django.utils.translation import ngettext, override
from lxml import etree

from moderation.referrals.cybertipline.files import FileDetails
from moderation.referrals.cybertipline.report import Report
from moderation.referrals.cybertipline.shapes import Place, Shape

# Everything but Char of XML 1.0 (https://www.w3.org/TR/xml/#charsets).
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report_xml(report: Report) -> bytes:
    """The ``<report>``, UTF-8."""
    left_out = count_left_out(report)
    if left_out:
        said = [report.additional_info or "", _said(left_out)]
        report = report.model_copy(update={"additional_info": "\n".join(filter(None, said))})
    root = etree.Element("report")
    _fill(root, report)
    return _bytes(root)


def file_details_xml(details: FileDetails, report_id: int, file_id: str) -> bytes:
    """The ``<fileDetails>`` of one uploaded file, UTF-8."""
    left_out = count_left_out(details)
    if left_out:
        said = (*details.additional_info, _said(left_out))
        details = details.model_copy(update={"additional_info": said})
    root = etree.Element("fileDetails")
    etree.SubElement(root, "reportId").text = str(report_id)
    etree.SubElement(root, "fileId").text = file_id
    _fill(root, details)
    return _bytes(root)


def count_left_out(value: Any) -> int:
    """How many characters of it XML does not allow."""
    if isinstance(value, str):
        return len(NOT_XML.findall(value))
    if isinstance(value, Shape):
        return sum(count_left_out(getattr(value, name)) for name in type(value).model_fields)
    return sum(map(count_left_out, value)) if isinstance(value, tuple) else 0


def _said(count: int) -> str:
    """For NCMEC, so in English whoever is at work."""
    with override("en"):
        return ngettext(
            "Note of the reporting software: %(count)s control character that XML does not allow was left out.",
            "Note of the reporting software: %(count)s control characters that XML does not allow were left out.",
            count,
        ) % {"count": count}


def _fill(element: etree._Element, shape: Shape) -> None:
    for name, field in type(shape).model_fields.items():
        value = getattr(shape, name)
        spelt = field.alias or name
        if value is None or (value is False and field.default is False):
            continue
        if Place.ATTRIBUTE in field.metadata:
            element.set(spelt, _written(value))
        elif Place.CONTENT in field.metadata:
            element.text = _written(value)
        else:
            for each in value if isinstance(value, tuple) else (value,):
                child = etree.SubElement(element, spelt)
                if isinstance(each, Shape):
                    _fill(child, each)
                else:
                    child.text = _written(each)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return NOT_XML.sub("", str(value))


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
