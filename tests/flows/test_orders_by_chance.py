"""Orders led through random histories against the ServiceTitan stand-in: SAP changes, people act, both by chance.

The stand-in refuses whatever the vendor's manual says cannot be edited in a status. So this holds the flow's own table
of what may be changed against one that was written by somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from integrations.errors import NeedsPerson, NotTransferable
from integrations.flow import Linked, Plan, Row, Situation
from integrations.flows.purchase_orders import FLOW
from simulators.servicetitan.seed import add_vendor
from tests.flows.rows import Book, sap_item, sap_order
from tests.systems.servicetitan.conftest import Service

STATUSES = ("Pending", "Sent", "PartiallyReceived", "Received", "Exported", "Canceled")


def book_of(service: Service) -> Book:
    """Two of everything, with ids that exist in the stand-in."""
    units = [str(service.id_of("business-units", "accountCode", f"101011{n:02}")) for n in (1, 2)]
    places = [str(service.id_of("warehouses", "name", f"Warehouse {plant}")) for plant in (1710, 1720)]
    skus = [str(service.id_of("materials", "code", code)) for code in ("HV-10001", "HV-10002")]
    jobs = [row.data for row in list(service.tenant["jobs"].rows.values())[:2]]
    return Book(
        links={("vendors", "17300001"): str(add_vendor(service.tenant, {"name": "ACME"}).id)},
        maps={
            **{("cost-center", f"c{n}"): unit for n, unit in enumerate(units)},
            **{("plant", f"p{n}"): place for n, place in enumerate(places)},
            **{("material", f"m{n}"): sku for n, sku in enumerate(skus)},
            ("unit", "PC"): "EA",
            ("unit", "BX"): "EA*12",
            ("order-type", "NB"): str(service.id_of("purchase-order-types", "name", "SAP Purchase Order")),
        },
        references={
            **{("business-unit", unit): {"id": int(unit), "currency": "USD"} for unit in units},
            **{("job", f"j{n}"): {"id": job["id"]} for n, job in enumerate(jobs)},
        },
    )


def order_by_chance(chance: Random) -> dict[str, Any]:
    """An order of SAP as it might look at some moment of its life."""
    numbers = [number for number in ("10", "20", "30") if chance.random() < 0.7] or ["10"]
    items = [
        sap_item(
            number,
            amount=str(chance.randrange(100, 90_000) / 100),
            OrderQuantity=str(chance.randrange(1, 9)),
            Material=chance.choice(["m0", "m1"]) if chance.random() < 0.2 else "m0",
            Plant="p1" if chance.random() < 0.1 else "p0",
            PurchaseOrderQuantityUnit=chance.choice(["PC", "BX"]),
            PurchasingDocumentDeletionCode="L" if chance.random() < 0.1 else "",
            RequisitionerName=chance.choice(["", "j0", "j1"]) if chance.random() < 0.2 else "j0",
            account_assignments=[{**sap_item()["account_assignments"][0], "CostCenter": chance.choice(["c0", "c1"])}],
        )
        for number in numbers
    ]
    values = {"PurchaseOrderDate": f"2026-01-3{chance.randrange(2)}"}
    if chance.random() < 0.1:
        values["PurchaseOrderDeletionCode"] = "L"
    return sap_order(*items, **values)


def people_act(service: Service, key: str, chance: Random) -> None:
    """Somebody sends, receives, cancels or edits the order in ServiceTitan, or nobody does anything."""
    record = service.tenant["purchase-orders"].rows[int(key)]
    if record.data["status"] in ("Pending", "Sent") and chance.random() < 0.3:
        service.tenant["purchase-orders"].change(record, {"status": chance.choice(STATUSES)})
    elif record.data["status"] == "Pending" and chance.random() < 0.2:
        edited = [{**item, "cost": item["cost"] + 1, "description": "edited"} for item in record.data["items"]]
        service.tenant["purchase-orders"].change(record, {"summary": "edited", "items": edited})


class History:
    """One order and what the engine would keep of it."""

    def __init__(self, service: Service, book: Book) -> None:
        self.client, self.book = service.client(), book
        self.linked: Linked | None = None
        self.outcomes: set[str] = set()

    def there(self) -> Row | None:
        return FLOW.writer.fetch(self.client, [self.linked.target_key])[self.linked.target_key] if self.linked else None

    def plan(self, row: Mapping[str, Any]) -> Plan:
        there = self.there()
        generation = self.linked.generation if self.linked else 0
        generation += 1 if there is None or FLOW.is_gone(there) else 0
        options = {**FLOW.options, "job_field": "RequisitionerName"}
        marker, following = f"MARKER{generation:06}", f"MARKER{generation + 1:06}"
        situation = Situation(self.book, options, marker, self.linked, there, (), following)
        return FLOW.plan(FLOW.record(row), situation)

    def follow(self, row: Mapping[str, Any]) -> None:
        """Carries out one write and plans again, until nothing is left; every write shows what was expected."""
        for _ in range(3):
            plan = self.plan(row)
            if not plan.writes:
                return
            write = plan.writes[0]
            self.outcomes.add(write.action)
            key = FLOW.writer.send(self.client, write).key
            generation = (self.linked.generation if self.linked else 0) + (write.action == "create")
            self.linked = Linked(key, {}, {}, generation)
            there = self.there()
            assert there is not None
            shown = FLOW.observe(there)
            assert {name: shown[name] for name in write.expect} == write.expect
            self.linked = Linked(key, shown, FLOW.lines(there), generation)
        raise AssertionError("the order does not settle")


@pytest.mark.parametrize("seed", range(12))
def test_no_write_is_refused_and_every_history_settles(service: Service, seed: int):
    chance = Random(seed)
    book, seen = book_of(service), set[str]()
    for _ in range(6):
        history = History(service, book)
        for _ in range(6):
            try:
                history.follow(order_by_chance(chance))
            except (NeedsPerson, NotTransferable) as told:
                seen.add(told.code)
            if history.linked:
                people_act(service, history.linked.target_key, chance)
        seen |= history.outcomes
    assert seen >= {"create", "patch", "not-editable"}
    alive = [row.data for row in service.tenant["purchase-orders"].rows.values() if row.data["status"] != "Canceled"]
    assert len(alive) <= 6
