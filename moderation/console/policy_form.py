"""A policy as typed: what it asks of the desk, and the public name and text in each language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation import dsa_categories, languages
from moderation.actions import ACTIONS
from moderation.eligibility.steps import MOST_MINUTES
from moderation.judgements import MOST_LAW
from moderation.models import Policy, PolicyTerms
from moderation.policies import PolicyFields
from moderation.statements import policy_texts

LONGEST_GUIDELINES: Final = 20_000
LONGEST_TEXT: Final = 2_000
LONGEST_NAME: Final = 120
# Without this language nobody whose own is missing would be told the rule at all.
FALLBACK: Final = "en"


@dataclass(frozen=True)
class Told:
    """The fields of one language: its tag, its public name and text as typed, and what is wrong with them."""

    tag: str
    name: str
    text: str
    name_error: str
    text_error: str

    @property
    def written(self) -> bool:
        return bool(self.text.strip())

    @property
    def wrong(self) -> bool:
        return bool(self.name_error or self.text_error)


class PolicyForm(forms.Form):
    """A policy as typed. Public names and texts are fields by language: ``public_text-th``."""

    name = forms.CharField(max_length=LONGEST_NAME)
    slug = forms.SlugField(max_length=50)
    severity = forms.TypedChoiceField(choices=[(str(n), str(n)) for n in range(1, 6)], coerce=int)
    guidelines = forms.CharField(required=False, max_length=LONGEST_GUIDELINES)
    allowed_actions = forms.MultipleChoiceField(choices=lambda: action_choices(), required=False)
    sla_minutes = forms.IntegerField(min_value=1, max_value=MOST_MINUTES)
    dsa_category = forms.ChoiceField(choices=lambda: list(dsa_categories.CATEGORIES.items()))
    dsa_keyword = forms.ChoiceField(choices=lambda: keyword_choices(), required=False)
    ground = forms.ChoiceField(choices=Policy.Ground.choices)
    legal_ground = forms.CharField(required=False, max_length=MOST_LAW)

    def __init__(self, *args: Any, tags: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tags = in_order(tags)
        for tag in self.tags:
            self.fields[f"public_name-{tag}"] = forms.CharField(required=False, max_length=LONGEST_NAME)
            self.fields[f"public_text-{tag}"] = forms.CharField(required=False, max_length=LONGEST_TEXT)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name, text in data.items():
            if isinstance(text, str) and "\0" in text:
                self.add_error(name, _("There is a character in it that cannot be stored"))
        for tag in self.tags:
            self._check_text(tag, data.get(f"public_text-{tag}", ""))
        if not data.get(f"public_text-{FALLBACK}") and not self.errors.get(f"public_text-{FALLBACK}"):
            self.add_error(
                f"public_text-{FALLBACK}", _("Write it in English: those read it for whom there is no other")
            )
        if data.get("ground") == Policy.Ground.LAW and not data.get("legal_ground"):
            self.add_error("legal_ground", _("Name the law that it breaks"))
        keyword = data.get("dsa_keyword")
        if keyword and keyword not in dsa_categories.KEYWORDS.get(data.get("dsa_category", ""), ()):
            self.add_error("dsa_keyword", _("This keyword belongs to another category"))
        return data

    def fields_of_policy(self, found: PolicyTerms | None) -> PolicyFields:
        """What was typed. Actions that are possible anyway, or whose plugin is away, stay as they were stored."""
        data = self.cleaned_data
        offered = {slug for slug, _label in action_choices()}
        kept = [slug for slug in found.allowed_actions if slug not in offered] if found else []
        law = data["ground"] == Policy.Ground.LAW
        return PolicyFields(
            name=data["name"],
            severity=data["severity"],
            guidelines=_lines(data["guidelines"]),
            allowed_actions=[*data["allowed_actions"], *kept],
            sla_minutes=data["sla_minutes"],
            dsa_category=data["dsa_category"],
            dsa_keyword=data["dsa_keyword"],
            ground=data["ground"],
            legal_ground=data["legal_ground"] if law else "",
            public_names=self._by_language("public_name"),
            public_texts=self._by_language("public_text"),
        )

    def told(self) -> list[Told]:
        return [
            Told(
                tag,
                self[f"public_name-{tag}"].value() or "",
                self[f"public_text-{tag}"].value() or "",
                str(next(iter(self[f"public_name-{tag}"].errors), "")),
                str(next(iter(self[f"public_text-{tag}"].errors), "")),
            )
            for tag in self.tags
        ]

    def _check_text(self, tag: str, text: str) -> None:
        try:
            policy_texts.check(text)
        except policy_texts.BadPlaceholder as error:
            known = ", ".join(f"{{{name}}}" for name in policy_texts.PLACEHOLDERS)
            words = (
                gettext("“{%(written)s}” is not one of these: %(known)s")
                % {"written": error.written, "known": known}
                if error.written
                else gettext("A brace stands alone: write it twice to show one")
            )
            self.add_error(f"public_text-{tag}", words)

    def _by_language(self, name: str) -> dict[str, str]:
        return {tag: text for tag in self.tags if (text := _lines(self.cleaned_data[f"{name}-{tag}"]))}


def initial(found: PolicyTerms, slug: str) -> dict[str, Any]:
    texts = {
        f"{name}-{tag}": text
        for name, by_tag in (("public_name", found.public_names), ("public_text", found.public_texts))
        for tag, text in by_tag.items()
    }
    plain = ("name", "severity", "guidelines", "allowed_actions", "sla_minutes")
    legal = ("dsa_category", "dsa_keyword", "ground", "legal_ground")
    return {name: getattr(found, name) for name in (*plain, *legal)} | texts | {"slug": slug}


def as_typed(data: QueryDict, tags: Iterable[str]) -> PolicyForm:
    """What was typed, not looked at yet: nothing is wrong with it while another language is asked for."""
    typed = {name: data[name] for name in data} | {"allowed_actions": data.getlist("allowed_actions")}
    return PolicyForm(tags=tags, initial=typed)


def language_to_add(typed: str) -> str:
    """The tag of another language to write in. Raises ValidationError."""
    try:
        tag = languages.normalise(typed)
    except languages.UnknownLanguage as error:
        raise forms.ValidationError(_("This is not a BCP 47 language tag, such as th or zh-Hant")) from error
    if tag in languages.SPECIAL:
        raise forms.ValidationError(_("Nobody reads this language"))
    return tag


def tags_of(found: PolicyTerms | None, typed: Iterable[str] = ()) -> set[str]:
    """The languages that have fields: English, those that are stored, and those in fields that were sent."""
    stored = set(found.public_names) | set(found.public_texts) if found else set()
    sent = {name.split("-", 1)[1] for name in typed if name.startswith("public_text-")}
    return {FALLBACK} | stored | {tag for tag in sent if _is_a_tag(tag)}


def in_order(tags: Iterable[str]) -> list[str]:
    """English first, then as the desk's own come, then the others by their English name."""
    ours = [languages.normalise(code) for code, _name in settings.LANGUAGES]
    return sorted(
        tags,
        key=lambda tag: (ours.index(tag) if tag in ours else len(ours), languages.english_name(tag)),
    )


def action_choices() -> list[tuple[str, str]]:
    return [(each.slug, str(each.label)) for each in ACTIONS.values() if not each.always]


def keyword_choices() -> list[tuple[str, Any]]:
    """None, then the keywords by their category."""
    return [
        ("", gettext("none")),
        *(
            (str(label), [(keyword, dsa_categories.in_words(keyword)) for keyword in keywords])
            for category, label in dsa_categories.CATEGORIES.items()
            if (keywords := dsa_categories.KEYWORDS[category])
        ),
    ]


def _is_a_tag(tag: str) -> bool:
    try:
        return languages.normalise(tag) == tag and tag not in languages.SPECIAL
    except languages.UnknownLanguage:
        return False


def _lines(text: str) -> str:
    """As it is stored: with the ends of lines that the rest of the desk uses."""
    return text.replace("\r\n", "\n").strip()
