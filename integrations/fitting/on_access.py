"""Findings about what both systems let us do: services, scopes, licences, change fields, clocks, environments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from integrations.fitting.findings import Facts, Finding, State, Who
from integrations.fitting.needs import needing

_REFUSED = ("bad-credentials", "token-refused")
_UNLICENSED = ("not-found", "rejected")
_NAMES = {"sap": "SAP", "servicetitan": "ServiceTitan"}
_ACCEPT = (
    "Where to click: the developer portal (the app's scopes), then ServiceTitan, Settings, Integrations, API "
    "Application Access, where the newest version is accepted."
)


def on_environments(ends: Facts, flows: Sequence[str]) -> Iterator[Finding]:
    """Both of one environment."""
    sap, titan = ends["sap"], ends["servicetitan"]
    told = f"{sap['name']} is {sap['environment']}, {titan['name']} is {titan['environment']}"
    if sap["environment"] == titan["environment"]:
        yield Finding(key="environment", area="environment", title="One environment", state="works", detail=f"{told}.")
        return
    fix = "Add a connection to the other system's environment, and make the report with that one."
    detail = f"{told}: sandbox and production never mix."
    title, flows_held = "Two environments", tuple(flows)
    yield Finding(
        key="environment", area="environment", title=title, state="missing", detail=detail, fix=fix, who="you",
        flows=flows_held,
    )  # fmt: skip


def on_access(side: str, facts: Facts, flows: Sequence[str]) -> Iterator[Finding]:
    """A line per check of one system."""
    for check in facts["checks"]:
        yield _clock(side, check, flows) if check["code"] == "clock" else _of(side, check, flows, facts["signed_in"])


def on_changes(side: str, facts: Facts, flows: Sequence[str]) -> Iterator[Finding]:
    """A line per object: the change fields that this tenant offers, and which are followed."""
    for way in facts["ways"]:
        detail = f"Found {way['follows']}." if way["is_found"] else f"{way['follows'].capitalize()}."
        if way["offers"]:
            detail += f" This tenant offers {', '.join(way['offers'])}."
        if way["lacks"]:
            detail += f" Its release lacks {', '.join(way['lacks'])}."
        held = () if way["is_found"] else needing(way["service"], flows)
        state: State = "works" if way["is_found"] else "missing"
        key, title = f"changes:{side}:{way['title']}", f"{_NAMES[side]}: {way['title']}"
        yield Finding(key=key, area="changes", title=title, state=state, detail=detail, flows=held, wall=bool(held))


def _clock(side: str, check: Facts, flows: Sequence[str]) -> Finding:
    state: State = "works" if check["ok"] else "attention"
    held = () if check["ok"] else tuple(flows)
    title = f"{_NAMES[side]}'s clock"
    return Finding(
        key=f"clock:{side}", area="clock", title=title, state=state, detail=check["detail"], fix=check["fix"],
        who="" if check["ok"] else "host", flows=held,
    )  # fmt: skip


def _of(side: str, check: Facts, flows: Sequence[str], signed_in: bool) -> Finding:
    code = check["code"]
    if check["ok"]:
        return _line(side, check, "works")
    if code.startswith("licence:"):
        return _line(side, check, "not-licensed", fix=check["fix"], who="servicetitan")
    needed = _code_of(side, check)
    held = needing(needed, flows)
    if code.startswith(("scope:", "service:")):
        fix = f"{check['fix']} {_ACCEPT}" if side == "servicetitan" else check["fix"]
        return _line(side, check, "missing", fix=fix, who=_admin(side), flows=held)
    if code in _UNLICENSED and signed_in:
        fix = f"{check['fix']} It may be a module that this tenant has not licensed: ask ServiceTitan."
        return _line(side, check, "not-licensed", fix=fix, who="servicetitan", flows=held)
    if code == "company-codes":
        return _line(side, check, "attention", fix=check["fix"], who="you", flows=tuple(flows))
    refused = code in _REFUSED or check["name"] in ("Signing in", "Settings")
    fix = check["fix"] or "Enter the credentials again; both parts belong to one system and environment."
    if refused or not signed_in:
        return _line(side, check, "missing", fix=fix, who="you", flows=tuple(flows), hides=True)
    return _line(side, check, "unknown", fix=fix, who="you", flows=held, hides=bool(held))


def _line(side: str, check: Facts, state: State, **more: Any) -> Finding:
    key = f"{side}:{check['name']}"
    return Finding(key=key, area=side, title=check["name"], state=state, detail=check["detail"], **more)


def _admin(side: str) -> Who:
    return "sap" if side == "sap" else "servicetitan"


def _code_of(side: str, check: Facts) -> str:
    """What flows name: the check's own code, or the object it is about where it failed for another reason."""
    if side == "servicetitan" and not check["code"].startswith("scope:"):
        return f"object:{check['name'].partition(' ')[2]}"
    return str(check["code"])
