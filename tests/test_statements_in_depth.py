"""What a statement says of second persons, of decisions that it replaces, and of the rule's placeholders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from moderation import approvals, audit, enforcement, revisions
from moderation.actions import ACTIONS
from moderation.decisions import JudgedAction, decide
from moderation.isolates import FIRST_STRONG_ISOLATE, POP_ISOLATE, isolate
from moderation.judgements import Measure
from moderation.models import Decision, Item, Policy
from moderation.policies import change_policy, fields_of
from moderation.statements import preview, previews, write
from moderation.statements.policy_texts import PLACEHOLDERS, BadPlaceholder, check, fill
from tests.deciding import hold, judgement, take_back
from tests.factories import make_case, make_item, make_policy, make_user

pytestmark = pytest.mark.django_db

ALLOWED = ["remove", "restrict", "warn", "lock_account", "terminate_account", "refer_to_law_enforcement"]


@pytest.fixture(autouse=True)
def policy() -> Policy:
    return make_policy(allowed_actions=ALLOWED)


def made(*actions: str | JudgedAction, **case: Any) -> Decision:
    held, moderator, token = hold(**case)
    return decide(held.pk, moderator, token, judgement(*actions))


def decided_anew(decision: Decision, *actions: str) -> Decision:
    moderator = decision.decided_by
    assert moderator is not None
    case = revisions.reconsider(decision.pk, moderator)
    assert case.lease_token is not None
    return decide(case.pk, moderator, case.lease_token, judgement(*actions))


def measures_of(decision: Decision) -> list[Measure]:
    return [
        Measure(ACTIONS[each.action], each.item, each.parameters, each.territories)
        for each in decision.enforcements.all()
    ]


def rule(text: str, *actions: JudgedAction | str, tag: str = "en", **item: Any) -> str:
    """The rule's text in what a person is told whose account says that she reads ``tag``."""
    author = make_item(
        kind="account", text="", display_name=item.pop("display_name", ""), metadata={"language": tag}
    )
    slug = f"rule-{tag}"
    policy = make_policy(slug, allowed_actions=ALLOWED, public_texts={tag: text})
    case = make_case(item=make_item(author=author, **item), policy=policy)
    shown = preview(case, judgement(*actions or ("remove",), policy=slug)).text
    # The section after what was decided and what it is about: its heading, the rule's name, its text.
    at = 4 if shown.startswith("We do not have this message") else 3
    return shown.split("\n\n")[at].split("\n")[2]


def test_what_is_held_has_a_statement_of_its_own_when_it_is_approved() -> None:
    decision = made("remove", "terminate_account")
    first = decision.statements.get()
    assert "We removed your content." in first.text
    assert "We closed your account." not in first.text
    assert "second person" not in first.text
    approvals.approve(decision.approval.pk, make_user(en=5, clearances=("approval",)))
    second = decision.statements.latest("pk")
    assert "We closed your account. You cannot use it any more.\nThis has no end date." in second.text
    assert "We removed your content." not in second.text
    assert "A person looked at this and made the decision. A second person agreed." in second.text
    assert first.puid != second.puid
    assert first.appeal_code != second.appeal_code


def test_the_preview_shows_both_statements_apart() -> None:
    case = make_case()
    first, second = previews(case, judgement("remove", "terminate_account"))
    assert "We removed" in first.text
    assert "A second person agreed." in second.text
    assert "We removed" not in second.text
    (alone,) = previews(case, judgement("terminate_account"))
    assert "We closed your account." in alone.text
    (nothing,) = previews(case, judgement())
    assert nothing.text.startswith("We made a decision")


def test_a_referral_is_told_to_nobody() -> None:
    parameters = {"basis": "child_safety", "authority_written": "Police"}
    shown = previews(make_case(), judgement(JudgedAction("refer_to_law_enforcement", parameters), "remove"))
    assert len(shown) == 1
    assert "olice" not in shown[0].text


def test_what_a_machine_proposed_and_a_person_approved_says_so() -> None:
    decision = made("terminate_account")
    decision.automated = True
    statement, _redress = write(decision, decision.case, measures_of(decision))
    assert "An automatic system proposed this decision. A person looked at it and agreed." in statement.text
    assert "The person who decided gave these reasons." in statement.text
    text = write(decision, decision.case, measures_of(made("remove")))[0].text
    assert "No person looked at this." in text
    assert "These are the reasons." in text


def test_a_decision_made_anew_says_that_it_replaces_the_first_and_how_it_was_found() -> None:
    first = made("remove")
    second = decided_anew(first, "lock_account")
    text = second.statement.text
    today = f"{first.decided_at:%B} {first.decided_at.day}, {first.decided_at.year}"
    assert text.startswith(
        f"We made a decision about your content.\nIt replaces our decision of {today}.\n\n"
    )
    assert "Our automatic systems found this." in text
    assert "No automatic system" not in text
    third = decided_anew(second, "warn")
    assert "Our automatic systems found this." in third.statement.text


