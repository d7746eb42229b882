"""SAP's reference data: looked up by key, or read as a whole for the customer's cache. All of it is small."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from integrations.flow import Row
from integrations.systems.sap import objects
from integrations.systems.sap.alike import invoices_alike
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.reading import MAX_KEYS, Filter, Where
from integrations.systems.sap.services import (
    COMPANY_CODE,
    COST_CENTER,
    PURCHASING_GROUP,
    PURCHASING_ORGANIZATION,
    Service,
)

PAGE = 500


def _always(row: Row) -> bool:
    return True


def _is_valid_now(row: Row) -> bool:
    """A cost center has a row per period of validity. The day is ours: periods begin and end with months."""
    today = datetime.now(UTC).date().isoformat()
    return str(row["ValidityStartDate"] or "") <= today <= str(row["ValidityEndDate"] or "")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of reference data: the service that has it, the field it is known by, and which rows count."""

    service: Service
    key: str
    keep: Callable[[Row], bool] = _always


_KINDS: Mapping[str, Kind] = {
    "company-code": Kind(COMPANY_CODE, "CompanyCode"),
    "purchasing-organization": Kind(PURCHASING_ORGANIZATION, "PurchasingOrganization"),
    "purchasing-group": Kind(PURCHASING_GROUP, "PurchasingGroup"),
    "cost-center": Kind(COST_CENTER, "CostCenter", _is_valid_now),
}
KINDS = tuple(_KINDS)


def lookup(client: SapClient, kind: str, keys: Collection[str]) -> dict[str, Row]:
    """Rows of one kind by key; a key that does not exist there is absent. Unknown kinds raise ValueError."""
    if kind == "invoices-alike":
        return invoices_alike(client, keys)
    if kind == "supplier":
        return {key: change.row for key, change in objects.SUPPLIERS.fetch(client, list(keys)).items()}
    if kind == "requisition":
        return {key: change.row for key, change in objects.REQUISITIONS.fetch(client, list(keys)).items()}
    known, wanted, found = _kind(kind), list(dict.fromkeys(keys)), {}
    for start in range(0, len(wanted), MAX_KEYS):
        some = wanted[start : start + MAX_KEYS]
        for row in _rows(client, known, [[Where(known.key, "eq", key)] for key in some]):
            if row[known.key] in some:
                found[str(row[known.key])] = row
    return found


def everything(client: SapClient, kind: str) -> list[Row]:
    """All rows of one kind that are valid now. Unknown kinds raise ValueError."""
    return list(_rows(client, _kind(kind), [[]]))


def key_of(kind: str, row: Row) -> str:
    """The key by which `lookup` finds this row."""
    return str(row[_kind(kind).key])


def _kind(kind: str) -> Kind:
    if kind not in _KINDS:
        raise ValueError(f"SAP has no reference data {kind!r}")
    return _KINDS[kind]


def _rows(client: SapClient, kind: Kind, filters: Filter) -> Iterator[Row]:
    offer = client.offer(kind.service)
    source = next(source for source in objects.SOURCES[kind.service.name] if source.offer is offer)
    yield from filter(kind.keep, source.every(client, client.without(kind.service), filters, page=PAGE))
