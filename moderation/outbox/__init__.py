"""The outbox: webhooks to the platform, signed, at least once with a stable id, in order per endpoint and item.

``post`` writes what is owed in the transaction of what it tells of; ``delivery`` sends it later, with no transaction
open. Posting knows nothing of HTTP, so that no stage that posts can make a request.
"""

from moderation.outbox.posting import post

__all__ = ["post"]
