"""All facts of a report together: its findings, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from integrations import catalogue
from integrations.fitting import on_access, on_records
from integrations.fitting.findings import AREAS, Finding
from integrations.fitting.on_records import Told
from integrations.fitting.verdicts import judge
from integrations.models import FitReport


def conclude(report: FitReport, rates: Mapping[str, float], receipts: str) -> None:
    """Writes findings, steps and verdict into the report, which has yet to be saved. `rates`: calls per second."""
    found = sorted(findings(report, rates, receipts), key=lambda one: list(AREAS).index(one.area))
    judged = judge(found)
    report.findings = [one.as_json() for one in found]
    report.verdict, report.steps, report.because = judged.verdict, list(judged.steps), list(judged.because)


def findings(report: FitReport, rates: Mapping[str, float], receipts: str) -> Iterator[Finding]:
    """Every line of a report, from its facts."""
    flows, facts = list(report.flows), report.facts
    yield from on_access.on_environments(report.ends, flows)
    for side in ("sap", "servicetitan"):
        # A step that could not be done at all is no silence: it says why.
        given = {"checks": [], "ways": [], "signed_in": False, **facts[side]}
        yield from on_access.on_access(side, given, flows)
        yield from on_access.on_changes(side, given, flows)
    told = [_told(name, report, rates) for name in flows]
    last = {"units": None, "hints": {}, "unread": [], **facts["hints"]}
    ordering = tuple(one.flow for one in told if "cost-center" in catalogue.flows()[one.flow].maps)
    yield from on_records.on_units(last, ordering)
    for one in told:
        yield from on_records.on_volume(one)
        if one.flow == "vendors":
            yield from on_records.on_vendors(one)
        yield from on_records.on_currencies(one, last["units"] or [])
        yield from on_records.on_run(one)
        if one.flow == "supplier-invoices":
            yield on_records.on_receipts(one.flow, receipts)
    yield from on_records.on_maps(told, last)


def _told(name: str, report: FitReport, rates: Mapping[str, float]) -> Told:
    flow = catalogue.flows()[name]
    return Told(name, flow.title, report.facts[name], rates[flow.source_system], rates[flow.target_system])
