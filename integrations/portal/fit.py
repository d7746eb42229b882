"""Fit reports: begun for a pair of connections, watched while they are made, read, compared, printed and handed on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import desk, fitting
from integrations.fitting import AREAS, STATES, WHO, Finding
from integrations.models import Connection, FitReport, Progress
from integrations.portal import flow_words
from integrations.portal.doing import Done, carry_out
from integrations.portal.live import live
from integrations.portal.pages import PageRequest, actor, page
from integrations.portal.words import flow_title, system_title
from integrations.refusals import WrongMembers

BADGES = {
    "works": "good",
    "missing": "bad",
    "not-licensed": "warn",
    "attention": "warn",
    "unknown": "warn",
    "info": "soft",
}
VERDICTS = {
    "fits": (_("It fits"), "good"),
    "after-steps": (_("It fits after these steps"), "warn"),
    "does-not-fit": (_("It does not fit"), "bad"),
    "unknown": (_("It cannot be told yet"), "warn"),
}
HEAVY = ("facts", "findings", "cursor", "steps", "because")
SHOWN = 20
_STEPS = {"sap": _("Asking SAP"), "servicetitan": _("Asking ServiceTitan"), "hints": _("Looking for suggestions")}


@page(role="viewer", post="operator")
def fit(request: PageRequest) -> HttpResponse:
    """The reports so far, and a form for a new one."""
    return _start(request) if request.method == "POST" else _reports(request)


def _reports(request: PageRequest) -> HttpResponse:
    """With what was chosen, where a form comes back."""
    rows = Connection.objects.defer("credentials", "token").order_by("name")
    pairs = {system: [row for row in rows if row.system == system] for system in ("sap", "servicetitan")}
    given = request.POST
    usual = given.getlist("flows") if given else fitting.usual_flows()
    flows = [(name, flow_title(name), name in usual) for name in flow_words.in_order()]
    reports = [_short(report) for report in FitReport.objects.defer(*HEAVY).order_by("-id")[:SHOWN]]
    missing = [system_title(system) for system, found in pairs.items() if not found]
    chosen = [given.get(system, "") for system in ("sap", "servicetitan")]
    shown = {"pairs": pairs, "flows": flows, "reports": reports, "missing": missing, "chosen": chosen}
    return render(request, "portal/fit/list.html", shown)


@page(role="viewer")
def one(request: PageRequest, report_id: UUID) -> HttpResponse:
    """A report: how far it is while it is being made, then all it says."""
    report = get_object_or_404(FitReport, pk=report_id)
    if report.state == Progress.FINISHED:
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return render(request, "portal/fit/report.html", {**_short(report), **_whole(report)})
    return live(request, "portal/fit/_making.html", "portal/fit/making.html", {**_short(report), **_making(report)})


@page(role="viewer")
def for_sap(request: PageRequest, report_id: UUID) -> HttpResponse:
    """What the SAP colleague has to know and do, on a page to be printed."""
    report = get_object_or_404(FitReport, pk=report_id, state=Progress.FINISHED)
    lines = [finding for finding in map(Finding.of, report.findings) if finding.area in ("sap", "changes", "clock")]
    lines = [line for line in lines if line.key.split(":")[0] == "sap" or ":sap" in line.key]
    steps = [step for step in report.steps if step["who"] == "sap"]
    shown = {**_short(report), "lines": [_line(line) for line in lines], "steps": steps}
    return render(request, "portal/fit/for_sap.html", shown)


@page(role="operator", methods=("POST",))
def stop(request: PageRequest, report_id: UUID) -> HttpResponse:
    """Ends a report before its next call."""
    report, here = get_object_or_404(FitReport, pk=report_id), reverse("fit-one", args=[report_id])

    def do() -> Done:
        desk.stop_fit_report(report, actor=actor(request), now=timezone.now())
        return gettext("Stopped. Nothing was written."), here

    return carry_out(request, do, here)


def _start(request: PageRequest) -> HttpResponse:
    def do() -> Done:
        flows = request.POST.getlist("flows")
        ends = {system: _end(request, system) for system in ("sap", "servicetitan")}
        told = gettext("Choose a connection to %(system)s.")
        faults = [(system, told % {"system": system_title(system)}) for system, row in ends.items() if row is None]
        faults += [] if flows else [("flows", gettext("Choose at least one flow."))]
        if ends["sap"] is None or ends["servicetitan"] is None or faults:
            raise WrongMembers(faults)
        pair = ends["sap"], ends["servicetitan"]
        report = desk.start_fit_report(pair, flows, request.customer, actor=actor(request), now=timezone.now())
        return gettext("It is being made. You may leave this page."), reverse("fit-one", args=[report.pk])

    return carry_out(request, do, reverse("fit"), again=_reports)


def _end(request: PageRequest, system: str) -> Connection | None:
    rows = Connection.objects.defer("credentials", "token").filter(system=system)
    return next((row for row in rows if str(row.pk) == request.POST.get(system)), None)


def _short(report: FitReport) -> dict[str, Any]:
    verdict, badge = VERDICTS.get(report.verdict, ("", "soft"))
    return {
        "report": report,
        "verdict": verdict,
        "badge": badge,
        "sap": report.ends.get("sap", {}),
        "servicetitan": report.ends.get("servicetitan", {}),
        "flow_titles": [flow_title(name) for name in report.flows],
    }


def _making(report: FitReport) -> dict[str, Any]:
    names = fitting.step_names(report)
    running = report.state == Progress.RUNNING
    now = names[report.steps_done] if running and report.steps_done < len(names) else ""
    left = fitting.seconds_left(report, timezone.now())
    return {
        "running": running,
        "step": _STEPS.get(now) or flow_title(now),
        "done": [_STEPS.get(name) or flow_title(name) for name in names[: report.steps_done]],
        "minutes": None if left is None else max(round(left / 60), 1),
    }


def _whole(report: FitReport) -> dict[str, Any]:
    found = [Finding.of(row) for row in report.findings]
    before = fitting.previous(report)
    compared = fitting.compare(found, [Finding.of(row) for row in before.findings]) if before else None
    steps = [
        {**step, "who": WHO[step["who"]], "flows": [flow_title(name) for name in step["flows"]], "map": _map_of(step)}
        for step in report.steps
    ]
    return {
        "steps": steps,
        "areas": list(_areas(found)),
        "before": before,
        "compared": compared,
        "for_sap": any(step["who"] == "sap" for step in report.steps),
    }


def _map_of(step: dict[str, Any]) -> str:
    """The map in which a step is done, "" where it is done elsewhere."""
    return next((key.partition(":")[2] for key in step["keys"] if key.startswith("maps:")), "")


def _areas(found: list[Finding]) -> Iterable[tuple[str, str, list[dict[str, Any]], int]]:
    for area, title in AREAS.items():
        lines = [_line(line) for line in found if line.area == area]
        if lines:
            yield area, title, lines, sum(not line["is_fine"] for line in lines)


def _line(line: Finding) -> dict[str, Any]:
    is_run = line.area == "run" and any("writes" in each for each in line.more)
    return {
        "line": line,
        "state": STATES[line.state],
        "badge": BADGES[line.state],
        "who": WHO[line.who],
        "is_fine": line.state in ("works", "info"),
        "codes": [each for each in line.more if "code" in each],
        "texts": [each["text"] for each in line.more if "text" in each],
        "examples": list(line.more) if is_run else [],
        "flows": [flow_title(name) for name in line.flows],
    }


routes = [
    path("fit/", fit, name="fit"),
    path("fit/<uuid:report_id>/", one, name="fit-one"),
    path("fit/<uuid:report_id>/for-sap/", for_sap, name="fit-for-sap"),
    path("fit/<uuid:report_id>/stop/", stop, name="fit-stop"),
]
