"""From an Event to its sentence: the template for its kind, filled with names, each in its own direction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from babel.dates import format_datetime
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, to_locale

from accounts.models import Platform, User
from moderation import languages
from moderation.actions import ReferToLawEnforcement
from moderation.console import words
from moderation.console.sentences import SENTENCES
from moderation.models import Event, Item, Policy, Queue, WebhookEndpoint

# Keys of data that hold a person's id.
PEOPLE: Final = ("person", "asked_by")


@dataclass
class Names:
    """The names of all that some Events speak of. A constant number of statements."""

    people: dict[int, str] = field(default_factory=dict)
    platforms: dict[int, str] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    endpoints: dict[int, str] = field(default_factory=dict)


def names_in(events: Iterable[Event]) -> Names:
    people: set[int] = set()
    items: set[int] = set()
    for event in events:
        if event.actor == Event.Actor.PERSON and event.actor_id:
            people.add(event.actor_id)
        if event.item_id:
            items.add(event.item_id)
        people |= {event.data[key] for key in PEOPLE if isinstance(event.data.get(key), int)}
        people |= set(_people_changed(event.data))
    return Names(
        people={each.pk: each.display_name for each in User.objects.filter(pk__in=people)},
        platforms=dict(Platform.objects.values_list("pk", "name")),
        items=Item.objects.in_bulk(items),
        policies=dict(Policy.objects.values_list("slug", "name")),
        queues=dict(Queue.objects.values_list("slug", "name")),
        endpoints=dict(WebhookEndpoint.objects.values_list("pk", "url")),
    )


def sentence(event: Event, names: Names, *, cleared: bool) -> SafeString:
    """The Event in words. Without the clearance nothing says that something was referred to law enforcement."""
    data = event.data if cleared else without_referrals(event.data)
    template = next(
        (
            SENTENCES[key]
            for key in (*(f"{event.kind}/{each}" for each in variants(data)), event.kind)
            if key in SENTENCES
        ),
        None,
    )
    if template is None:
        return _plain(event, names)
    return mark_safe(str(template).format_map(_Parts(event, data, names)))  # noqa: S308  its parts are escaped


def variants(data: dict[str, Any]) -> Iterable[str]:
    """What of the data makes a kind's sentence another: how, the one action, and the like."""
    if isinstance(how := data.get("how"), str):
        yield how
    actions = data.get("actions")
    if actions == []:
        yield "no actions"
    if (
        isinstance(actions, list)
        and len(actions) == 1
        and isinstance(actions[0], dict)
        and not actions[0].get("on")
    ):
        yield str(actions[0].get("action"))
    if isinstance(ended := data.get("ended"), str):
        yield ended
    if data.get("by_api"):
        yield "by_api"
    if data.get("translated_into"):
        yield "translated"
    if data.get("file_id"):
        yield "a file"
    if data.get("enabled") is True:
        yield "on"
    if data.get("person"):
        yield "for one"
    if data.get("filter") == {}:
        yield "everything"


def without_referrals(data: dict[str, Any]) -> dict[str, Any]:
    """The data without the action of which only those who are cleared may know."""
    actions = data.get("actions")
    if not isinstance(actions, list):
        return data
    secret = ReferToLawEnforcement.slug
    return data | {
        "actions": [
            each for each in actions if (each.get("action") if isinstance(each, dict) else each) != secret
        ]
    }


class _Parts(dict[str, SafeString]):
    """The parts of a template, each worked out when it is asked for."""

    def __init__(self, event: Event, data: dict[str, Any], names: Names) -> None:
        super().__init__()
        self._event, self._data, self._names = event, data, names

    def __missing__(self, part: str) -> SafeString:
        event, names = self._event, self._names
        if part == "who":
            return _isolated(who(event, names))
        if part == "case":
            if event.case_id is None:
                return _isolated("–")
            return format_html(
                '<a href="{}"><bdi>{}</bdi></a>', reverse("case", args=[event.case_id]), event.case_id
            )
        if part == "item":
            return _item(event.item_id, names)
        value = self._data.get(part)
        in_words = IN_WORDS.get(part)
        return _isolated(in_words(value, self._data, names) if in_words else _short(value))


