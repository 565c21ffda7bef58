"""Changes of configuration: people, queues, rules, policies and lists."""

from typing import Final

from django.utils.translation import gettext_lazy as _

CONFIGURATION: Final = {
    "people.changed": _("{who} changed what is set for {people}"),
    "person.created": _("{who} added {person}"),
    "person.password_renewed": _("{who} gave {person} a one-time password"),
    "clearance.added": _("{who} added the clearance {name}"),
    "clearance.removed": _("{who} removed the clearance {name}"),
    "grant.added": _("{who} let people take cases in {may_take}: {why}"),
    "grant.added/for one": _("{who} let {person} take cases in {may_take}: {why}"),
    "grant.removed": _("{who} no longer lets people take cases in {may_take} by a grant"),
    "grant.removed/for one": _("{who} no longer lets {person} take cases in {may_take} by a grant"),
    "queue.created": _("{who} added the queue {queue}"),
    "queue.changed": _("{who} changed the queue {queue}"),
    "queue.paused": _("{who} paused the queue {queue}"),
    "queue.resumed": _("{who} let the queue {queue} go on"),
    "routing_rules.saved": _("{who} saved version {version} of the routing rules: {why}"),
    "policy.created": _("{who} added the policy {policy}"),
    "policy.changed": _("{who} made version {version} of the policy {policy}"),
    "keyword_list.created": _("{who} added the keyword list {list}"),
    "keyword_list.changed": _("{who} made version {version} of the keyword list {list}"),
    "correction.taken": _("{who} took over a correction to a text in {language}"),
    "correction.refused": _("{who} did not take over a correction to a text in {language}"),
    "term.doubted": _("“{term}” of the keyword list {list} led to a decision that an appeal took back"),
    "term.removed": _("{who} took “{term}” off the keyword list {list}, as it had led to wrong decisions"),
    "term.kept": _("{who} kept “{term}” on the keyword list {list}, though it had led to a wrong decision"),
    "lane.uncovered": _("Nobody can take what waits in {queue} in {language}"),
    "lane.covered": _("Somebody can take what waits in {queue} in {language} again"),
    "sample_data.loaded": _("Sample data were loaded: {what}"),
}
