"""Rows of a table inside a form: a small form each, so that what is wrong stands beside the field of its row.

They work without JavaScript: a submit button ``more`` with the table's name adds an empty row, and a tick in
``remove`` takes one away. A row in which nothing was typed is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from django import forms
from django.http import QueryDict

MOST_ROWS = 150


class RowForm(forms.Form):
    """A row. What it means is for each table's own form to say."""

    remove = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"empty_permitted": True, "use_required_attribute": False})


Row = TypeVar("Row", bound=RowForm)


class Rows(Generic[Row]):
    """The rows of one table, as stored or as typed; and always an empty one to type into."""

    def __init__(self, form_class: type[Row], name: str, stored: Sequence[dict[str, Any]] = ()) -> None:
        self.name = name
        self._form_class = form_class
        self.forms = [self._unbound(number, values) for number, values in enumerate([*stored, {}])]

    @classmethod
    def typed(cls, form_class: type[Row], name: str, data: QueryDict, *, more: bool = False) -> Rows[Row]:
        """As typed. With ``more`` there is one row more, and nothing is judged yet."""
        rows = cls(form_class, name)
        count = data.get(f"{name}-rows", "")
        numbers = range(min(int(count), MOST_ROWS) if count.isdecimal() and len(count) < 4 else 0)
        if more:
            values = [
                {field: _value(data, f"{name}-{number}-{field}") for field in form_class.base_fields}
                for number in numbers
            ]
            rows.forms = [rows._unbound(number, each) for number, each in enumerate([*values, {}])]
        else:
            rows.forms = [form_class(data, prefix=f"{name}-{number}") for number in numbers]
        return rows

    def kept(self) -> Iterator[Row]:
        """The rows that count: something was typed, and they are not to be removed."""
        for form in self.forms:
            if form.has_changed() and not form["remove"].value():
                yield form

    def is_valid(self) -> bool:
        return all(form.is_valid() for form in self.kept())

    def _unbound(self, number: int, values: dict[str, Any]) -> Row:
        return self._form_class(prefix=f"{self.name}-{number}", initial=values)


def _value(data: QueryDict, name: str) -> Any:
    """Several values as a list, one as itself."""
    values = data.getlist(name)
    return values if len(values) > 1 else data.get(name, "")
