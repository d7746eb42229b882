"""Findings about records: how many, how long, which vendors match, which codes lack a value, what would be written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.fitting.findings import Facts, Finding, State, counted

BATCH = 50
"""Records that are read back in one call."""
MOST_NAMED = 50
MAPS: Mapping[str, tuple[str, str]] = {
    "cost-center": ("cost center", "cost centers"),
    "plant": ("plant (location)", "plants (locations)"),
    "material": ("material (SKU)", "materials (SKUs)"),
    "unit": ("unit", "units"),
    "order-type": ("order type", "order types"),
    "requisition-type": ("requisition type", "requisition types"),
    "payment-terms": ("payment term", "payment terms"),
    "budget-code": ("budget code", "budget codes"),
}
PAGES: Mapping[str, str] = {
    "cost-center": "Cost centers",
    "plant": "Plants",
    "material": "Materials",
    "unit": "Units",
    "order-type": "Order types",
    "requisition-type": "Requisition types",
    "payment-terms": "Payment terms",
    "budget-code": "Budget codes",
    "vendor": "Vendors that look alike",
}
"""What the page of a map is called, by the map's name."""
_WORDS: Mapping[str, str] = {
    "create": "created",
    "adopt": "taken over as they are there",
    "change": "changed",
    "unchanged": "already as they should be",
    "wait": "wait for another record",
    "person": "held up until somebody decides",
    "not-transferable": "left out, with a reason",
}
OUT_OF_CALLS = "Not looked at: the calls of this report were used up."
_VENDOR_CODES = ("looks-alike", "claimed", "two-twins", "bad-answer")


@dataclass(frozen=True, slots=True)
class Told:
    """Facts of one flow, with its title and the rates (calls per second) of where it reads and writes."""

    flow: str
    title: str
    facts: Facts
    reads_per_second: float
    writes_per_second: float

    @property
    def outcomes(self) -> Mapping[str, int]:
        found: Mapping[str, int] = self.facts.get("outcomes", {})
        return found

    @property
    def problem(self) -> str:
        return str(self.facts.get("problem") or "")


def on_volume(told: Told) -> Iterator[Finding]:
    """How many records there are, and how long the first load takes within the rate budget."""
    key, area = f"volume:{told.flow}", "volumes"
    if told.problem:
        yield Finding(
            key=key,
            area=area,
            title=told.title,
            state="unknown",
            detail=told.problem,
            fix=_again(told.facts),
            who="you",
            flows=(told.flow,),
            hides=not _is_told_above(told.facts),
        )
        return
    total = told.facts["total"]
    many = "The source does not tell how many there are." if total is None else f"{counted(total, 'record')}."
    seconds = first_load_seconds(told)
    time = "" if seconds is None else f" The first load takes about {duration(seconds)}."
    rates = f" (reading {told.reads_per_second:g}, writing {told.writes_per_second:g} calls a second)"
    detail = f"{many}{time}{rates if time else ''}{_sampled(told.facts)}"
    yield Finding(key=key, area=area, title=told.title, state="info", detail=detail)


def _is_told_above(facts: Facts) -> bool:
    """What a line about a scope or service says already does not keep the report from telling what to do."""
    return str(facts.get("code", "")).startswith(("not-authorised", "scope:", "not-signed-in"))


def _again(facts: Facts) -> str:
    if facts.get("code", "out-of-calls") == "out-of-calls":
        return "Make a report about fewer flows: each of them may then make more calls."
    return "Make this report again once the lines about services and scopes are fine."


