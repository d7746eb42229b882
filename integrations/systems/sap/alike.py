"""Invoices that may be the same as another one: same supplier, and same number or same amount in a span of days.

Whether an invoice is reversed cannot be filtered by (API_SUPPLIERINVOICE_PROCESS_SRV, IsReversed), so every row is
returned and looked at. SAP keeps the supplier's number in capitals (its metadata: display format UpperCase).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from integrations.flow import Row
from integrations.systems.sap import entities
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.reading import Filter, Source, Where
from integrations.systems.sap.services import SUPPLIER_INVOICE

_HEADERS = Source(
    offer=SUPPLIER_INVOICE.offers[0],
    entity_set="A_SupplierInvoice",
    entity=replace(entities.SUPPLIER_INVOICE, children=()),
    keys=("SupplierInvoice", "FiscalYear"),
)
# Each key brings a comparison of about 250 characters; the URL stays below 6,000.
_AT_ONCE = 10
_PAGE = 500


def alike_key(supplier: str, number: str, gross: str, day: str, days: int) -> str:
    """What to look for: `day` as "2026-01-31", `days` to both sides of it."""
    around = [(date.fromisoformat(day) + timedelta(days=shift)).isoformat() for shift in (-days, days)]
    return "|".join((supplier, gross, *around, number))


def invoices_alike(client: SapClient, keys: Collection[str]) -> dict[str, Row]:
    """By key: {"invoices": the headers that it finds}; the invoice itself is among them."""
    client.offer(SUPPLIER_INVOICE)  # learns what this tenant lacks
    lacking, wanted = client.without(SUPPLIER_INVOICE), list(dict.fromkeys(keys))
    found: dict[str, Row] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        filters: Filter = [alternative for key in some for alternative in _alternatives(key)]
        rows = list(_HEADERS.every(client, lacking, filters, page=_PAGE))
        found.update({key: {"invoices": [row for row in rows if _is_alike(row, key)]} for key in some})
    return found


def _parts(key: str) -> tuple[str, str, str, str, str]:
    supplier, gross, first, last, number = key.split("|", 4)
    return supplier, gross, first, last, number


def _alternatives(key: str) -> list[list[Where]]:
    supplier, gross, first, last, number = _parts(key)
    party = Where("InvoicingParty", "eq", supplier)
    days = [Where("DocumentDate", "ge", first), Where("DocumentDate", "le", last)]
    numbers = sorted({number, number.upper()} - {""})
    return [
        [party, Where("InvoiceGrossAmount", "eq", gross), *days],
        *([party, Where("SupplierInvoiceIDByInvcgParty", "eq", one)] for one in numbers),
    ]


def _is_alike(row: Row, key: str) -> bool:
    supplier, gross, first, last, number = _parts(key)
    if row["InvoicingParty"] != supplier:
        return False
    same = number and row["SupplierInvoiceIDByInvcgParty"].casefold() == number.casefold()
    return bool(same or (row["InvoiceGrossAmount"] == gross and first <= (row["DocumentDate"] or "") <= last))
