"""Two customers with the same SAP numbers, side by side in one installation: nothing crosses."""

from __future__ import annotations

import pytest
from django_tenants.utils import schema_context

from integrations.fields import reveal
from integrations.models import Connection, Link
from tenants.models import Customer
from tests.journeys.conftest import MakeWorld
from tests.journeys.world import World


@pytest.fixture
def worlds(make_world: MakeWorld, globex: Customer) -> tuple[World, World]:
    first = make_world(suppliers=4, orders=10)
    second = World(globex, first.sap, first.servicetitan, tenant=1002)
    second.connect()
    return first, second


def test_the_same_orders_arrive_once_in_each_customer_s_own_tenant(worlds: tuple[World, World]) -> None:
    for world in worlds:
        world.sync()
    for world in worlds:
        assert world.states("purchase-orders") == {"delivered": 10}
        assert len(world.titan("purchase-orders")) == 10
        there = {str(row["id"]) for row in world.titan("purchase-orders")}
        assert {link.target_key for link in world.rows(Link, flow="purchase-orders")} == there


def test_one_customer_s_link_wakes_nothing_of_the_other(worlds: tuple[World, World]) -> None:
    first, second = worlds
    first.sync("purchase-orders")
    second.sync("vendors")
    first.sync("purchase-orders")
    assert first.states("purchase-orders") == {"waiting": 10}
    assert second.states("vendors") == {"delivered": 4}


def test_tokens_are_each_customer_s_own(worlds: tuple[World, World]) -> None:
    tokens = set()
    for world in worlds:
        world.sync("vendors")
        with schema_context(world.customer.schema_name):
            tokens.add(reveal(Connection.objects.get(system="servicetitan").token))
    assert len(tokens) == 2
    assert "" not in tokens


def test_markers_differ_although_the_numbers_are_the_same(worlds: tuple[World, World]) -> None:
    for world in worlds:
        world.sync()
    memos = [sorted(row["summary"].split()[-1] for row in world.titan("purchase-orders")) for world in worlds]
    assert not set(memos[0]) & set(memos[1])


def test_a_broken_connection_of_one_stops_nothing_of_the_other(worlds: tuple[World, World]) -> None:
    first, second = worlds
    first.control(first.servicetitan, "credentials", {"tenant": 1001, "client_secrets": ["cs1.canary-another"]})
    for world in worlds:
        world.sync()
    assert [account.state for account in first.rows(Connection, system="servicetitan")] == ["paused"]
    assert first.titan("vendors") == []
    assert second.states("purchase-orders") == {"delivered": 10}
