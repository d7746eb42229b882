"""Seeded histories of changes, late commits, bursts and crashes: what SAP holds in the end has always been read."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random

import pytest

from integrations.flow import Cursor
from integrations.systems.sap.objects import PURCHASE_ORDERS, SUPPLIERS
from tests.systems.sap.conftest import V2_ONLY, Sap

OVERLAP = 120.0


class Reading:
    """A reader whose worker may die after any page; what was saved with a page stays."""

    def __init__(self, sap: Sap, reader, size: int) -> None:
        self.sap, self.reader = sap, reader
        self.client = sap.client(page_size_orders=size, page_size_partners=size)
        self.cursor: Cursor = {}
        self.held: dict[str, dict] = {}

    def poll(self, pages: int, *, full: bool = False) -> bool:
        """Up to so many pages; whether the poll came to its end."""
        for number, page in enumerate(self.reader.pages(self.client, self.cursor, overlap=OVERLAP, full=full), 1):
            self.held.update({change.key: change.row for change in page.changes})
            self.cursor = json.loads(json.dumps(page.cursor))
            if not page.more:
                return True
            if number == pages:
                return False
        return True

    def finish(self) -> None:
        for _ in range(200):
            if self.poll(7):
                return
        raise AssertionError("the reading does not come to an end")


def stamp(sap: Sap, rng: Random) -> str:
    """Now, or a little late, with as many digits as SAP keeps; often one that was used before."""
    moment = sap.simulator.clock.now() - timedelta(seconds=rng.choice([0, 0, 0, 1, 2, 30, 100]))
    digits = rng.choice(["0000000", "1234567", "1234999", "1239999", "5"])
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{digits}Z"


@pytest.mark.parametrize("version", ["v4", "v2"])
@pytest.mark.parametrize("seed", range(5))
def test_every_order_is_held_as_sap_holds_it(sap, seed, version):
    rng = Random(seed)
    if version == "v2":
        sap.control("settings", V2_ONLY)
    every = sorted(row["PurchaseOrder"] for row in sap.simulator.state()["PurchaseOrder"])
    reading = Reading(sap, PURCHASE_ORDERS, rng.choice([1, 2, 3, 5, 8, 50]))
    for step in range(30):
        some = rng.sample(every, rng.choice([1, 1, 2, 5, 20]))
        sap.touch(*some, stamp=stamp(sap, rng), SupplierRespSalesPersonName=f"Step {step}")
        if rng.random() < 0.7:
            reading.poll(rng.randint(1, 9), full=rng.random() < 0.1)
        sap.advance(rng.choice([0, 1, 5, 15]))
    sap.advance(2)
    reading.finish()
    reading.finish()
    now = PURCHASE_ORDERS.fetch(reading.client, every)
    assert reading.held == {key: change.row for key, change in now.items()}


@pytest.mark.parametrize("seed", range(4))
def test_every_supplier_is_held_as_sap_holds_it(sap, seed):
    rng = Random(seed)
    sap.control("settings", {"zone_minutes": rng.choice([-720, -420, 0, 330, 840])})
    rows = {row["Supplier"]: row["BusinessPartner"] for row in sap.simulator.state()["BusinessPartner"]}
    reading = Reading(sap, SUPPLIERS, rng.choice([1, 3, 7, 100]))
    for step in range(25):
        for supplier in rng.sample(sorted(rows), rng.choice([1, 1, 4])):
            values = {"OrganizationBPName1": f"Step {step}"}
            sap.control("change", {"entity": "BusinessPartner", "key": rows[supplier], "values": values})
        if rng.random() < 0.7:
            reading.poll(rng.randint(1, 9), full=rng.random() < 0.1)
        sap.advance(rng.choice([0, 60, 7200, 40000]))
    reading.finish()
    reading.finish()
    now = SUPPLIERS.fetch(reading.client, list(rows))
    assert reading.held == {key: change.row for key, change in now.items()}
