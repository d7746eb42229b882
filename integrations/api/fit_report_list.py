"""Fit reports: whether two accounts fit each other, found out strictly reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import catalogue, desk, fitting
from integrations.api.kernel.members import Strict
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from integrations.fitting import AREAS, STATES, WHO, Finding
from integrations.models import Connection, FitReport, Progress
from integrations.refusals import WrongMembers

ID = "019535d9-3df7-79fb-b466-fa907fa17f9e"
STEP = {
    "title": "12 cost centers without a value",
    "fix": "On the page Maps, “Cost centers”: say what each code is in the other system.",
    "who": "you",
    "flows": ["purchase-orders"],
    "keys": ["maps:cost-center"],
    "also": [],
}
FINDING = {
    "key": "maps:cost-center",
    "area": "maps",
    "title": "12 cost centers without a value",
    "state": "attention",
    "detail": "230 records held up; for 9 of the codes there is a suggestion.",
    "fix": STEP["fix"],
    "who": "you",
    "flows": ["purchase-orders"],
    "records": 230,
    "wall": False,
    "hides": False,
    "more": [{"code": "10101101", "label": "Service South", "records": 41, "hints": []}],
}
SHORT = {
    "id": ID,
    "sap": "019535d9-3df7-79fb-b466-fa907fa17f9f",
    "servicetitan": "019535d9-3df7-79fb-b466-fa907fa17fa0",
    "ends": {"sap": {"name": "sap", "environment": "sandbox"}, "servicetitan": {"name": "field"}},
    "flows": ["purchase-orders"],
    "state": "finished",
    "verdict": "after-steps",
    "steps_done": 4,
    "steps_all": 4,
    "calls": 61,
    "calls_most": 1500,
    "started_by": "olga@acme.example.com",
    "started_at": "2026-03-02T08:00:00Z",
    "finished_at": "2026-03-02T08:01:12Z",
    "error": "",
}
WHOLE = {**SHORT, "steps": [STEP], "because": [], "findings": [FINDING], "changes": None}


class NewFitReport(Strict):
    """Which pair, and for which flows; what is left out: the only connection of each system, the flows in use."""

    sap = serializers.UUIDField(required=False)
    servicetitan = serializers.UUIDField(required=False)
    flows = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(catalogue.flows())), required=False, min_length=1
    )


class FitReportShort(serializers.Serializer[FitReport]):
    """A report without its lines. `verdict` is empty until it is finished."""

    id = serializers.UUIDField()
    sap = serializers.UUIDField(source="sap_id", allow_null=True)
    servicetitan = serializers.UUIDField(source="servicetitan_id", allow_null=True)
    ends = serializers.JSONField(help_text="Both connections as they were: name, environment, address.")
    flows = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=Progress.choices)
    verdict = serializers.ChoiceField(choices=FitReport.Verdict.choices, allow_blank=True)
    steps_done = serializers.IntegerField()
    steps_all = serializers.IntegerField()
    calls = serializers.IntegerField(help_text="Calls to both systems so far.")
    calls_most = serializers.IntegerField()
    started_by = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


class FitStepShown(serializers.Serializer[Any]):
    """Something that has to be done before it fits. `keys` are the lines that it settles."""

    title = serializers.CharField()
    fix = serializers.CharField()
    who = serializers.ChoiceField(choices=[name for name in WHO if name])
    flows = serializers.ListField(child=serializers.CharField())
    keys = serializers.ListField(child=serializers.CharField())
    also = serializers.ListField(child=serializers.CharField())


class FindingShown(serializers.Serializer[Any]):
    """One line. `key` is the same in every report that finds it; `more` holds codes, reasons or examples."""

    key = serializers.CharField()
    area = serializers.ChoiceField(choices=list(AREAS))
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=list(STATES))
    detail = serializers.CharField()
    fix = serializers.CharField()
    who = serializers.ChoiceField(choices=list(WHO), allow_blank=True)
    flows = serializers.ListField(child=serializers.CharField())
    records = serializers.IntegerField()
    wall = serializers.BooleanField(help_text="No step takes this away.")
    hides = serializers.BooleanField(help_text="It cannot be told whether it fits before this works.")
    more = serializers.JSONField()


class ChangesShown(serializers.Serializer[Any]):
    """What has changed since the report before on the same pair: keys of lines that need something."""

    since = serializers.UUIDField()
    settled = serializers.ListField(child=serializers.CharField())
    new = serializers.ListField(child=serializers.CharField())
    still = serializers.ListField(child=serializers.CharField())


class FitReportShown(FitReportShort):
    """A report with its lines; the steps are in the order in which they are to be done."""

    steps = FitStepShown(many=True)
    because = serializers.ListField(child=serializers.CharField())
    findings = FindingShown(many=True)
    changes = serializers.SerializerMethodField()

    def get_changes(self, report: FitReport) -> dict[str, Any] | None:
        """Since the one before; None if there is none, or while it is being made."""
        before = fitting.previous(report) if report.state == Progress.FINISHED else None
        if before is None:
            return None
        both = ([Finding.of(row) for row in one.findings] for one in (report, before))
        found = fitting.compare(*both)
        told = {name: [one.key for one in getattr(found, name)] for name in ("settled", "new", "still")}
        return {"since": str(before.pk), **told}


class FitReportList(Resource):
    """All fit reports."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "operate"}

    @describes("list_fit_reports", "List fit reports", answer=FitReportShort, paged=True, example=SHORT)
    def get(self, request: Request) -> Response:
        """Newest first, without their lines."""
        rows = FitReport.objects.defer("facts", "findings", "cursor", "steps", "because")
        return page(request, rows, order=("-id",), show=FitReportShort)

    @describes(
        "start_fit_report",
        "Find out whether two accounts fit",
        answer=FitReportShort,
        body=NewFitReport,
        status=202,
        example={**SHORT, "state": "running", "verdict": "", "finished_at": None, "steps_done": 0},
        body_example={"flows": ["vendors", "purchase-orders"]},
    )
    def post(self, request: Request) -> Response:
        """Made in the background, reading only. While one is being made on the same pair, that one is answered."""
        wanted = self.body(NewFitReport)
        pair = _end("sap", wanted.get("sap")), _end("servicetitan", wanted.get("servicetitan"))
        flows = wanted.get("flows") or fitting.usual_flows()
        report = desk.start_fit_report(pair, flows, self.customer, actor=self.actor, now=timezone.now())
        headers = {"Location": f"/api/v1/fit-reports/{report.pk}"}
        return Response(FitReportShort(report).data, status=202, headers=headers)


