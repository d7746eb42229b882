"""ServiceTitan's reference data: looked up by key, or read as a whole for the customer's cache.

There is no resource "inventory locations": such an id is that of a warehouse or of a truck. There is no filter by a
SKU's exact code, so codes are found in the whole pricebook. Whether jobs?number= is exact is not documented, so each
row's own number is compared.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

from integrations.flow import Row
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.client import NormalRow, ServiceTitanClient
from integrations.systems.servicetitan.requests import purchases_since, requests_by_id
from integrations.systems.servicetitan.resources import MAX_IDS, Resource

log = logging.getLogger(__name__)

Lookup = Callable[[ServiceTitanClient, Collection[str]], dict[str, Row]]
Everything = Callable[[ServiceTitanClient], Iterator[NormalRow]]

# What of a SKU is kept: a pricebook has tens of thousands of them, each with prices, assets and links.
_SKU_MEMBERS = (
    "id",
    "code",
    "displayName",
    "description",
    "active",
    "unitOfMeasure",
    "cost",
    "isInventory",
    "modifiedOn",
)


def lookup(client: ServiceTitanClient, kind: str, keys: Collection[str]) -> dict[str, Row]:
    """Rows of one kind by key; a key that does not exist there is absent. Unknown kinds raise ValueError."""
    if kind not in _LOOKUPS:
        raise ValueError(f"ServiceTitan has no reference data {kind!r}")
    return _LOOKUPS[kind](client, keys) if keys else {}


def everything(client: ServiceTitanClient, kind: str) -> list[Row]:
    """All rows of one kind, inactive ones included. Unknown kinds raise ValueError."""
    if kind not in _EVERYTHING:
        raise ValueError(f"ServiceTitan has no reference data {kind!r}")
    return list(_EVERYTHING[kind](client))


def key_of(kind: str, row: Row) -> str:
    """The key by which `lookup` finds this row."""
    return str(row[{"job": "jobNumber", "sku-code": "code"}.get(kind, "id")])


def _by_id(resource: Resource, client: ServiceTitanClient, keys: Collection[str]) -> dict[str, Row]:
    return dict(client.by_ids(resource, keys))


def _types(client: ServiceTitanClient, keys: Collection[str]) -> dict[str, Row]:
    """Purchase order types cannot be asked for by id; a tenant has a handful."""
    rows = client.rows(resources.PURCHASE_ORDER_TYPES)
    return {str(row["id"]): row for row in rows if str(row["id"]) in keys}


def _budget_codes(client: ServiceTitanClient, keys: Collection[str]) -> dict[str, Row]:
    """Read as a whole: the parameter for several ids does not say how they are written."""
    return {str(row["id"]): row for row in _all_budget_codes(client) if str(row["id"]) in keys}


def _all_budget_codes(client: ServiceTitanClient) -> Iterator[NormalRow]:
    for row in client.rows(resources.BUDGET_CODES):
        yield {**row, "name": row["description"] or row["code"]}


def _locations(client: ServiceTitanClient, keys: Collection[str]) -> dict[str, Row]:
    return _merged(client, keys, {"warehouse": resources.WAREHOUSES, "truck": resources.TRUCKS}, "locationType", _same)


def _skus(client: ServiceTitanClient, keys: Collection[str]) -> dict[str, Row]:
    kinds = {"Material": resources.MATERIALS, "Equipment": resources.EQUIPMENT}
    return _merged(client, keys, kinds, "skuType", _short_sku)


def _merged(
    client: ServiceTitanClient,
    keys: Collection[str],
    kinds: Mapping[str, Resource],
    member: str,
    shorten: Callable[[NormalRow], NormalRow],
) -> dict[str, Row]:
    """Ids that belong to either of two resources; `member` says to which."""
    found: dict[str, Row] = {}
    for name, resource in kinds.items():
        rows = client.by_ids(resource, [key for key in keys if key not in found])
        found.update({key: {**shorten(row), member: name} for key, row in rows.items()})
    return found


def _receipts(client: ServiceTitanClient, orders: Collection[str]) -> dict[str, Row]:
    """By purchase order: {"id", "receipts": active ones, each with its "bill" or None}; an empty list for none."""
    found: dict[str, list[NormalRow]] = {order: [] for order in orders if order.isascii() and order.isdecimal()}
    asked = list(found)
    for start in range(0, len(asked), MAX_IDS):
        batch = asked[start : start + MAX_IDS]
        params = (("purchaseOrderIds", ",".join(batch)),)
        for row in client.matching(resources.RECEIPTS, params, lambda row: str(row.get("purchaseOrderId")) in found):
            if row.get("active") is not False:
                found[str(row["purchaseOrderId"])].append(row)
    numbers = [str(row["billId"]) for rows in found.values() for row in rows if row.get("billId")]
    bills = client.records(resources.AP_BILLS, numbers) if numbers else {}
    return {
        order: {"id": order, "receipts": [{**row, "bill": bills.get(str(row.get("billId")))} for row in rows]}
        for order, rows in found.items()
    }


def _jobs(client: ServiceTitanClient, numbers: Collection[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for number in dict.fromkeys(numbers):
        for row in client.matching(resources.JOBS, (("number", number),), partial(_has, "jobNumber", number)):
            found[number] = row
            break
    return found


def _sku_codes(client: ServiceTitanClient, codes: Collection[str]) -> dict[str, Row]:
    """By code. Active ones come first; a code that two active SKUs share is left out, since either may be meant."""
    wanted: dict[str, list[NormalRow]] = {code: [] for code in codes}
    for row in _all_skus(client):
        if row["code"] in wanted:
            wanted[row["code"]].append(row)
    chosen = {code: _the_one(code, rows) for code, rows in wanted.items()}
    return {code: row for code, row in chosen.items() if row is not None}


def _the_one(code: str, rows: list[NormalRow]) -> NormalRow | None:
    candidates = [row for row in rows if row.get("active") is True] or rows[:1]
    if len(candidates) > 1:
        log.warning("SKU code %s is used by %d active SKUs", code, len(candidates))
        return None
    return candidates[0] if candidates else None


def _all_skus(client: ServiceTitanClient) -> Iterator[NormalRow]:
    for name, resource in (("Material", resources.MATERIALS), ("Equipment", resources.EQUIPMENT)):
        for row in _exported(client, resource):
            yield {**_short_sku(row), "skuType": name}


def _exported(client: ServiceTitanClient, resource: Resource) -> Iterator[NormalRow]:
    """A whole export feed, each id once with its last state."""
    rows: dict[str, NormalRow] = {}
    start, more = "", True
    while more:
        page = client.feed(resource, start)
        rows.update({str(row["id"]): row for row in page.rows})
        start, more = page.next_from, page.more
    yield from rows.values()


def _all_locations(client: ServiceTitanClient) -> Iterator[NormalRow]:
    for name, resource in (("warehouse", resources.WAREHOUSES), ("truck", resources.TRUCKS)):
        for row in client.rows(resource):
            yield {**row, "locationType": name}


def _listed(resource: Resource, client: ServiceTitanClient) -> Iterator[NormalRow]:
    return client.rows(resource)


def _short_sku(row: NormalRow) -> NormalRow:
    return {name: row.get(name) for name in _SKU_MEMBERS} | {"name": row.get("displayName") or row.get("code")}


def _same(row: NormalRow) -> NormalRow:
    return row


def _has(member: str, value: str, row: NormalRow) -> bool:
    return bool(row.get(member) == value)


_LOOKUPS: Mapping[str, Lookup] = {
    "business-unit": partial(_by_id, resources.BUSINESS_UNITS),
    "purchase-order-type": _types,
    "warehouse": partial(_by_id, resources.WAREHOUSES),
    "truck": partial(_by_id, resources.TRUCKS),
    "inventory-location": _locations,
    "sku": _skus,
    "sku-code": _sku_codes,
    "job": _jobs,
    "payment-term": partial(_by_id, resources.PAYMENT_TERMS),
    "vendor": partial(_by_id, resources.VENDORS),
    "budget-code": _budget_codes,
    "receipts-of-order": _receipts,
    "purchase-order": lambda client, keys: dict(client.records(resources.PURCHASE_ORDERS, keys)),
    "purchase-order-request": requests_by_id,
    "purchases-since": purchases_since,
    "job-by-id": partial(_by_id, resources.JOBS),
    "ap-bill": lambda client, keys: dict(client.records(resources.AP_BILLS, keys)),
}
_EVERYTHING: Mapping[str, Everything] = {
    "business-unit": partial(_listed, resources.BUSINESS_UNITS),
    "purchase-order-type": partial(_listed, resources.PURCHASE_ORDER_TYPES),
    "warehouse": partial(_listed, resources.WAREHOUSES),
    "truck": partial(_listed, resources.TRUCKS),
    "inventory-location": _all_locations,
    "sku": _all_skus,
    "sku-code": _all_skus,
    "job": partial(_listed, resources.JOBS),
    "payment-term": partial(_listed, resources.PAYMENT_TERMS),
    "vendor": partial(_listed, resources.VENDORS),
    "budget-code": _all_budget_codes,
}
KINDS: tuple[str, ...] = tuple(_EVERYTHING)
"""The kinds of reference data that are worth a cache; orders, their receipts and bills are only looked up."""
