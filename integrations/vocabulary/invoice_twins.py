"""Invoices that were entered twice: the same supplier's number stops the later one, a similar one is a warning.

The earlier of two is the one with the lower fiscal year and document number. Reversed invoices, reversals, credit
memos and documents that are not posted are no twins of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from integrations.errors import NeedsPerson, undone_key
from integrations.flow import Row
from integrations.vocabulary.sap_invoices import POSTED, Invoice, key_of

_SIMILAR = 0.8


def check_twins(flow: str, invoice: Invoice, alike: Iterable[Row]) -> tuple[str, ...]:
    """Warnings about invoices that look the same. Raises NeedsPerson for one that bears the same number.

    The later one goes on by itself once the earlier one is reversed.
    """
    warnings = []
    for row in _earlier(invoice, alike):
        if _same_number(invoice, row):
            raise NeedsPerson(
                f"SAP invoice {key_of(row)} of company code {row['CompanyCode']} bears the same number "
                f"{invoice.number} of the same supplier and is not reversed: one of them is a duplicate.",
                code="duplicate",
                needs=undone_key(flow, key_of(row)),
            )
        if _similar_number(invoice, row):
            number = row["SupplierInvoiceIDByInvcgParty"]
            warnings.append(
                f"Possibly a duplicate: {key_of(row)}, number {number}, of {row['DocumentDate']}, same amount."
            )
    return tuple(warnings)


def is_reversed_twin(key: str, invoice: Invoice, alike: Iterable[Row]) -> bool:
    """Whether `key` is an invoice with the same number that has been reversed."""
    return any(key_of(row) == key and row["IsReversed"] and _same_number(invoice, row) for row in alike)


def _earlier(invoice: Invoice, alike: Iterable[Row]) -> Iterator[Row]:
    for row in alike:
        counts = row["SupplierInvoiceStatus"] == POSTED and not row["SupplierInvoiceIsCreditMemo"]
        if counts and not row["IsReversal"] and not row["IsReversed"] and _age(key_of(row)) < _age(invoice.key):
            yield row


def _age(key: str) -> tuple[str, str]:
    number, year = key.split("/")
    return year, number.rjust(10, "0")


def _same_number(invoice: Invoice, row: Row) -> bool:
    there = str(row["SupplierInvoiceIDByInvcgParty"])
    return bool(invoice.number) and there.casefold() == invoice.number.casefold()


def _similar_number(invoice: Invoice, row: Row) -> bool:
    ours, theirs = _letters(invoice.number), _letters(row["SupplierInvoiceIDByInvcgParty"])
    same_currency = row["DocumentCurrency"] == invoice.currency
    return same_currency and (ours == theirs or SequenceMatcher(None, ours, theirs, autojunk=False).ratio() >= _SIMILAR)


def _letters(number: str) -> str:
    return "".join(letter for letter in number.casefold() if letter.isalnum()).lstrip("0")
