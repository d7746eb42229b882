"""A worker that is stopped for longer than its lease, and goes on after another one has taken over."""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from devservices import programs
from integrations.models import Delivery
from tenants.models import Customer
from tests.faults.installation import QUICK, installation

ORDERS = 200


@pytest.mark.slow
def test_a_worker_paused_beyond_its_lease_doubles_nothing_when_it_goes_on(
    tmp_path: Path, own_database: Any, acme: Customer
) -> None:
    with installation(tmp_path, own_database, acme, orders=ORDERS, calls_per_second=25) as here:
        here.world.make_due("vendors", "purchase-orders")
        here.start_worker()
        here.wait_until(lambda: len(here.world.titan("purchase-orders")) > 20)
        here.supervisor.send("worker", signal.SIGSTOP)
        here.supervisor.start(programs.worker(here.supervisor, "second"))
        time.sleep(float(QUICK["LEASE_SECONDS"]) + 2)  # the point: real time passes while the first one sleeps
        here.supervisor.send("worker", signal.SIGCONT)
        here.wait_until(lambda: here.world.states("purchase-orders") == {"delivered": ORDERS})
        orders = here.world.titan("purchase-orders")
        numbers = Counter(re.findall(r"\b45\d{8}\b", order["summary"])[0] for order in orders)
        assert set(numbers.values()) == {1}
        assert len(numbers) == ORDERS
        assert not here.world.rows(Delivery, state="sending")
