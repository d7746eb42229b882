"""The product's words as a customer's people read them: states, why a version was made, what happened to a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import catalogue
from integrations.models import Delivery
from integrations.timeline import Entry

Text = str | Promise
State = Delivery.State

STATES: Mapping[str, tuple[Text, str]] = {
    State.PENDING: (_("on its way"), "info"),
    State.SENDING: (_("being written"), "info"),
    State.CHECKING: (_("being looked for"), "warn"),
    State.VERIFYING: (_("being read back"), "info"),
    State.BEHIND: (_("next in line"), "info"),
    State.WAITING: (_("waiting"), "warn"),
    State.QUARANTINED: (_("needs you"), "bad"),
    State.DELIVERED: (_("delivered"), "good"),
    State.UNCHANGED: (_("already right"), "good"),
    State.SUPERSEDED: (_("replaced by a newer version"), "soft"),
    State.NOT_TRANSFERABLE: (_("cannot be taken over"), "soft"),
    State.DISMISSED: (_("dismissed"), "soft"),
}
"""Each state in words, and the badge it has."""

CHOICES: Mapping[str, tuple[Text, tuple[str, ...]]] = {
    "person": (_("Needs you"), (State.QUARANTINED,)),
    "waiting": (_("Waiting"), (State.WAITING,)),
    "open": (
        _("On its way"),
        (State.PENDING, State.SENDING, State.CHECKING, State.VERIFYING, State.BEHIND),
    ),
    "delivered": (_("Delivered"), (State.DELIVERED,)),
    "unchanged": (_("Already right"), (State.UNCHANGED,)),
    "not-transferable": (_("Cannot be taken over"), (State.NOT_TRANSFERABLE,)),
    "dismissed": (_("Dismissed"), (State.DISMISSED,)),
}
"""What people choose by, and the states behind it."""

WHY: Mapping[str, Text] = {
    "new": _("Seen for the first time"),
    "changed": _("Changed at its source"),
    "mapping": _("Planned again after a mapping was changed"),
    "replay": _("Sent again"),
    "re-read": _("Read again"),
    "linked": _("Planned again after it was linked otherwise"),
}

DEEDS: Mapping[str, Text] = {
    "delivery.replayed": _("Sent again"),
    "delivery.dismissed": _("Dismissed"),
    "link.relinked": _("Linked to another record"),
    "link.unlinked": _("Unlinked"),
    "link.made-anew": _("Let be made anew"),
    "value-map.saved": _("A mapping that it uses was changed"),
}

OUTCOMES: Mapping[str, Text] = {
    "unknown": _("no clear answer came, so it is looked for before anything is sent again"),
    "not_sent": _("it was not sent"),
    "answered": _("accepted"),
    "refused": _("refused"),
    "found": _("found there"),
    "not_found": _("not found there"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a record's story. `by` is who did it, if a person or program did."""

    entry: Entry
    title: Text
    by: str = ""


def flow_title(name: str) -> str:
    """What a flow is called, e.g. "Purchase orders from SAP to ServiceTitan"."""
    flow = catalogue.flows().get(name)
    return flow.title if flow else name


def state_of(state: str) -> tuple[Text, str]:
    """A state in words, and its badge."""
    return STATES.get(state, (state, "soft"))


def system_title(system: str) -> str:
    """SAP S/4HANA, ServiceTitan."""
    return str(getattr(catalogue.systems().get(system), "TITLE", system))


def cause_words(text: str) -> str:
    """Causes of differences name systems as programs do: "changed in servicetitan" is "changed in ServiceTitan"."""
    for name in catalogue.systems():
        text = text.replace(f" in {name}", f" in {system_title(name)}")
    return text


def told(entry: Entry, source: str, target: str) -> Happening:
    """A line of the story. `source` and `target`: what the two systems are called."""
    facts = entry.facts
    side = source if facts.get("side") == "source" else target
    if entry.kind == "version":
        return Happening(entry, WHY.get(facts["why"], facts["why"]), _who(facts["by"]))
    if entry.kind == "closed":
        return Happening(entry, _ended(facts["state"], target))
    if entry.kind == "write":
        key = f" {facts['key']}" if facts["key"] else ""
        return Happening(
            entry, gettext("Write in %(system)s: %(what)s") % {"system": side, "what": facts["action"] + key}
        )
    if entry.kind == "exchange":
        return Happening(entry, _exchange(facts, side))
    if entry.kind == "deed":
        return Happening(entry, DEEDS.get(facts["action"], facts["action"]), _who(facts["by"]))
    return Happening(entry, gettext("Note"))


def _exchange(facts: Mapping[str, Any], side: str) -> str:
    outcome = OUTCOMES.get(facts["outcome"], facts["outcome"])
    then = f"; {OUTCOMES.get(facts['then'], facts['then'])}" if facts["then"] else ""
    said = {"system": side, "what": f"{outcome}{then}"}
    if facts["kind"] == "look":
        return gettext("Looked for it in %(system)s: %(what)s") % said
    return gettext("Sent to %(system)s: %(what)s") % said


def _ended(state: str, target: str) -> str:
    words = {
        State.DELIVERED: gettext("Delivered, and read back in %(system)s"),
        State.UNCHANGED: gettext("Nothing to write: %(system)s already has it so"),
    }
    known = words.get(state)  # type: ignore[call-overload]
    if known:
        return str(known % {"system": target})
    text = str(state_of(state)[0])
    return text[:1].upper() + text[1:]


def _who(by: str) -> str:
    return "" if by == "schedule" else by
