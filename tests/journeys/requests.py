"""Requests of ServiceTitan in a world of both systems: raised by people, decided by people, ordered in SAP."""

from __future__ import annotations

from typing import Any

from django_tenants.utils import schema_context

from integrations.engine import replay
from integrations.models import Connection, Link, Sync
from integrations.running import CustomerSchedule, utc_now
from tenants import schedule
from tests.journeys.world import World

FLOW, ORDERS = "purchase-order-requests", "purchase-orders"
OPTIONS = {
    "company_code": "1710",
    "purchasing_organization": "1710",
    "purchasing_group": "001",
    "gl_account": "65100000",
    "unit": "PC",
    "approve": "created",
    "look_seconds": 0,
}


def switch_on(world: World, **options: Any) -> None:
    """The customer switches the flow on."""
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.create(
            flow=FLOW,
            source=Connection.objects.get(system="servicetitan"),
            target=Connection.objects.get(system="sap"),
            schedule={"every": "2m"},
            options={**OPTIONS, **options},
        )
    schedule.ensure(customer_id=world.customer.pk, sync_id=sync.pk, due_at=None)


def raise_request(world: World, *lines: tuple[str, str, str], **values: Any) -> str:
    """Somebody asks for lines of (SKU code, quantity, cost) from the vendor of SAP supplier 17300001."""
    skus = {row["code"]: row for row in world.titan("materials") + world.titan("equipment")}
    units = {row["accountCode"]: row["id"] for row in world.titan("business-units")}
    places = {row["name"]: row["id"] for row in world.titan("warehouses")}
    items = [
        {"skuId": skus[code]["id"], "description": skus[code]["displayName"], "quantity": quantity, "cost": cost}
        for code, quantity, cost in lines or (("HV-10001", "4", "12.5"),)
    ]
    given = {
        "vendorId": None if "vendorId" in values else int(world.target_of("vendors", "17300001")),
        "businessUnitId": units["10101101"],
        "inventoryLocationId": places["Warehouse 1710"],
        "date": "2026-03-02T00:00:00Z",
        "requiredOn": "2026-03-09T00:00:00Z",
        "summary": "For the boiler room",
        "items": items,
        **values,
    }
    body = {"tenant": world.tenant, "kind": "purchase-order-requests", "values": given}
    return str(world.control(world.servicetitan, "add", body)["id"])


def decide(world: World, request: str, *, approve: bool) -> None:
    """A manager decides in ServiceTitan's own screens."""
    world.control(world.servicetitan, "decide", {"tenant": world.tenant, "id": int(request), "approve": approve})


def request_of(world: World, request: str) -> dict[str, Any]:
    """The request as ServiceTitan has it."""
    return next(row for row in world.titan("purchase-order-requests") if str(row["id"]) == request)


def sap_orders(world: World) -> list[dict[str, Any]]:
    """Orders of SAP that bear a mark, oldest first."""
    rows = world.control(world.sap, "rows?entity=PurchaseOrder")["rows"]
    return [row for row in rows if row.get("CorrespncInternalReference")]


def sap_requisitions(world: World) -> list[dict[str, Any]]:
    """Requisitions of SAP that bear a mark, oldest first."""
    rows = world.control(world.sap, "rows?entity=Requisition")["rows"]
    return [
        row
        for row in rows
        if any(item.get("PurReqnExternalReference", "").startswith("PR-") for item in row["RequisitionItem"])
    ]


def orders_there(world: World) -> list[dict[str, Any]]:
    """The orders in ServiceTitan that did not come from the three that SAP had at the beginning."""
    born = {link.target_key for link in world.rows(Link, flow=ORDERS) if link.source_key < "4500000004"}
    return [row for row in world.titan("purchase-orders") if str(row["id"]) not in born]


def story(world: World, request: str) -> tuple[str, str, str]:
    """How the request stands there, and how its delivery stands here."""
    newest = max(world.rows(source_key=request, sync__flow=FLOW), key=lambda delivery: delivery.number)
    return request_of(world, request)["requestStatus"], newest.state, newest.code


def look_again(world: World, request: str) -> None:
    """Whatever was waited for, somebody presses Replay."""
    with schema_context(world.customer.schema_name):
        sync = Sync.objects.get(flow=FLOW)
        replay(sync, request, by="person", schedule=CustomerSchedule(world.customer.pk), now=utc_now())
    world.sync(FLOW)