class OneFitReport(Resource):
    """One fit report."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_fit_report", "Read a fit report", answer=FitReportShown, example=WHOLE)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Every line, the steps, the verdict, and what changed since the report before."""
        return Response(FitReportShown(_find(report_id)).data)


class StopFitReport(Resource):
    """Stopping a fit report."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes("stop_fit_report", "Stop a fit report", answer=FitReportShort, example={**SHORT, "state": "stopped"})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Ends it before its next call; one that has ended stays as it is."""
        report = desk.stop_fit_report(_find(report_id), actor=self.actor, now=timezone.now())
        return Response(FitReportShort(report).data)


def _end(system: str, given: UUID | None) -> Connection:
    """The connection that is named, else the only one to that system."""
    rows = Connection.objects.defer("credentials", "token").filter(system=system)
    found = list(rows.filter(pk=given) if given else rows[:2])
    if len(found) != 1:
        raise WrongMembers([(system, f"Name one connection to {system}.")])
    return found[0]


def _find(report_id: UUID) -> FitReport:
    report = FitReport.objects.filter(pk=report_id).first()
    if report is None:
        raise Http404
    return report


routes = [
    route("fit-reports", FitReportList, "fit-reports"),
    route("fit-reports/<uuid:report_id>", OneFitReport, "fit-report"),
    route("fit-reports/<uuid:report_id>/stop", StopFitReport, "fit-report-stop"),
]