def first_load_seconds(told: Told) -> float | None:
    """Pages to read, and the writes that the sample shows, each read back in batches; None if nobody knows."""
    facts = told.facts
    total: int | None = facts.get("total")
    if total is None:
        return None
    share = facts["writes"] / facts["read"] if facts.get("read") else 0.0
    reading = -(-total // max(int(facts["page"]), 1)) / told.reads_per_second
    writes = total * share
    return float(reading + (writes + writes / BATCH) / told.writes_per_second)


def duration(seconds: float) -> str:
    """In words that are no more exact than the estimate."""
    if seconds < 90:
        return "a minute"
    if seconds < 5400:
        return counted(round(seconds / 60), "minute")
    if seconds < 2 * 86400:
        return counted(round(seconds / 3600), "hour")
    return counted(round(seconds / 86400), "day")


def on_vendors(told: Told) -> Iterator[Finding]:
    """Which suppliers are vendors already: exactly, weakly, not at all; and who would be sent orders electronically."""
    if told.problem or not told.facts["read"]:
        return
    exact, new = told.outcomes.get("adopt", 0), told.outcomes.get("create", 0)
    yield _vendors("exact", f"Exact matches: {counted(exact, 'supplier')}", "They are taken over.", exact)
    yield _vendors("none", f"New: {counted(new, 'supplier')}", "A vendor is created for each.", new)
    reasons = {code: told.facts["reasons"][code] for code in _VENDOR_CODES if code in told.facts["reasons"]}
    weak = sum(reason["records"] for reason in reasons.values())
    if weak:
        yield Finding(
            key="vendors:weak", area="vendors", title=f"{counted(weak, 'supplier')} look like a vendor", records=weak,
            state="attention", detail="Somebody has to say whether they are the same company.", who="you",
            fix="On the page Maps, “Vendors that look alike”: choose the vendor that is meant, or “create”.",
            flows=(told.flow,), more=tuple({"text": text} for one in reasons.values() for text in one["examples"]),
        )  # fmt: skip
    there = told.facts.get("there")
    if there and there["electronic"]:
        names = ", ".join(there["electronic_names"])
        yield Finding(
            key="vendors:electronic", area="notices", state="info", records=there["electronic"],
            title=f"{counted(there['electronic'], 'vendor')} get orders from ServiceTitan electronically",
            detail=f"SAP orders already: nobody should press Send for these in ServiceTitan, or it is ordered twice. "
            f"Consider delivery option Manual for them: {names}.",
        )  # fmt: skip


def on_run(told: Told) -> Iterator[Finding]:
    """What becomes of the sample, why some of it would be held up, and examples of what would be written."""
    if told.problem or not told.facts["delivers"]:
        return
    read = told.facts["read"]
    parts = [f"{number:,} {_WORDS[name]}" for name, number in told.outcomes.items() if number]
    detail = f"Of {counted(read, 'record')} looked at: {'; '.join(parts)}." if read else "There are no records."
    key, area = f"run:{told.flow}", "run"
    more = tuple(told.facts["examples"])
    yield Finding(key=key, area=area, title=told.title, state="info", detail=detail, records=read, more=more)
    if read and told.outcomes.get("not-transferable", 0) == read and not _is_history(told):
        reasons = "; ".join(text for reason in told.facts["reasons"].values() for text in reason["examples"][:1])
        yield Finding(
            key=f"run:{told.flow}:nothing", area=area, title=told.title, state="missing", wall=True,
            detail=f"None of {counted(read, 'record')} can be transferred: {reasons}", flows=(told.flow,),
        )  # fmt: skip
    yield from _reasons(told)


def on_currencies(told: Told, units: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Documents in currencies that no business unit keeps its books in."""
    own = {unit["currency"] for unit in units if unit["currency"]}
    theirs = told.facts.get("currencies") or {}
    strange = {name: number for name, number in theirs.items() if own and name not in own}
    if not strange:
        return
    named = ", ".join(f"{counted(number, 'record')} in {name}" for name, number in sorted(strange.items()))
    every = len(strange) == len(theirs)
    title = "No business unit keeps its books in this currency"
    detail = (
        f"{told.title}: {named}; business units keep theirs in {', '.join(sorted(own))}. These cannot be transferred."
    )
    state: State = "missing" if every else "info"
    yield Finding(
        key=f"money:{told.flow}", area="money", title=title, state=state, detail=detail, wall=every,
        flows=(told.flow,) if every else (), records=sum(strange.values()),
    )  # fmt: skip


def on_maps(flows: list[Told], last: Facts) -> Iterator[Finding]:
    """A line per map: the codes without a value, and how many records each holds up; first what holds up most.

    `last` are the facts of the last step: "hints" by map, those "unread", or its "problem".
    """
    hints = last["hints"]
    blocked = Counter[str]()
    for told in flows:
        blocked.update(told.facts.get("blocked", {}))
    for value_map, records in sorted(blocked.items(), key=lambda one: (-one[1], one[0])):
        codes = _codes(flows, value_map, hints.get(value_map, {}))
        hinted = sum(bool(one["hints"]) for one in codes)
        what, many = MAPS.get(value_map, (value_map, value_map))
        if last.get("problem") or value_map in last["unread"]:
            detail = f"{counted(records, 'record')} held up. Suggestions: {_problem(last)}"
        else:
            detail = f"{counted(records, 'record')} held up; for {hinted:,} of the codes there is a suggestion."
        fix = f"On the page Maps, “{PAGES.get(value_map, value_map)}”: say what each code is in the other system."
        yield Finding(
            key=f"maps:{value_map}",
            area="maps",
            title=f"{counted(len(codes), what, many)} without a value",
            state="attention",
            detail=detail,
            fix=f"{fix} Or set the flow's option default_order_type." if value_map == "order-type" else fix,
            who="you",
            flows=tuple(told.flow for told in flows if told.facts.get("blocked", {}).get(value_map)),
            records=records,
            more=tuple(codes[:MOST_NAMED]),
        )


def _codes(flows: list[Told], value_map: str, hints: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The codes of one map over all flows, those that hold up most first."""
    codes: dict[str, dict[str, Any]] = {}
    for told in flows:
        for code, lack in told.facts.get("lacks", {}).get(value_map, {}).items():
            known = codes.setdefault(code, {"code": code, "label": "", "records": 0, "hints": hints.get(code, [])})
            known["records"] += lack["records"]
            known["label"] = known["label"] or lack["label"]
    return sorted(codes.values(), key=lambda one: (-one["records"], one["code"]))


def on_units(last: Facts, flows: tuple[str, ...]) -> Iterator[Finding]:
    """Orders belong to business units: a tenant without any takes none, and unread ones hide whether currencies fit."""
    units = last["units"]
    if units == []:
        yield Finding(
            key="units", area="servicetitan", title="Business units", state="missing", who="servicetitan", flows=flows,
            detail="This tenant has no active business unit: an order belongs to one.",
            fix="In ServiceTitan, Settings, Business Units: set up the units. They cannot be made from outside.",
        )  # fmt: skip
    if units is None and flows:
        yield Finding(
            key="units", area="servicetitan", title="Business units", state="unknown", who="you", flows=flows,
            detail=_problem(last), fix=_again(last), hides=not _is_told_above(last),
        )  # fmt: skip


def _problem(last: Facts) -> str:
    return str(last.get("problem") or OUT_OF_CALLS)


def on_receipts(flow: str, receipts: str) -> Finding:
    """What posting a receipt does besides making the bill."""
    detail = (
        "An invoice posts a receipt in ServiceTitan, which makes the bill: that also moves stock of inventory items."
    )
    if receipts == "people":
        detail = "People receive in ServiceTitan, which makes the bill; we link and compare, and post nothing."
    return Finding(key=f"notice:{flow}", area="notices", title="Receipts move stock", state="info", detail=detail)


def _vendors(kind: str, title: str, detail: str, number: int) -> Finding:
    return Finding(key=f"vendors:{kind}", area="vendors", title=title, state="works", detail=detail, records=number)


def _sampled(facts: Facts) -> str:
    since = f", of those since {facts['since']}" if facts.get("since") else ""
    return f" A sample of {facts['read']:,} was looked at{since}." if facts.get("cut") else ""


def _is_history(told: Told) -> bool:
    return bool(told.facts["reasons"].get("history"))


def _reasons(told: Told) -> Iterator[Finding]:
    for code, reason in sorted(told.facts["reasons"].items()):
        if code in _VENDOR_CODES or code in ("not-ready", "awaiting"):
            continue
        fix = _FIXES.get(code, _DECIDE) if reason["outcome"] == "person" else ""
        yield Finding(
            key=f"run:{told.flow}:{code}", area="run", records=reason["records"], who="you" if fix else "",
            title=f"{counted(reason['records'], 'record')}: {reason['examples'][0] if reason['examples'] else code}",
            state="attention" if fix else "info", fix=fix, flows=(told.flow,) if fix else (),
            more=tuple({"text": text} for text in reason["examples"]),
        )  # fmt: skip


_DECIDE = "Correct it in SAP or ServiceTitan, or change the flow's options; what stays goes to the tasks one by one."
_FIXES: Mapping[str, str] = {
    "no-sku": "Set the flow's option catch_all_sku: the SKU that takes services and items without a material.",
    "no-unit": "Set the flow's option default_business_unit, for orders without any cost center.",
    "wrong-currency": "Map the cost center to a business unit that keeps its books in the order's currency.",
    "job-not-found": "Correct the job number in SAP, or make the job in ServiceTitan.",
}
