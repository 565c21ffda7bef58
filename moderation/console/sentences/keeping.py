"""Retention, what people ask about their data, and the trail itself."""

from typing import Final

from django.utils.translation import gettext_lazy as _

KEEPING: Final = {
    "retention.changed": _("{who} changed how long data are kept: {of}, {days} days"),
    "retention.purged": _("What had been kept for long enough was purged: {purged}"),
    "retention.run_finished": _("The daily purge ended: {purged}"),
    "data_request.recorded": _("{who} recorded a request of {item} about its data: {of}"),
    "data_request.copy_taken": _("{who} took the copy of the data of {item}"),
    "data_request.erased": _("Data of {item} were erased at its request: {erased}"),
    "data_request.done": _("The request of {item} about its data is done: {of}"),
    "trail.sealed": _("{events} events, {first} to {last}, were sealed in seal {seal}"),
    "audit.viewed": _("{who} looked at the audit trail: {filter}"),
    "audit.viewed/everything": _("{who} looked at the audit trail"),
}
