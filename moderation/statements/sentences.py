"""Sentences of a statement that depend on what it is about. They are marked here and translated when they are said.

For translators: people read these who are locked out, upset, and may not read well. Short sentences, plain words, a
polite and neutral form of address. "This" is the content, account or advertisement that was named.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop

from moderation.models import Flag, Item

TITLES: Final = {
    Item.Kind.CONTENT: gettext_noop("We made a decision about your content."),
    Item.Kind.ACCOUNT: gettext_noop("We made a decision about your account."),
    Item.Kind.AD: gettext_noop("We made a decision about your advertisement."),
}
SUBJECTS: Final = {
    Item.Kind.CONTENT: gettext_noop("This is about your content with the reference %(id)s."),
    Item.Kind.ACCOUNT: gettext_noop("This is about your account with the reference %(id)s."),
    Item.Kind.AD: gettext_noop("This is about your advertisement with the reference %(id)s."),
}
CREATED: Final = {
    Item.Kind.CONTENT: gettext_noop("You posted this on %(date)s."),
    Item.Kind.ACCOUNT: gettext_noop("You opened this account on %(date)s."),
    Item.Kind.AD: gettext_noop("You posted this on %(date)s."),
}
SOURCES: Final = {
    Flag.Source.DETECTOR: gettext_noop("Our automatic systems found this."),
    Flag.Source.USER_NOTICE: gettext_noop("Somebody reported this to us."),
    Flag.Source.TRUSTED_FLAGGER: gettext_noop("An organisation that knows this subject reported this to us."),
    Flag.Source.AUTHORITY: gettext_noop("A public authority reported this to us."),
    Flag.Source.OWN_INITIATIVE: gettext_noop("Our own team found this."),
}
# The sentence by which a catalogue is known to speak the language that it is for.
PROOF: Final = TITLES[Item.Kind.ACCOUNT]
