"""AP bills of ServiceTitan for the AP team: which SAP invoice stands behind each, and which invoices have none."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import bills
from integrations.api.kernel.members import Money, Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from integrations.models import Delivery, Reference

INVOICE = {
    "key": "5100000001/2026",
    "number": "INV-1",
    "supplier": "17300001",
    "gross": "1250.00",
    "currency": "USD",
    "posted_on": "2026-03-02",
    "state": "delivered",
    "code": "",
    "reason": "",
}
EXAMPLE = {
    "id": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "bill": "9001",
    "type": "Procurement",
    "numbers": ["INV-1"],
    "vendor": "ACME Pipe & Supply",
    "business_unit": "Plumbing",
    "job_number": "",
    "purchase_order": "5001",
    "sap_order": "4500001234",
    "status": "Unreconciled",
    "sync_status": "Pending",
    "billed_on": "2026-03-02T00:00:00Z",
    "due_on": "2026-04-01T00:00:00Z",
    "amount": "1250.00",
    "tax": "0",
    "shipping": "0",
    "is_canceled": False,
    "invoices": [INVOICE],
    "why_none": "",
    "refreshed_at": "2026-03-02T08:00:00Z",
}


class InvoiceShown(serializers.Serializer[Any]):
    """A SAP invoice, and what became of it."""

    key = serializers.CharField(help_text="Document and fiscal year.")
    number = serializers.CharField(help_text="The supplier's.")
    supplier = serializers.CharField()
    gross = Money()
    currency = serializers.CharField()
    posted_on = serializers.CharField()
    state = serializers.CharField()
    code = serializers.CharField()
    reason = serializers.CharField()


class BillShown(serializers.Serializer[Any]):
    """A bill as it was read last. Amounts are in the currency of its business unit, which the bill does not name."""

    id = serializers.UUIDField()
    bill = serializers.CharField(source="bill.id", help_text="ServiceTitan's id.")
    type = serializers.CharField(source="bill.type")
    numbers = serializers.ListField(child=serializers.CharField(), source="bill.numbers")
    vendor = serializers.CharField(source="bill.vendor")
    business_unit = serializers.CharField()
    job_number = serializers.CharField()
    purchase_order = serializers.CharField(source="bill.purchase_order")
    sap_order = serializers.CharField()
    status = serializers.CharField(source="bill.status")
    sync_status = serializers.CharField(source="bill.sync_status")
    billed_on = serializers.CharField(source="bill.billed_on")
    due_on = serializers.CharField(source="bill.due_on")
    amount = Money(source="bill.amount")
    tax = Money(source="bill.tax")
    shipping = Money(source="bill.shipping")
    is_canceled = serializers.BooleanField(source="bill.is_canceled")
    invoices = InvoiceShown(many=True)
    why_none = serializers.CharField(help_text="Why no SAP invoice stands behind it.")
    refreshed_at = serializers.DateTimeField()


class BillFilters(Strict):
    """Which bills. `origin` none: no SAP invoice stands behind them."""

    origin = serializers.ChoiceField(choices=("sap-invoice", "none"), required=False)
    status = Text(required=False)
    sync_status = Text(required=False)
    search = Text(required=False, help_text="A part of a number, a vendor's name or an amount, or the bill's id.")


class BillList(Resource):
    """All bills."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("list_bills", "List AP bills", answer=BillShown, paged=True, filters=BillFilters, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Bills, in the order in which they were first read, the newest first."""
        return page(request, _bills(self.filters), order=("-id",), show=_shown)


class BillFile(Resource):
    """Bills as a file."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("export_bills", "Export AP bills as CSV", filters=BillFilters, media_type="text/csv")
    def get(self, request: Request) -> HttpResponse:
        """The same bills as CSV."""
        out = io.StringIO()
        bills.write_bills(_bills(self.filters), out)
        return csv_file(out.getvalue(), "bills.csv")


class UnbilledList(Resource):
    """SAP invoices without a bill."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_unbilled_invoices", "List SAP invoices without a bill", answer=InvoiceShown, paged=True, example=INVOICE
    )
    def get(self, request: Request) -> Response:
        """Invoices of which no bill came, or none that agrees, with the reason; newest first."""
        return page(request, bills.unbilled(), order=("-created_at", "-id"), show=_invoices)


class UnbilledFile(Resource):
    """SAP invoices without a bill, as a file."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("export_unbilled_invoices", "Export SAP invoices without a bill as CSV", media_type="text/csv")
    def get(self, request: Request) -> HttpResponse:
        """The same invoices as CSV, oldest posting first."""
        out = io.StringIO()
        bills.write_unbilled(bills.unbilled(), out)
        return csv_file(out.getvalue(), "unbilled-invoices.csv")


def csv_file(text: str, name: str) -> HttpResponse:
    """A text as a file to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


def _bills(filters: Mapping[str, Any]) -> QuerySet[Reference]:
    one = {name: (filters[name],) if name in filters else () for name in ("status", "sync_status")}
    return bills.bills(
        origin=filters.get("origin"),
        statuses=one["status"],
        sync_statuses=one["sync_status"],
        text=filters.get("search", ""),
    )


def _shown(rows: list[Reference]) -> Any:
    return BillShown(bills.shown(rows), many=True).data


def _invoices(rows: list[Delivery]) -> Any:
    return InvoiceShown([bills.invoice_of(row) for row in rows], many=True).data


routes = [
    route("bills", BillList, "bills"),
    route("bills/csv", BillFile, "bills-csv"),
    route("bills/unbilled", UnbilledList, "unbilled"),
    route("bills/unbilled/csv", UnbilledFile, "unbilled-csv"),
]