def test_a_decision_of_which_she_was_never_told_is_not_replaced_in_words() -> None:
    first = made("no_violation")
    text = decided_anew(first, "remove").statement.text
    assert "It replaces" not in text
    assert "Our automatic systems found this." in text


def test_what_was_undone_at_once_is_not_replaced_in_words(settings: Any) -> None:
    settings.UNDO_SECONDS = 60
    first = made("remove")
    moderator = first.decided_by
    assert moderator is not None
    case = revisions.undo(first.pk, moderator)
    assert case.lease_token is not None
    text = decide(case.pk, moderator, case.lease_token, judgement("lock_account")).statement.text
    assert "It replaces" not in text


def test_what_was_told_before_something_was_undone_is_what_is_replaced(settings: Any) -> None:
    first = made("remove")
    settings.UNDO_SECONDS = 60
    second = decided_anew(first, "lock_account")
    moderator = second.decided_by
    assert moderator is not None
    case = revisions.undo(second.pk, moderator)
    assert case.lease_token is not None
    shown = preview(case, judgement("warn")).text
    text = decide(case.pk, moderator, case.lease_token, judgement("warn")).statement.text
    for said in (shown, text):
        assert "It replaces our decision of" in said
        assert "Our automatic systems found this." in said


def test_an_appeal_that_is_won_restricts_nobody_and_tells_nothing_new() -> None:
    first = made("remove")
    second = take_back(first)
    assert not second.statements.exists()


def test_placeholders_are_filled_with_what_is_so() -> None:
    text = "{item}|{account}|{until}|{countries}|{service}|{{kept}}"
    item = {"display_name": "Somchai\nJaidee \u202eevil"}
    until = JudgedAction("restrict", {"how": "geo_block", "until": "2037-03-04T15:00:00Z"}, ["FR", "DE"])
    line = rule(text, until, **item)
    reference = Item.objects.get(kind="content").external_id
    values = [reference, "Somchai Jaidee evil", "March 4, 2037", "Germany and France", "Harbour"]
    assert line == FIRST_STRONG_ISOLATE + "|".join(map(isolate, values)) + "|{kept}" + POP_ISOLATE


def test_placeholders_say_when_there_is_no_end_and_no_limit() -> None:
    both: list[JudgedAction | str] = [
        JudgedAction("restrict", {"how": "demote", "until": "2037-03-04T15:00:00Z"}),
        "remove",
    ]
    line = rule("You cannot post until {until} in {countries}.", *both)
    assert (
        line
        == f"\u2068You cannot post until {isolate('further notice')} in {isolate('all countries')}.\u2069"
    )


def test_values_are_in_the_language_of_the_text() -> None:
    until = JudgedAction("restrict", {"how": "geo_block", "until": "2037-03-04T15:00:00Z"}, ["FR", "DE"])
    german = rule("Bis {until} in {countries}.", until, tag="de")
    assert f"Bis {isolate('4. März 2037')} in {isolate('Deutschland und Frankreich')}." in german
    arabic = rule("حتى {until}", "remove", tag="ar")
    assert f"حتى {isolate('إشعار آخر')}" in arabic
    # Nobody has translated the statement into Swahili, but the rule is there.
    swahili = rule("Hadi {until}, {countries}.", until, tag="sw")
    assert isolate("4 Machi 2037") in swahili


def test_a_text_of_before_with_braces_stands_as_it_is() -> None:
    assert rule("Use {curly} or { alone") == isolate("Use {curly} or { alone")


def test_only_the_documented_placeholders_pass() -> None:
    for name in PLACEHOLDERS:
        check(f"{{{name}}}")
    check("{{item}} }} {{")
    for text, written in {
        "{reporter}": "reporter",
        "{item.pk}": "item.pk",
        "{item[0]}": "item[0]",
        "{item!r}": "item!r",
        "{item:>99999999}": "item:>99999999",
        "{until:{item}}": "until:{item}",
        "{}": " ",
        "{": "",
        "}": "",
        "{item": "",
    }.items():
        with pytest.raises(BadPlaceholder) as error:
            check(text)
        assert error.value.written == written, text


def test_a_value_is_no_placeholder_itself() -> None:
    assert fill("{item}", {"item": lambda: "{account}"}) == isolate("{account}")


def test_the_statement_stays_as_it_was_told_whatever_becomes_of_the_policy() -> None:
    decision = made("remove")
    before = decision.statement.text
    fields = replace(fields_of(decision.policy), public_texts={"en": "Something else."})
    change_policy(decision.policy_id, 1, fields, audit.SYSTEM)
    assert decision.statement.text == before
    assert enforcement.in_force(decision.item).get().statement == decision.statement


def test_a_law_that_nobody_has_named_yet_is_left_open_in_the_preview() -> None:
    shown = preview(make_case(), judgement("remove", ground="law"))
    assert f"We think that this breaks the law: {isolate('[…]')}" in shown.text
