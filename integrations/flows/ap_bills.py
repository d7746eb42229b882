"""AP bills: what ServiceTitan has made of receipts, kept for the people who post invoices in SAP.

Reads   AP bills of both types, Procurement and ApBill, from ServiceTitan. The key is the bill's id.
Needs   nothing.
Writes  nothing. Bills have no write API (ServiceTitan Accounting V2 OpenAPI), and SAP's ledger is never written: the
        AP team posts by its normal workflow. Every bill is kept as it was read, under the name "ap-bills".

Amounts come as texts and are kept as decimals. A bill is cancelled if it says so by its status or by a date. Which of
a bill's two numbers is the supplier's is not documented: both are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.flow import Flow, Plan, Reader, Row, Situation, Want, Writer
from integrations.money import decimal, plain
from integrations.systems.servicetitan.objects import AP_BILLS, READ_AP_BILLS


@dataclass(frozen=True, slots=True)
class ApBill:
    """A bill. Amounts are in the currency of its business unit, which the bill does not name."""

    id: str
    type: str
    numbers: tuple[str, ...]
    vendor: str
    purchase_order: str
    status: str
    sync_status: str
    billed_on: str
    due_on: str
    amount: Decimal
    tax: Decimal
    shipping: Decimal
    is_canceled: bool


def from_servicetitan(row: Row) -> ApBill:
    """A bill of the list; members that the document calls required may be null."""
    numbers = (row.get("referenceNumber") or "", row.get("vendorNumber") or "")
    return ApBill(
        id=str(row["id"]),
        type=row.get("billType") or "",
        numbers=tuple(dict.fromkeys(number for number in numbers if number)),
        vendor=(row.get("vendor") or {}).get("name") or "",
        purchase_order=str(row.get("purchaseOrderId") or ""),
        status=row.get("status") or "",
        sync_status=row.get("syncStatus") or "",
        billed_on=row.get("billDate") or "",
        due_on=row.get("dueDate") or "",
        amount=decimal(row.get("billAmount")),
        tax=decimal(row.get("taxAmount")),
        shipping=decimal(row.get("shippingAmount")),
        is_canceled=row.get("status") == "Canceled" or bool(row.get("dateCanceled")),
    )


class ApBills(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "ap-bills"
    title = "AP bills of ServiceTitan, for the AP team"
    service = "tn.acc.apbills"
    source_system, target_system = "servicetitan", "servicetitan"
    reader: Reader = READ_AP_BILLS
    writer: Writer = AP_BILLS
    needs: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    options: Mapping[str, Any] = {}
    keeps = "ap-bills"
    record = staticmethod(from_servicetitan)

    def wants(self, record: ApBill, options: Mapping[str, Any]) -> tuple[Want, ...]:
        return ()

    def plan(self, record: ApBill, situation: Situation) -> Plan:
        """Nothing is written."""
        return Plan()

    def observe(self, row: Row) -> dict[str, Any]:
        return {}

    def is_gone(self, row: Row) -> bool:
        return False

    def lines(self, row: Row) -> dict[str, str]:
        return {}

    def label(self, record: ApBill) -> str:
        return " ".join(filter(None, ("AP bill", *record.numbers, "of", record.vendor or "?", plain(record.amount))))


FLOW = ApBills()
