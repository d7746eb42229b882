"""Reconcile reports: both books compared, each difference with its cause, and a repair for it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import catalogue, desk
from integrations.api.bill_list import csv_file
from integrations.api.kernel.members import Money, Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.problems import invalid
from integrations.api.kernel.resource import Resource, route
from integrations.engine import reports
from integrations.models import Progress, ReconcileDifference, ReconcileReport, Sync

ID = "019535d9-3df7-79fb-b466-fa907fa17f9e"
SIDE = {"records": 30, "amounts": {"USD": "120500.00"}, "digest": "9f2c...", "digest_in_ledger": "9f2c..."}
EXAMPLE = {
    "id": ID,
    "flow": "purchase-orders",
    "state": "finished",
    "agree": False,
    "records": 30,
    "agreeing": 28,
    "differing": 1,
    "explained": {"deleted": 1},
    "causes": {"changed in servicetitan": 1},
    "months": {"2026-03": {"source": SIDE, "target": SIDE, "differences": 1}},
    "started_by": "ml-connector",
    "started_at": "2026-03-02T08:00:00Z",
    "finished_at": "2026-03-02T08:00:40Z",
    "error_code": "",
    "error": "",
}
DIFFERENCE = {
    "id": ID,
    "source_key": "4500001234",
    "target_key": "5001",
    "month": "2026-03",
    "cause": "changed in servicetitan",
    "is_explained": False,
    "detail": "requiredOn: '2026-03-09' is now '2026-03-16'",
    "currency": "USD",
    "source_amount": "4016.67",
    "target_amount": "4016.67",
    "repaired_by": "",
    "repaired_at": None,
}


class ReportShown(serializers.Serializer[ReconcileReport]):
    """A comparison of both books for one flow. `agree` is null until the whole source was read.

    `months`: records, amounts by currency and digests of both sides. A digest is a sum over records; it is the same as
    `digest_in_ledger` where every record is as the ledger knows it.
    """

    id = serializers.UUIDField()
    flow = serializers.CharField(source="sync.flow")
    state = serializers.ChoiceField(choices=Progress.choices)
    agree = serializers.BooleanField(allow_null=True)
    records = serializers.IntegerField(help_text="Of the source, as far as it was read.")
    agreeing = serializers.IntegerField()
    differing = serializers.IntegerField()
    explained = serializers.JSONField(help_text="Records that need no counterpart, by reason.")
    causes = serializers.JSONField(help_text="Differences by cause.")
    months = serializers.JSONField()
    started_by = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    error_code = serializers.CharField()
    error = serializers.CharField(help_text="Why it did not go on, or does not; it is tried again while it is running.")


class DifferenceShown(serializers.Serializer[ReconcileDifference]):
    """One record on which the books do not agree. `is_explained`: it is no fault, and named all the same."""

    id = serializers.UUIDField()
    source_key = serializers.CharField()
    target_key = serializers.CharField()
    month = serializers.CharField()
    cause = serializers.CharField()
    is_explained = serializers.BooleanField()
    detail = serializers.CharField()
    currency = serializers.CharField()
    source_amount = Money(allow_null=True)
    target_amount = Money(allow_null=True)
    repaired_by = serializers.CharField()
    repaired_at = serializers.DateTimeField(allow_null=True)


class ReportFilters(Strict):
    """Which reports."""

    flow = Text(required=False)


class DifferenceFilters(Strict):
    """Which differences."""

    cause = Text(required=False)
    is_explained = serializers.ChoiceField(choices=("true", "false"), required=False)


class NewComparison(Strict):
    """Which flow to compare."""

    flow = serializers.ChoiceField(choices=sorted(catalogue.flows()))


class RepairShown(serializers.Serializer[Any]):
    """What is on its way: what "changed" at the source, or what was known ("replayed")."""

    done = serializers.ChoiceField(choices=("changed", "replayed"))


class ReportList(Resource):
    """All reports."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "operate"}

    @describes(
        "list_reconcile_reports",
        "List reconcile reports",
        answer=ReportShown,
        paged=True,
        filters=ReportFilters,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """Reports, newest first. Every flow that is switched on is compared every night."""
        names = {"flow": "sync__flow"}
        rows = ReconcileReport.objects.select_related("sync").filter(
            **{names[name]: value for name, value in self.filters.items()}
        )
        return page(request, rows, order=("-id",), show=ReportShown)

    @describes(
        "start_comparison",
        "Compare both books of a flow",
        answer=ReportShown,
        body=NewComparison,
        status=202,
        example={**EXAMPLE, "state": "running", "agree": None},
        body_example={"flow": "purchase-orders"},
    )
    def post(self, request: Request) -> Response:
        """Begins a comparison, gently and in the background; the one that is under way, if there is one."""
        flow = self.body(NewComparison)["flow"]
        sync = Sync.objects.filter(flow=flow).first()
        if sync is None:
            raise invalid("/flow", "not-switched-on", f"The flow {flow} is not switched on.")
        report = desk.start_comparison(sync, self.customer, actor=self.actor, now=timezone.now())
        where = {"Location": f"/api/v1/reconcile-reports/{report.pk}"}
        return Response(ReportShown(report).data, status=202, headers=where)


class OneReport(Resource):
    """One report."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_reconcile_report", "Read a reconcile report", answer=ReportShown, example=EXAMPLE)
    def get(self, request: Request, report_id: UUID) -> Response:
        """One report with its months; its differences are a list of their own."""
        return Response(ReportShown(_find(report_id)).data)


class Stop(Resource):
    """Stopping a comparison."""

    @describes(
        "stop_comparison",
        "Stop a comparison",
        answer=ReportShown,
        example={**EXAMPLE, "state": "stopped", "agree": None},
    )
    def post(self, request: Request, report_id: UUID) -> Response:
        """Ends it after the page that is under way. It says nothing about the books then."""
        report = desk.stop_comparison(_find(report_id), actor=self.actor, now=timezone.now())
        return Response(ReportShown(report).data)


class DifferenceList(Resource):
    """The differences of a report."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_differences",
        "List differences of a report",
        answer=DifferenceShown,
        paged=True,
        filters=DifferenceFilters,
        example=DIFFERENCE,
    )
    def get(self, request: Request, report_id: UUID) -> Response:
        """Every difference with its cause: late, waiting, quarantined, unmapped, on its way, changed or missing in a
        system, amounts differ; and, explained: rounding, not transferable, dismissed."""
        rows = ReconcileDifference.objects.filter(report=_find(report_id))
        if "cause" in self.filters:
            rows = rows.filter(cause=self.filters["cause"])
        if "is_explained" in self.filters:
            rows = rows.filter(is_explained=self.filters["is_explained"] == "true")
        return page(request, rows, order=("id",), show=DifferenceShown)


