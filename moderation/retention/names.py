"""The platform's own ids: an item that nothing needs any more is not known by its name any more either."""

from __future__ import annotations

from typing import Final

from django.db import connection

from moderation.models import Item

# Nothing that stays speaks of it: no case (and so no flag and no decision), no capture, no statement, strike,
# enforcement or webhook, no hold; and for an account, no notice that it sent, and nothing that it wrote which keeps its
# own name.
UNNEEDED: Final = """
NOT EXISTS (SELECT 1 FROM moderation_case x WHERE x.item_id = i.id)
AND NOT EXISTS (SELECT 1 FROM moderation_snapshot x WHERE x.item_id = i.id AND x.purged_at IS NULL)
AND NOT EXISTS (SELECT 1 FROM moderation_statement x WHERE x.recipient_id = i.id)
AND NOT EXISTS (SELECT 1 FROM moderation_strike x WHERE x.account_id = i.id)
AND NOT EXISTS (SELECT 1 FROM moderation_enforcement x WHERE x.item_id = i.id)
AND NOT EXISTS (SELECT 1 FROM moderation_message x WHERE x.item_id = i.id)
AND NOT EXISTS (SELECT 1 FROM moderation_helditem x WHERE x.item_id = i.id)
AND NOT EXISTS (SELECT 1 FROM moderation_flag x WHERE x.notifier_id = i.id)
AND NOT EXISTS (SELECT 1 FROM moderation_item x WHERE x.author_id = i.id AND x.external_id NOT LIKE 'erased-%%')
"""
LOCK: Final = f"""
SELECT i.id FROM moderation_item i
WHERE i.{{which}} = %s AND i.external_id NOT LIKE 'erased-%%' AND {UNNEEDED}
ORDER BY i.id LIMIT %s FOR UPDATE SKIP LOCKED
"""  # noqa: S608  nothing of it comes from outside
# Asked once more under the lock: something may have come in meanwhile.
FORGET: Final = f"""
UPDATE moderation_item i SET external_id = 'erased-' || gen_random_uuid() WHERE i.id = ANY(%s) AND {UNNEEDED}
"""  # noqa: S608


def forget(account: Item, most: int) -> int:
    """Take the names of what she wrote that nothing needs, then her account's; at most so many. How many went.

    Call it in a transaction.
    """
    gone = 0
    for which in ("author_id", "id"):
        with connection.cursor() as cursor:
            cursor.execute(LOCK.format(which=which), [account.pk, most - gone])
            locked = [pk for (pk,) in cursor.fetchall()]
            cursor.execute(FORGET, [locked])
            gone += cursor.rowcount
        if gone == most:
            break
    return gone


def kept(account: Item) -> int:
    """How many names stay."""
    hers = Item.objects.filter(author=account).exclude(external_id__startswith="erased-").count()
    return hers + (not Item.objects.get(pk=account.pk).external_id.startswith("erased-"))
