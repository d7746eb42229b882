"""What is not exact in the end, from both systems' sides and from the ledger's."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.faults.processes.people import People, rows
from tests.faults.processes.stage import FLOWS

if TYPE_CHECKING:
    from tests.journeys.world import World

CENT = Decimal("0.02")
Row = dict[str, Any]


def is_quiet(people: People, since: datetime) -> bool:
    """Whether everything was read after `since`, the ledger knows every record, and none of them is on its way."""
    from integrations.models import Delivery, Sync

    world = people.world
    still_open = world.rows(Delivery, state__in=[*Delivery.OPEN, Delivery.State.BEHIND])
    read = all(sync.fresh_at and sync.fresh_at > since for sync in world.rows(Sync))
    return read and not still_open and Counter(d.sync.flow for d in _first_versions(world)) == Counter(counts(people))


def counts(people: People) -> dict[str, int]:
    """How many records there are at the source, by flow."""
    world = people.world
    there = (len(rows(world, "Supplier")), len(rows(world, "PurchaseOrder")), len(people.invoices))
    return dict(zip(FLOWS, there, strict=True))


def problems(people: People) -> list[str]:
    """Everything that is wrong, in plain words."""
    world = people.world
    told = [*_ledger(world), *_records(people), *_vendors(world), *_orders(world), *_receipts(people), *_doubles(world)]
    for flow in FLOWS:
        told += [f"the books differ: {one}" for one in _differences(world, flow)]
    return [f"{world.customer.schema_name}: {line}" for line in told]


def _newest(world: World) -> Iterator[Any]:
    from integrations.models import Delivery

    newest: dict[tuple[Any, str], Any] = {}
    for delivery in sorted(world.rows(Delivery), key=lambda delivery: delivery.number):
        newest[delivery.sync_id, delivery.source_key] = delivery
    return iter(newest.values())


def _ledger(world: World) -> Iterator[str]:
    """Nothing open or unlooked for, every run adds up, and each create had one effect."""
    from integrations.models import Attempt, Delivery, Run

    for row in world.rows(Delivery, state__in=[*Delivery.OPEN, Delivery.State.BEHIND]):
        yield f"{row.source_key} #{row.number} is still {row.state} ({row.code}: {row.reason})"
    for row in _newest(world):
        if row.state not in ("delivered", "unchanged"):
            yield f"{row.source_key} #{row.number} ended as {row.state} ({row.code}: {row.reason})"
    lost = len(world.rows(Attempt, kind="write", outcome="unknown", resolution=""))
    if lost:
        yield f"{lost} writes were never looked for"
    for run in world.rows(Run):
        if run.open or run.state in ("reading", "delivering"):
            yield f"a run of {run.read} is {run.state} with {run.open} open"
    yield from _effects(world)


def _effects(world: World) -> Iterator[str]:
    """Of all tries of a create, over all versions, one took effect: it was answered, or found."""
    from django_tenants.utils import schema_context

    from integrations.models import Attempt

    took_effect: dict[tuple[str, str], int] = defaultdict(int)
    with schema_context(world.customer.schema_name):
        writes = Attempt.objects.filter(kind="write").exclude(step__marker="")
        named = writes.values_list("step__delivery__sync__flow", "step__marker", "outcome", "resolution")
        for flow, marker, outcome, resolution in named:
            took_effect[flow, marker] += outcome == "answered" or resolution == "found"
    yield from (
        f"{flow}: {marker} took effect {count} times" for (flow, marker), count in took_effect.items() if count != 1
    )


def _records(people: People) -> Iterator[str]:
    known = Counter(delivery.sync.flow for delivery in _first_versions(people.world))
    for flow, count in counts(people).items():
        if known[flow] != count:
            yield f"{flow}: the ledger knows {known[flow]} of {count} records"


def _first_versions(world: World) -> list[Any]:
    from django_tenants.utils import schema_context

    from integrations.models import Delivery

    with schema_context(world.customer.schema_name):
        return list(Delivery.objects.select_related("sync").filter(number=1))


def _exactly_once(what: str, there: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    found, names = Counter(there), set(wanted)
    yield from (f"{what} {key} exists {found[key]} times" for key in sorted(names) if found[key] != 1)
    yield from (f"{what} {key} is of nobody" for key in sorted(set(found) - names))


def _vendors(world: World) -> Iterator[str]:
    partners = {row["Supplier"]: row for row in rows(world, "BusinessPartner").values() if row.get("Supplier")}
    there = [
        (str(pairs.get("sap-supplier")), row) for row in world.titan("vendors") for pairs in row["_external"].values()
    ]
    yield from _exactly_once("supplier", (key for key, _ in there), partners)
    for key, row in there:
        if key in partners and row["name"] != partners[key]["OrganizationBPName1"]:
            yield f"supplier {key} is {row['name']!r}, not {partners[key]['OrganizationBPName1']!r}"


def _orders(world: World) -> Iterator[str]:
    orders = rows(world, "PurchaseOrder")
    there = [(number_of(row), row) for row in world.titan("purchase-orders")]
    yield from _exactly_once("order", (number for number, _ in there), orders)
    for number, row in there:
        items = [i for i in orders[number]["PurchaseOrderItem"] if not i.get("PurchasingDocumentDeletionCode")]
        wanted = sum((Decimal(str(i.get("NetAmount", 0))) for i in items), Decimal())
        found = sum((Decimal(str(i["quantity"])) * Decimal(str(i["cost"])) for i in row["items"]), Decimal())
        units = sum((Decimal(str(i["quantity"])) for i in row["items"]), Decimal())
        if abs(wanted - found) > units * CENT:
            yield f"order {number} is worth {found}, not {wanted}"


def number_of(order: Row) -> str:
    """The SAP number of an order of ServiceTitan."""
    found = re.findall(r"\b45\d{8}\b", str(order["summary"]))
    return found[0] if found else f"without a number: {order['id']}"


def _receipts(people: People) -> Iterator[str]:
    """Every invoice has one receipt, and ServiceTitan made one bill of it."""
    receipts = [str(row["vendorInvoiceNumber"]) for row in people.world.titan("receipts") if row["active"]]
    yield from _exactly_once("receipt", receipts, people.invoices.values())
    bills = [str(row["referenceNumber"]) for row in people.world.titan("ap-bills")]
    yield from _exactly_once("bill", bills, people.invoices.values())


def _doubles(world: World) -> Iterator[str]:
    shared = world.control(world.servicetitan, "duplicates")[str(world.tenant)]
    yield from (f"two {kind} share {row['sign']}: {row['ids']}" for kind, same in shared.items() for row in same)


def _differences(world: World, flow: str) -> list[tuple[str, str, str]]:
    from tests.journeys.payables import Payables

    return Payables(world).differences(flow)