class DifferenceFile(Resource):
    """The differences of a report as a file."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("export_differences", "Export differences as CSV", media_type="text/csv")
    def get(self, request: Request, report_id: UUID) -> HttpResponse:
        """All differences of the report as CSV."""
        report, out = _find(report_id), io.StringIO()
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(reports.COLUMNS)
        lines.writerows(reports.lines(report))
        return csv_file(out.getvalue(), f"reconcile-{report.sync.flow}-{report.started_at:%Y-%m-%d}.csv")


class Repair(Resource):
    """Repairing a difference."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}
    calls_out = ("POST",)

    @describes("repair_difference", "Repair a difference", answer=RepairShown, status=202, example={"done": "replayed"})
    def post(self, request: Request, report_id: UUID, difference_id: UUID) -> Response:
        """Reads the record at its source again and sends it through the ledger, by the rules of its flow."""
        rows = ReconcileDifference.objects.select_related("report__sync__source", "report__sync__target")
        difference = rows.filter(pk=difference_id, report=report_id).first()
        if difference is None:
            raise Http404
        return Response({"done": desk.repair(difference, self.customer, actor=self.actor)}, status=202)


def _find(report_id: UUID) -> ReconcileReport:
    report = ReconcileReport.objects.select_related("sync").filter(pk=report_id).first()
    if report is None:
        raise Http404
    return report


routes = [
    route("reconcile-reports", ReportList, "reconcile-reports"),
    route("reconcile-reports/<uuid:report_id>", OneReport, "reconcile-report"),
    route("reconcile-reports/<uuid:report_id>/stop", Stop, "reconcile-stop"),
    route("reconcile-reports/<uuid:report_id>/differences", DifferenceList, "differences"),
    route("reconcile-reports/<uuid:report_id>/differences/csv", DifferenceFile, "differences-csv"),
    route("reconcile-reports/<uuid:report_id>/differences/<uuid:difference_id>/repair", Repair, "difference-repair"),
]
