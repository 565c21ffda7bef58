"""Filing: a complaint becomes an appeal with a case of its own, once per decision and level."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from django.db import transaction

from appeals import letters, links
from appeals.models import Appeal, AppealDraft, AppealFile
from appeals.opening import Party, Way, way_for
from appeals.taking_part import exclude, who_took_part
from moderation import audit, identification, languages, outbox
from moderation.audit import Actor
from moderation.eligibility import loading
from moderation.models import Case, Decision
from moderation.outbox.posting import iso, name_of
from moderation.queueing.lanes import lane_of
from moderation.routing import placing

MOST_CHARACTERS: Final = 10_000


def file_appeal(
    party: Party,
    text: str,
    language: str,
    filed_by: Appeal.FiledBy,
    by: Actor,
    *,
    background: str = "",
    contact: str = "",
) -> Appeal:
    """Take the appeal with the files of her draft, open its case and route it, tell platform and person: all or
    nothing.

    ``language`` (BCP 47) is the one of the page: the outcome is shown in it. The case goes by the language that the
    text is in, where that is clear, to people who read what was judged as well, as far as there are any.
    Raises AlreadyAppealed, Replaced, Suspended, AppealClosed (appeals/opening.py).
    """
    with transaction.atomic():
        # Two at once take turns here, and the second finds the first one's appeal.
        decision = (
            Decision.objects.select_for_update(no_key=True, of=("self",))
            .select_related("case", "item", "policy")
            .get(pk=party.decision.pk)
        )
        way = way_for(party)
        page_language = languages.normalise(language)
        case = _open_case(decision, text, page_language)
        appeal = Appeal.objects.create(
            decision=decision,
            reply=party.reply,
            level=way.level,
            case=case,
            text=text,
            background=background,
            contact=contact,
            language=page_language,
            filed_by=filed_by,
        )
        _take_draft(way, appeal)
        exclude(case, who_took_part(decision))
        audit.record(
            "appeal.filed", by, case=case, appeal_id=appeal.pk, decision_id=decision.pk, level=way.level
        )
        _tell_platform(appeal)
        _place(case)
        letters.write(appeal, letters.Kind.RECEIVED)
    return appeal


def clean(typed: str) -> str:
    """What a person typed, without what no table keeps: NUL and other control characters, halves of surrogate pairs.

    Her words are never refused for a character that she cannot see.
    """
    return "".join(
        "\ufffd" if unicodedata.category(character) == "Cs" else character
        for character in typed.replace("\r\n", "\n")
        if character in "\n\t" or unicodedata.category(character) != "Cc"
    ).strip()


def _open_case(decision: Decision, text: str, page_language: str) -> Case:
    language = _language_of(text, page_language)
    judged = decision.case.language
    foreign = judged not in languages.SPECIAL and not languages.readable(judged, language["language"])
    return Case.objects.create(
        item=decision.item,
        snapshot_id=decision.case.snapshot_id,
        origin=Case.Origin.APPEAL,
        policy=decision.policy,
        language_source=Case.LanguageSource.APPELLANT,
        also_language=judged if foreign else "",
        **language,
    )


def _place(case: Case) -> None:
    """To those who read both the appeal and what was judged; where nobody could, to those who read the appeal."""
    placing.route(case, audit.SYSTEM)
    if not case.also_language:
        return
    lane = lane_of(case)
    excluded = set(case.exclusions.values_list("moderator", flat=True))
    desk = loading.current(fresh=True)
    if lane is None or all(each.id in excluded for each, _ in desk.who_may_take(lane)):
        case.also_language = ""
        case.save(update_fields=["also_language"])
        placing.route(case, audit.SYSTEM)


def _take_draft(way: Way, appeal: Appeal) -> None:
    """The files go over to the appeal; what was typed is in it."""
    drafts = AppealDraft.objects.filter(decision=way.party.decision, reply=way.party.reply)
    # A file that is just being added is waited for (appeals/files/keeping.py), and goes with the others.
    for draft in drafts.select_for_update():
        AppealFile.objects.filter(draft=draft).update(draft=None, appeal=appeal)
        draft.delete()


def _tell_platform(appeal: Appeal) -> None:
    notice = appeal.reply.flag if appeal.reply else None
    outbox.post(
        "appeal.received",
        appeal.decision.item,
        {
            "appeal_id": str(appeal.pk),
            "decision_id": str(appeal.decision_id),
            "item": name_of(appeal.decision.item),
            "language": appeal.case.language,
            "level": appeal.level,
            "flag_id": notice.flag_id if notice else None,
            "filed_by": appeal.filed_by,
            "filed_at": iso(appeal.filed_at),
            "status_url": links.status_link_for(appeal.decision_id, notice.pk if notice else None),
        },
    )


def _language_of(text: str, page_language: str) -> dict[str, Any]:
    found = identification.identify(text)
    if found.tag in languages.SPECIAL:
        return {"language": page_language, "language_confidence": None}
    return {"language": found.tag, "language_confidence": found.confidence}