def who(event: Event, names: Names) -> str:
    if event.actor == Event.Actor.PERSON and event.actor_id in names.people:
        return names.people[event.actor_id]
    if event.actor == Event.Actor.PLATFORM and event.actor_id in names.platforms:
        return names.platforms[event.actor_id]
    if event.actor == Event.Actor.APPELLANT:
        return gettext("The person concerned")
    label = Event.Actor(event.actor).label if event.actor in Event.Actor.values else event.actor
    return f"{label} {event.actor_id}" if event.actor_id else str(label)


def _item(item_id: int | None, names: Names) -> SafeString:
    item = names.items.get(item_id or 0)
    if item is None:
        return _isolated(gettext("an item that is gone") if item_id else gettext("an item"))
    template = {
        Item.Kind.CONTENT: gettext("content {item}"),
        Item.Kind.ACCOUNT: gettext("account {item}"),
        Item.Kind.AD: gettext("advertisement {item}"),
    }[Item.Kind(item.kind)]
    told_of = f"{reverse('audit')}?{urlencode({'item_kind': item.kind, 'item': item.external_id})}"
    return format_html(
        template, item=format_html('<a href="{}"><bdi>{}</bdi></a>', told_of, item.external_id)
    )


def _isolated(text: object) -> SafeString:
    return format_html("<bdi>{}</bdi>", text)


def _short(value: Any) -> str:
    """Any value of the data in a few words."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(each)}" for key, each in value.items())[: words.LONGEST_VALUE] or "–"
    if isinstance(value, list):
        return ", ".join(_short(each) for each in value)[: words.LONGEST_VALUE] or "–"
    return words.scalar(value) or "–"


def _plain(event: Event, names: Names) -> SafeString:
    """Of a kind without a sentence, as a plugin may record: its words as they are."""
    said = event.kind.replace(".", " · ").replace("_", " ")
    return format_html(
        "{}: <bdi>{}</bdi> ({})", _isolated(who(event, names)), said, _item(event.item_id, names)
    )


def _policy(value: Any, data: dict[str, Any], names: Names) -> str:
    name = names.policies.get(str(value), _short(value))
    version = data.get("policy_version")
    return f"{name} v{version}" if version else name


def _moment(value: Any, data: dict[str, Any], names: Names) -> str:
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    return (
        format_datetime(moment, "medium", locale=to_locale(get_language() or "en"))
        if moment
        else _short(value)
    )


def _actions(value: Any, data: dict[str, Any], names: Names) -> str:
    listed = value if isinstance(value, list) else []
    labels = [
        words.action_label(each if isinstance(each, dict) else {"action": str(each)}) for each in listed
    ]
    return ", ".join(labels) or gettext("nothing")


def _people_changed(data: dict[str, Any]) -> list[int]:
    listed = data.get("people")
    if not isinstance(listed, list):
        return []
    return [
        each["person"] for each in listed if isinstance(each, dict) and isinstance(each.get("person"), int)
    ]


def _language(value: Any, data: dict[str, Any], names: Names) -> str:
    return languages.endonym(value) if isinstance(value, str) and value else _short(value)


def _person(value: Any, data: dict[str, Any], names: Names) -> str:
    return names.people.get(value, _short(value)) if isinstance(value, int) else _short(value)


IN_WORDS: Final[dict[str, Callable[[Any, dict[str, Any], Names], str]]] = {
    "policy": _policy,
    "queue": lambda value, data, names: names.queues.get(str(value), _short(value)),
    "language": _language,
    "translated_into": _language,
    "may_take": _language,
    "action": lambda value, data, names: words.action_label({"action": value}),
    "actions": _actions,
    "person": _person,
    "asked_by": _person,
    "people": lambda value, data, names: ", ".join(
        names.people.get(each, str(each)) for each in _people_changed(data)
    ),
    "endpoint_id": lambda value, data, names: names.endpoints.get(value, _short(value)),
    "until": _moment,
}
