"""Reconcile reports: sums by month, differences by cause, and the one repair for each."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from integrations import desk
from integrations.admin.doing import Answer, Deed, Desk, actor, customer
from integrations.admin.site import customer_site
from integrations.models import ReconcileDifference, ReconcileReport
from integrations.refusals import CannotBeDone

MOST_SHOWN = 200


@admin.register(ReconcileReport, site=customer_site)
class ReportPage(Desk):
    """Comparisons of both books."""

    list_display: ClassVar = ("started_at", "sync", "state", "agree", "records", "agreeing", "differing", "started_by")
    list_filter: ClassVar = ("state", "agree", "sync")
    list_select_related: ClassVar = ("sync",)
    ordering: ClassVar = ("-id",)
    template = "admin/desk/report.html"
    deeds: ClassVar = {"stop": Deed(), "repair": Deed(calls_out=True)}

    def shown(self, request: HttpRequest, row: ReconcileReport) -> dict[str, Any]:
        """The first differences that are faults, then those that are explained; the file has all of them."""
        found = ReconcileDifference.objects.filter(report=row).order_by("is_explained", "id")
        months = [(month or "without a date", sums) for month, sums in sorted(row.months.items())]
        return {"differences": found[:MOST_SHOWN], "months": months, "running": row.state == "running"}

    def stop(self, request: HttpRequest, row: ReconcileReport) -> Answer:
        """After the page that is under way."""
        desk.stop_comparison(row, actor=actor(request), now=timezone.now())
        return "Stopped; it says nothing about the books."

    def repair(self, request: HttpRequest, row: ReconcileReport) -> Answer:
        """One difference, through the ledger."""
        rows = ReconcileDifference.objects.select_related("report__sync__source", "report__sync__target")
        try:
            difference = rows.get(report=row, pk=request.POST.get("difference", ""))
        except (ReconcileDifference.DoesNotExist, ValidationError):
            raise CannotBeDone("This difference is not in the report.") from None
        done = desk.repair(difference, customer(request), actor=actor(request))
        return f"{difference.source_key}: {'what changed' if done == 'changed' else 'what was known'} is on its way."
