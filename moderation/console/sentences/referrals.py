"""Referrals to law enforcement, legal holds and reports to the CyberTipline: shown only to who is cleared for them."""

from typing import Final

from django.utils.translation import gettext_lazy as _

REFERRALS: Final = {
    "referral.made": _("{who} made referral {referral_id} about {item} (case {case})"),
    "referral.listed": _("{who} looked at the list of referrals"),
    "referral.viewed": _("{who} looked at referral {referral_id} (case {case})"),
    "referral.edited": _("{who} changed referral {referral_id} (case {case})"),
    "referral.approved": _("Referral {referral_id} was approved (case {case})"),
    "referral.withdrawn": _("Referral {referral_id} was withdrawn (case {case})"),
    "referral.packed": _("{who} made package {package_id} of referral {referral_id} (case {case})"),
    "referral.package_taken": _("{who} took package {package_id} of referral {referral_id} (case {case})"),
    "referral.sent": _("{who} recorded that referral {referral_id} was sent to {to} (case {case})"),
    "referral.answered": _(
        "{who} recorded an answer to referral {referral_id}, reference {reference} (case {case})"
    ),
    "referral.closed": _("{who} closed referral {referral_id} (case {case})"),
    "hold.placed": _("Legal hold {hold_id} was placed on {items} items until {until}, by {who}"),
    "hold.listed": _("{who} looked at the list of legal holds"),
    "hold.viewed": _("{who} looked at legal hold {hold_id}"),
    "hold.extended": _("{who} extended legal hold {hold_id} until {until}: {reasons}"),
    "hold.lift_asked": _("{who} asked to lift legal hold {hold_id}: {reasons}"),
    "hold.lifted": _("{who} lifted legal hold {hold_id}, which {asked_by} had asked for"),
    "hold.kept": _("{who} kept legal hold {hold_id}, which {asked_by} had asked to lift: {reasons}"),
    "hold.expired": _("Legal hold {hold_id} ended on {until}"),
    "file.kept": _("A file of {item} was preserved under legal hold {hold_id}"),
    "file.failed": _("A file of {item} could not be fetched for legal hold {hold_id}: {error}"),
    "file.retried": _("{who} had {files} files fetched again for legal hold {hold_id}"),
    "file.viewed": _("{who} looked at preserved file {file_id} of {item} under legal hold {hold_id}"),
    "file.destroyed": _(
        "{files} preserved files of legal hold {hold_id} were destroyed, as its time was over"
    ),
    "cybertip.drafted": _("A report to the CyberTipline was drafted for referral {referral_id}"),
    "cybertip.changed": _(
        "{who} changed the report to the CyberTipline of referral {referral_id} (case {case})"
    ),
    "cybertip.confirmed": _(
        "{who} confirmed the report to the CyberTipline of referral {referral_id}, with {files} files (case {case})"
    ),
    "cybertip.submitted": _(
        "The CyberTipline opened report {report_id} for referral {referral_id} (case {case})"
    ),
    "cybertip.uploaded": _("A file went to the CyberTipline for report {report_id} (case {case})"),
    "cybertip.filed": _("Report {report_id} was filed with the CyberTipline (case {case})"),
    "cybertip.retracted": _("Report {report_id} to the CyberTipline was retracted (case {case})"),
    "cybertip.refused": _(
        "The CyberTipline refused the report of referral {referral_id} with code {code} (case {case})"
    ),
    "cybertip.delayed": _(
        "The report of referral {referral_id} to the CyberTipline is tried again later (case {case})"
    ),
    "authority.added": _("{who} added the authority {name}"),
    "authority.changed": _("{who} changed authority {authority_id}"),
}
