from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from simulators.sap.app import SapSimulator
from simulators.server import serve
from simulators.servicetitan.simulator import ServiceTitan
from tenants.models import Customer
from tests import databases
from tests.journeys.world import World

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(own_database: Any, acme: Customer, settings: Any) -> Iterator[MakeWorld]:
    """Makes worlds: a customer with simulators of their own. `suppliers`, `orders`, `invoices`: how much SAP holds."""
    databases.start_broker()  # the rate budgets are shared there
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    settings.OUTGOING_ALLOW_PLAIN_HTTP = True
    with ExitStack() as servers:

        def make(
            customer: Customer = acme, *, suppliers: int = 12, orders: int = 30, invoices: int = 25, **options: Any
        ) -> World:
            sap = SapSimulator()
            much = {"suppliers": suppliers, "orders": orders, "invoices": invoices}
            sap.reset({"seed": 7, "size": "small", "oddities": 0, **much})
            source = servers.enter_context(serve(sap))
            target = servers.enter_context(serve(ServiceTitan(7, [1001, 1002])))
            world = World(customer=customer, sap=source.url, servicetitan=target.url)
            world.connect(**options)
            return world

        yield make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()
