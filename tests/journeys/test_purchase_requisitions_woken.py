"""Requisitions and orders that wait for each other, and go on by themselves."""

from __future__ import annotations

import pytest
from django_tenants.utils import schema_context

from integrations import reference_data
from integrations.engine import Given
from integrations.models import Sync, ValueMap
from integrations.running import utc_now
from tests.journeys.conftest import MakeWorld
from tests.journeys.purchasing import FLOW, ORDERS, PIPE, Purchasing


@pytest.fixture
def opened(make_world: MakeWorld) -> Purchasing:
    return Purchasing(make_world(suppliers=3, orders=1)).open()


def test_an_order_goes_on_as_soon_as_its_requisition_has_arrived(opened: Purchasing) -> None:
    """Nothing else has to happen: no poll of orders, no waiting."""
    number = opened.request(PIPE, {**PIPE, "material": "HV-19001"})
    opened.sync(FLOW)
    (order,) = opened.order([(number, "10")])
    opened.sync(ORDERS)
    assert opened.world.newest(order).code == "requisition-unsettled"
    with schema_context(opened.world.customer.schema_name):
        sku = ValueMap.objects.get(map="material", key="HV-10001").value
        wanted = [Given("material", "HV-19001", sku)]
        reference_data.save_values(opened.world.customer, wanted, by="person", now=utc_now())
        syncs = list(Sync.objects.filter(flow__in=[FLOW, ORDERS]).order_by("-flow"))
    opened.world.clear_log()
    for sync in [*syncs, *syncs]:  # only what is due
        while opened.world.work_on(sync):
            pass
    assert opened.world.newest(order).state == "delivered"
    assert opened.shown()[opened.world.target_of(ORDERS, order)] == ("Pending", [("10", "2")])
    assert [call for call in opened.world.calls(sap=True) if "Order" in call[1]] == []
