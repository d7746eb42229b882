"""AP bills against the invoice they are of: amount, vendor, number and date (ServiceTitan Accounting V2 OpenAPI).

Which of a bill's referenceNumber and vendorNumber is the supplier's number is not documented: either may be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from integrations.flow import Row
from integrations.vocabulary.money import decimal, plain
from integrations.vocabulary.sap_invoices import Invoice
from integrations.vocabulary.texts import one_line


def differences(
    invoice: Invoice, bills: Sequence[Row], vendor: str, *, tolerance: Decimal, days: int, unnumbered: Collection[str]
) -> list[str]:
    """What the bills of an invoice say differently, in words. `unnumbered`: bills whose receipt bears no number.

    `tolerance` is what rounding of costs may make of the amount; dates may be `days` apart.
    """
    found = list(_amount(invoice, bills, tolerance))
    for bill in bills:
        name = f"bill {bill['id']}"
        if is_canceled(bill):
            found.append(f"{name} is cancelled")
        there = bill.get("vendor") or {}
        if str(there.get("id") or "") != vendor:
            found.append(f"{name} is of vendor {there.get('name') or there.get('id')} instead of {invoice.supplier}")
        numbers = [one_line(bill.get(name)) for name in ("referenceNumber", "vendorNumber")]
        if str(bill["id"]) not in unnumbered and invoice.number.casefold() not in [
            number.casefold() for number in numbers
        ]:
            named = " and ".join(number for number in numbers if number) or "no number"
            found.append(f"{name} bears {named} instead of {invoice.number}")
        if not any(_near(bill.get("billDate"), day, days) for day in (invoice.posted_on, invoice.dated_on)):
            found.append(f"{name} is of {bill.get('billDate')} instead of {invoice.posted_on}")
    return found


def notes(invoice: Invoice, bills: Sequence[Row], *, unnumbered: Collection[str]) -> list[str]:
    """What is worth knowing about bills and is no reason to ask: due dates follow the vendor's terms there."""
    found = []
    for bill in bills:
        if invoice.number and str(bill["id"]) in unnumbered:
            found.append(f"The receipt of bill {bill['id']} bears no supplier's number; it is {invoice.number}.")
        due = str(bill.get("dueDate") or "")[:10]
        if invoice.due_on and due != invoice.due_on:
            found.append(f"Bill {bill['id']} is due on {due or 'no day'}, in SAP on {invoice.due_on}.")
    return found


def compared(row: Row) -> dict[str, Any]:
    """The members of a bill that are held against its invoice: if they change, it is compared again."""
    return {
        "amount": plain(decimal(row.get("billAmount"))),
        "vendor": str((row.get("vendor") or {}).get("id") or ""),
        "numbers": [one_line(row.get(name)) for name in ("referenceNumber", "vendorNumber")],
        "billed_on": str(row.get("billDate") or "")[:10],
        "canceled": is_canceled(row),
    }


def is_canceled(bill: Row) -> bool:
    """Whether a bill is cancelled: by its status or by a date."""
    return bill.get("status") == "Canceled" or bool(bill.get("dateCanceled"))


def is_exported(bill: Row) -> bool:
    """Whether a bill has left ServiceTitan: then neither it nor its receipt can be changed."""
    return "Exported" in str(bill.get("syncStatus") or "")


def _amount(invoice: Invoice, bills: Sequence[Row], tolerance: Decimal) -> Iterator[str]:
    there = sum((decimal(bill.get("billAmount")) for bill in bills), Decimal(0))
    if abs(there - invoice.gross) > tolerance:
        yield f"amount {plain(there)} instead of {plain(invoice.gross)} {invoice.currency}"


def _near(there: object, ours: str, days: int) -> bool:
    try:
        return abs((date.fromisoformat(str(there)[:10]) - date.fromisoformat(ours)).days) <= days
    except ValueError:
        return False
