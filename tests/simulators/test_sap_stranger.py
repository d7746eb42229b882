"""A client that knows nothing of this project, SAP's own pyodata, reads the V2 services over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyodata
import pytest
import requests
from pyodata.exceptions import HttpError

from simulators.sap.app import DEFAULT_ACCOUNT
from simulators.sap.catalog import SERVICES
from simulators.server import SimulatorServer

V2 = [service.name for service in SERVICES.values() if service.version == 2]


def client(server: SimulatorServer, name: str) -> Any:
    session = requests.Session()
    session.trust_env = False
    session.auth = DEFAULT_ACCOUNT
    return pyodata.Client(f"{server.url}{SERVICES[name].root}/", session)


@pytest.mark.parametrize("name", V2)
def test_the_metadata_is_understood_strictly(sap_server: SimulatorServer, name: str) -> None:
    schema = client(sap_server, name).schema
    assert {entity.name for entity in schema.entity_sets} == set(SERVICES[name].sets)


def test_orders_are_filtered_expanded_and_counted(sap_server: SimulatorServer) -> None:
    orders = client(sap_server, "API_PURCHASEORDER_PROCESS_SRV").entity_sets.A_PurchaseOrder
    since = datetime(2026, 1, 15, tzinfo=UTC)
    request = orders.get_entities()
    request = request.filter(request.LastChangeDateTime >= since).order_by("LastChangeDateTime")
    found = request.expand("to_PurchaseOrderItem/to_AccountAssignment").top(5).execute()
    assert len(found) == 5
    assert all(order.LastChangeDateTime >= since for order in found)
    item = found[0].to_PurchaseOrderItem[0]
    assert (item.PurchaseOrder, item.PurchaseOrderItem) == (found[0].PurchaseOrder, "10")
    assert item.to_AccountAssignment[0].CostCenter.startswith("101011")
    assert orders.get_entities().count(inline=True).top(1).execute().total_count == 60


def test_next_links_are_followed(sap_server: SimulatorServer) -> None:
    sap_server.simulator.change_settings({"v2_page_size": 25})
    orders = client(sap_server, "API_PURCHASEORDER_PROCESS_SRV").entity_sets.A_PurchaseOrder
    page = orders.get_entities().select("PurchaseOrder").execute()
    seen = [order.PurchaseOrder for order in page]
    while page.next_url:
        page = orders.get_entities().next_url(page.next_url).execute()
        seen += [order.PurchaseOrder for order in page]
    assert len(seen) == len(set(seen)) == 60


def test_single_rows_and_their_navigations_are_read(sap_server: SimulatorServer) -> None:
    partners = client(sap_server, "API_BUSINESS_PARTNER").entity_sets.A_BusinessPartner
    partner = partners.get_entity("1000001").execute()
    assert (partner.Supplier, partner.BusinessPartnerCategory) == ("17300001", "2")
    assert partner.CreationDate.tzinfo is not None
    address = partner.nav("to_BusinessPartnerAddress").get_entities().execute()[0]
    assert address.nav("to_EmailAddress").get_entities().execute()[0].EmailAddress.endswith(".example")
    supplier = partner.nav("to_Supplier").execute()
    assert supplier.PurchasingIsBlocked is False


def test_cost_centers_are_found_by_their_period(sap_server: SimulatorServer) -> None:
    centers = client(sap_server, "API_COSTCENTER_SRV").entity_sets.A_CostCenter
    day = datetime(2026, 3, 2, tzinfo=UTC)
    request = centers.get_entities()
    request = request.filter(f"{request.ValidityStartDate <= day} and {request.ValidityEndDate >= day}")
    assert len(request.execute()) == 12


def test_a_refusal_carries_sap_s_words(sap_server: SimulatorServer) -> None:
    orders = client(sap_server, "API_PURCHASEORDER_PROCESS_SRV").entity_sets.A_PurchaseOrder
    with pytest.raises(HttpError) as refusal:
        orders.get_entity("nope").execute()
    assert "Resource not found for segment 'A_PurchaseOrderType'" in refusal.value.response.text
