"""Harbour's posts and accounts in the shape that Fairlead's API asks for (docs/api.md)."""

from __future__ import annotations

from typing import Any

from demo.store import Account, Post

Json = dict[str, Any]


def content_item(post: Post, author: Account | None, own_url: str) -> Json:
    """A post. Its language is sent only where the author declared one; Fairlead identifies the rest."""
    item: Json = {
        "kind": post.kind,
        "id": post.id,
        "type": "post",
        "text": post.text,
        "url": f"{own_url}/posts/{post.id}",
        "created_at": post.created_at,
        "disclosure": "public",
    }
    optional = {"language": post.language, "country": post.country, "reach": post.reach}
    item |= {name: value for name, value in optional.items() if value}
    if author:
        item["author"] = {
            "id": author.id,
            "display_name": author.name,
            "created_at": author.created_at,
            # The language that the person reads Harbour in: what Fairlead tells her is written in it.
            "metadata": {"language": author.language},
        } | _contact(author)
    return item


def sender_item(account: Account, own_url: str) -> Json:
    """An account that sends messages. These are encrypted: only what was measured about the sending goes along."""
    item: Json = {
        "kind": "account",
        "id": account.id,
        "type": "sender",
        "url": f"{own_url}/accounts/{account.id}",
        "created_at": account.created_at,
        "disclosure": "metadata_only",
        "display_name": account.name,
        "metadata": account.signals or {},
    }
    optional = {"country": account.country, "language": account.language}
    return item | {name: value for name, value in optional.items() if value} | _contact(account)


def notice(
    item: Json, policy: str, says: str, by: str, flag_id: str, notifier: Account | None = None
) -> Json:
    """A flag: somebody on Harbour reported this item and said why. A ``notifier`` is told what came of it."""
    flag: Json = {
        "item": item,
        "source": "user_notice",
        "policy": policy,
        "evidence": {"says": says, "by": by},
        "flag_id": flag_id,
    }
    if notifier:
        named = {"id": notifier.id, "display_name": notifier.name, "language": notifier.language}
        flag["notifier"] = {name: value for name, value in named.items() if value} | _contact(notifier)
    return flag


def _contact(account: Account) -> Json:
    """How she can be reached: with it and the code from her message she can appeal without her account."""
    return {"contact": account.contact} if account.contact else {}


def detection(
    item: Json, policy: str, score: float, terms: list[str], detector: str, version: str, flag_id: str
) -> Json:
    """A flag of a detector that Harbour runs itself, with the passages that it saw (positions in characters)."""
    matches = [
        {"term": term, "start": start, "end": start + len(term)}
        for term in terms
        if (start := item["text"].find(term)) >= 0
    ]
    return {
        "item": item,
        "source": "detector",
        "detector": detector,
        "detector_version": version,
        "policy": policy,
        "score": score,
        "evidence": {"matches": matches},
        "flag_id": flag_id,
    }


def problem_in_words(problem: Json) -> str:
    """Problem details (RFC 9457) as one line: what is wrong, and where."""
    errors = "; ".join(
        f"{'.'.join(str(part) for part in error.get('loc', []))}: {error.get('msg', '')}"
        for error in problem.get("errors") or []
    )
    return errors or str(problem.get("detail") or problem.get("title") or "refused")


def language_of(known: Json) -> str:
    """The language that Fairlead took an item for (BCP 47); empty while it is still looking."""
    return str(known.get("language") or "")


def has_arrived(known: Json) -> bool:
    """Whether Fairlead has looked at an item, and every case of it has reached its lane."""
    cases = known.get("cases") or []
    return bool(language_of(known)) and all(case.get("queue") for case in cases)


def lane_of(known: Json) -> str:
    """The lane of an item's latest case, queue and language, and how far it is."""
    cases = known.get("cases") or []
    if not cases:
        return "nothing flagged it"
    latest = cases[0]
    return f"{latest['queue'] or 'not yet'} · {latest['language']} · {latest['status']}"
