"""Failures by their cause: how many, since when, an example, and the one thing that mends the whole group.

Groups are derived from what waits or is quarantined at this moment, so they close themselves as records go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from integrations.engine import counting
from integrations.models import Delivery

FAILING = ("waiting", "quarantined")


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a group, in words. `kind`: what can be done here; the other members say to what."""

    kind: str
    words: str
    map: str = ""
    flow: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one flow that are held up by the same cause. `example` is the id of the oldest of them.

    `is_exact`: there are no more `records` than that; they are counted up to a bound (integrations/engine/counting.py).
    """

    flow: str
    state: str
    code: str
    needs: str
    records: int
    oldest_at: datetime
    example: UUID
    reason: str
    fix: Fix
    is_exact: bool = True


def groups(*, flows: tuple[str, ...] = (), codes: tuple[str, ...] = (), most: int = 500) -> list[Group]:
    """The groups, the largest first. One statement, whose cost is bounded, however many records there are."""
    found = counting.failing_by_cause(FAILING, flows=flows, codes=codes)
    return [
        Group(
            flow=flow,
            state=state,
            code=code,
            needs=needs,
            records=count.records,
            oldest_at=count.oldest_at,
            example=example,
            reason=reason,
            fix=fix_for(code, needs, state),
            is_exact=count.is_exact,
        )
        for flow, (_, state, code, needs), count, example, reason in found[:most]
    ]


def open_needs(value_map: str, *, most: int = 200) -> dict[str, UUID]:
    """The codes of a map that records wait for, each with one of these records."""
    start = f"map:{value_map}:"
    waiting = Delivery.objects.filter(state__in=FAILING, needs__startswith=start).order_by("needs", "created_at")
    found = waiting.distinct("needs").values_list("needs", "pk")[:most]
    return {needs.removeprefix(start): pk for needs, pk in found}


def fix_for(code: str, needs: str, state: str) -> Fix:
    """The one thing that mends whatever has this code, or waits for this key (see `errors.map_key`)."""
    kind, _, rest = needs.partition(":")
    name, _, key = rest.partition(":")
    if kind == "map":
        return Fix("map-value", f"Map {name} {key}: saving it lets all of them go on.", map=name, key=key)
    if kind == "link":
        words = f"Bring {name} {key} over, or link it by hand: all of them go on once it is linked."
        return Fix("deliver", words, flow=name, key=key)
    if kind == "linked-to":
        return Fix("link", f"Link the record of {name} that leads to {key}.", flow=name, key=key)
    if code in _FIXES:
        return _FIXES[code]
    if state == Delivery.State.WAITING:
        return Fix("wait", "It is looked at again by itself; the reason says what for.")
    return Fix("replay", "Mend what the reason names, here or in either system, then send all of them again.")


_FIXES = {
    "unlinked": Fix("link", "Link it to a record there, let it be made anew, or dismiss it."),
    "target-missing": Fix("unlink", "Its record there is gone: link it to another one, or unlink it and make it anew."),
    "found-twice": Fix("remove-double", "Remove one of the two records there by hand, then send it again."),
    "edited-in-target": Fix(
        "decide", "Change it back there and send it again, or dismiss it: it stays as people made it."
    ),
    "books-differ": Fix("compare", "Mend the bill there or the invoice in SAP, then send it again."),
    "looks-alike": Fix("map-value", "Say which record there it is, or that it is to be created, in the map it names."),
    "bug": Fix("report", "This is a mistake of ours: report it with the record's id; send it again after an update."),
    "ends-workers": Fix(
        "report", "Look whether it is uncommonly large, mend it at its source or report it, then send it again alone."
    ),
    "no-sku": Fix("set-option", "Name the catch-all SKU in the settings of the flow, then send all of them again."),
    "missing-option": Fix("set-option", "Set the option that the reason names, then send all of them again."),
    "defaults-missing": Fix("set-option", "Set the options that the reason names, then send all of them again."),
    "bad-option": Fix("set-option", "Set the option that the reason names, then send all of them again."),
}
