"""Real processes for fault tests: both simulators, beat and workers on a database and a broker of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devservices import programs, urls, valkey
from devservices.processes import Supervisor
from tenants.models import Customer
from tests.journeys.world import World

# Short, so that a killed worker's leftovers are looked for within seconds.
QUICK = {"READ_SECONDS": "2", "LEASE_SECONDS": "13", "WORK_SECONDS": "5"}


@dataclass
class Installation:
    """One customer between two simulators, with beat and one worker."""

    supervisor: Supervisor
    world: World

    def start_worker(self) -> None:
        self.supervisor.start(programs.worker(self.supervisor))

    def kill_worker(self) -> None:
        """SIGKILL for the worker and its children: no handler runs, nothing is cleaned up."""
        self.supervisor.kill("worker")

    def wait_until(self, condition: Callable[[], bool], *, seconds: float = 240) -> None:
        """Returns when the condition holds; fails with the worker's log if it takes too long."""
        limit = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < limit, self.supervisor.log("worker").read_text()[-4000:]
            time.sleep(0.1)


@contextmanager
def installation(
    directory: Path, database: Any, customer: Customer, *, orders: int, **options: Any
) -> Iterator[Installation]:
    instance = "faults"
    valkey.start(instance)
    valkey.empty(instance)
    environment = {
        **database.environment,
        **QUICK,
        "BROKER_URL": urls.broker_url(instance),
        "OUTGOING_ALLOW": programs.LOOPBACK,
        "OUTGOING_ALLOW_PLAIN_HTTP": "on",
    }
    try:
        with Supervisor(directory, environment=environment) as supervisor:
            sap, titan = directory / "sap.port", directory / "servicetitan.port"
            size = ("--seed", "7", "--suppliers", "20", "--orders", str(orders), "--oddities", "0")
            supervisor.start(programs.simulator("sap", sap, *size))
            lagging = ("--seed", "7", "--tenant", "1001", "--list-lag", "1")
            supervisor.start(programs.simulator("servicetitan", titan, *lagging))
            world = World(customer, f"http://127.0.0.1:{sap.read_text()}", f"http://127.0.0.1:{titan.read_text()}")
            world.connect(list_lag_seconds=1, **options)
            supervisor.start(programs.beat(supervisor))
            yield Installation(supervisor, world)
    finally:
        valkey.stop(instance)
