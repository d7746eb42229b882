"""AP bills: what ServiceTitan has made of receipts, kept for the people who post invoices in SAP.

Reads   AP bills of both types, Procurement and ApBill, from ServiceTitan. The key is the bill's id.
Needs   nothing. Its links are made by supplier-invoices.
Writes  nothing by itself. Bills have no write API (ServiceTitan Accounting V2 OpenAPI), and SAP's ledger is never
        written: the AP team posts by its normal workflow. Every bill is kept as it was read, under the name "ap-bills".

An invoice that agreed on a bill is compared with it again when the bill changes.

With `mark_exported: agreed` a bill is marked as exported once it is of a SAP invoice and both books agree on it. That
cannot be taken back and freezes the bill and its order, so it is looked at once more just before, and never done twice.
Bills without an invoice, and cancelled ones, are left alone.

Amounts come as texts and are kept as decimals. A bill is cancelled if it says so by its status or by a date. Which of
a bill's two numbers is the supplier's is not documented: both are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.errors import Awaiting, NeedsPerson, NotTransferable, agreed_key, linked_to_key
from integrations.flow import Choices, Flow, Lookups, Plan, Reader, Row, Situation, Want, Write, Writer, check_choices
from integrations.systems.servicetitan.objects import AP_BILLS, READ_AP_BILLS
from integrations.vocabulary import servicetitan_bills
from integrations.vocabulary.money import decimal, plain

QUARTER = 900.0


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
    is_exported: bool


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
        billed_on=str(row.get("billDate") or "")[:10],
        due_on=str(row.get("dueDate") or "")[:10],
        amount=decimal(row.get("billAmount")),
        tax=decimal(row.get("taxAmount")),
        shipping=decimal(row.get("shippingAmount")),
        is_canceled=servicetitan_bills.is_canceled(row),
        is_exported=servicetitan_bills.is_exported(row),
    )


class ApBills(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "ap-bills"
    title = "AP bills of ServiceTitan, for the AP team"
    service = "tn.acc.apbills"
    source_system, target_system = "servicetitan", "servicetitan"
    reader: Reader = READ_AP_BILLS
    writer: Writer = AP_BILLS
    source_writer: Writer | None = AP_BILLS
    needs: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    options: Mapping[str, Any] = {
        "mark_exported": "never",  # or "agreed": bills that agree with their SAP invoice; there is no way back
    }
    choices: Choices = {"mark_exported": ("never", "agreed")}
    keeps = "ap-bills"
    record = staticmethod(from_servicetitan)
    observe = staticmethod(servicetitan_bills.compared)

    def delivers(self, options: Mapping[str, Any]) -> bool:
        return bool(options["mark_exported"] != "never")

    def wants(self, record: ApBill, options: Mapping[str, Any]) -> tuple[Want, ...]:
        is_open = self.delivers(options) and not record.is_exported and not record.is_canceled
        return (Want("ap-bill", record.id, fresh=True),) if is_open else ()

    def plan(self, record: ApBill, situation: Situation) -> Plan:
        """Marks a bill on which both books agree; nothing else is ever written."""
        check_choices(situation.options, self.choices)
        if record.is_exported or not self.delivers(situation.options):
            return Plan()
        if record.is_canceled:
            raise NotTransferable(f"The bill over {plain(record.amount)} is cancelled.", code="canceled")
        there = situation.lookups.reference("ap-bill", record.id, fresh=True)
        if there is None:
            raise NeedsPerson(f"Bill {record.id} is not there any more.", code="bill-missing")
        if servicetitan_bills.is_exported(there):
            return Plan()
        self._check_agreed(record, there, situation.lookups)
        return Plan((Write("mark-exported", record.id, {}, {"exported": True}, side="source"),))

    def _check_agreed(self, record: ApBill, there: Row, lookups: Lookups) -> None:
        """Raises what is missing before the bill may be marked."""
        claims = lookups.sources(self.name, record.id)
        if not claims:
            words = f"No SAP invoice stands behind the bill over {plain(record.amount)} yet: it is not marked."
            raise NotTransferable(words, code="no-invoice", needs=linked_to_key(self.name, record.id))
        for claim in claims:
            key, _, part = claim.partition("#")
            agreed, invoice = agreed_key("supplier-invoices", key), lookups.known("supplier-invoices", key)
            if invoice.state:
                words = f"SAP invoice {key} is {invoice.state}: {invoice.reason}".rstrip(": ")
                raise Awaiting(words, seconds=QUARTER, code="invoice-open", needs=agreed)
            if lookups.known(self.name, key).parts[part].observed != self.observe(there):
                words = f"The bill has changed since SAP invoice {key} was compared with it."
                raise Awaiting(words, seconds=QUARTER, code="not-compared", needs=agreed)

    def observe_source(self, row: Row) -> dict[str, Any]:
        return {"exported": servicetitan_bills.is_exported(row)}

    def is_gone(self, row: Row) -> bool:
        return False

    def lines(self, row: Row) -> dict[str, str]:
        return {}

    def label(self, record: ApBill) -> str:
        return " ".join(filter(None, ("AP bill", *record.numbers, "of", record.vendor or "?", plain(record.amount))))


FLOW = ApBills()
