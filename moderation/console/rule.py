"""One routing rule, for admins: made, changed, tried on the last days' cases before it is saved, or removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from moderation import audit
from moderation.console import rule_form
from moderation.console.foreseeing import Foreseen, foreseen
from moderation.console.request import moderator
from moderation.console.rule_form import RuleForm
from moderation.console.rules import as_it_is, expected, in_a_line, saved
from moderation.foresight.change import Change
from moderation.routing import rules, sentences
from moderation.routing.rules import BadRules, NoReason, RulesChanged
from moderation.routing.sentences import Sentence
from moderation.routing.written import Finding, Rule, read, read_one


def new_routing_rule(request: HttpRequest) -> HttpResponse:
    """A rule that is not there yet. It stands before the one that catches the rest, until another place is chosen."""
    standing = rules.as_written()
    last_catches_rest = bool(standing) and not standing[-1]["conditions"]
    place = len(standing) + (0 if last_catches_rest else 1)
    return _edit(request, standing, None, rule_form.empty(place, rules.names()))


def routing_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule. Its page asks for the version that it was made from, as all of them do."""
    now = as_it_is()
    if rule_id not in now.ids:
        raise Http404
    here = now.ids.index(rule_id)
    return _edit(
        request, now.written, here, rule_form.stored(now.written[here], here + 1, rules.names()), rule_id
    )


def _edit(
    request: HttpRequest,
    standing: list[Rule],
    here: int | None,
    form: RuleForm,
    rule_id: int | None = None,
) -> HttpResponse:
    """``here`` is where the rule stands among the standing ones; None where it does not yet."""
    page = _Page(request, standing, here, rule_id)
    if request.method != "POST":
        return page.answer(form)
    form = rule_form.typed(request.POST, len(standing) + (here is None), form.names)
    others = [rule for index, rule in enumerate(standing) if index != here]
    if "delete" in request.POST and here is not None:
        return page.save(form, others)
    if form.steps.rearranged:
        return page.answer(form)
    written = [*others[: form.place - 1], form.written(), *others[form.place - 1 :]]
    if form.steps.steps is None or "foresee" in request.POST:
        return page.foresee(form, written)
    return page.save(form, written)


class _Page:
    """What the answers to one request have in common: the form as typed is shown again unless it was saved."""

    def __init__(
        self, request: HttpRequest, standing: list[Rule], here: int | None, rule_id: int | None
    ) -> None:
        self.request = request
        self.standing = standing
        self.here = here
        self.rule_id = rule_id

    def foresee(self, form: RuleForm, written: list[Any]) -> HttpResponse:
        """Show what the rules would do, unless there is something wrong with them."""
        found = rules.check(written)
        if form.steps.steps is None or rules.errors(found):
            return self.answer(form, found, refused=True)
        told = read(written).rules
        what = in_a_line(rules.differences_from_now(told)) or gettext("The rules as they are")
        return self.answer(form, found, foreseen=foreseen(Change(what, rules=told)))

    def save(self, form: RuleForm, written: list[Any]) -> HttpResponse:
        if read(written).rules == self.standing and not rules.errors(rules.check(written)):
            messages.info(self.request, gettext("Nothing was different, so nothing was saved."))
            return HttpResponseRedirect(reverse("routing-rules"))
        by, why = audit.person(moderator(self.request)), self.request.POST.get("why", "")
        try:
            version = rules.save(written, by, why, expected(self.request))
        except RulesChanged:
            return self.answer(form, changed_meanwhile=True, refused=True)
        except NoReason as error:
            return self.answer(form, rules.check(written), why_error=str(error), refused=True)
        except BadRules as error:
            return self.answer(form, error.findings, refused=True)
        return saved(self.request, version)

    def answer(
        self,
        form: RuleForm,
        found: Sequence[Finding] = (),
        *,
        foreseen: Foreseen | None = None,
        changed_meanwhile: bool = False,
        why_error: str = "",
        refused: bool = False,
    ) -> HttpResponse:
        deleting = "delete" in self.request.POST
        mine: dict[str, list[Finding]] = defaultdict(list)
        for each in found:
            if each.number == form.place and not deleting:
                mine[each.field].append(each)
        context: dict[str, Any] = {
            "form": replace(form, findings=dict(mine)),
            "general": [*mine.get("", []), *mine.get("conditions", [])],
            "others": [
                each for each in found if (each.number != form.place or deleting) and each.level == "error"
            ],
            "rule_id": self.rule_id,
            "sentence": self._sentence(form),
            "places": self._places(),
            "version": self.request.POST.get("version") or rules.latest(),
            "why": self.request.POST.get("why", ""),
            "why_error": why_error,
            "changed_meanwhile": changed_meanwhile,
            "refused": refused,
            "foreseen": foreseen,
        }
        return render(self.request, "moderation/rule.html", context, status=422 if refused else 200)

    def _sentence(self, form: RuleForm) -> Sentence | None:
        """What the rule says, as far as it can be understood; nothing for one that says nothing yet."""
        rule, wrong = read_one(form.written())
        return None if wrong or form.steps.steps is None else sentences.of(rule, form.names)

    def _places(self) -> list[tuple[int, str]]:
        """Each place in the order, and after which rule it is."""
        others = [rule["name"] for index, rule in enumerate(self.standing) if index != self.here]
        return [(1, ""), *enumerate(others, start=2)]
