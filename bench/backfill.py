"""Does a first load of 100,000 records cost more per record, or more memory, than one of 1,000?

SAP is a stand-in within the process that makes each page when it is asked for, so that what is measured is reading,
versions, ledger and cursor; what a delivery costs is told by `bench.orders`, and does not depend on how many there are.
Each size runs in a process of its own, and its memory is the highest that process ever had.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bench import stage
from bench.question import Curve, Figure, Options
from integrations.engine import poll
from integrations.flow import Change, Page
from integrations.flows.purchase_orders import FLOW
from integrations.models import Delivery
from integrations.running import CustomerSchedule, NoLease, utc_now, work_for
from tenants.schema import within

LONG = True
SIZES = (1_000, 10_000, 30_000, 100_000)
PAGE = 50
SAMPLE = 50
START = "import django; django.setup(); from bench.backfill import measure; measure({})"


def ask(options: Options) -> Iterable[Figure | Curve]:
    """Time per record and memory, the largest size against the smallest; both as curves."""
    sizes = [options.size(size, least=200) for size in SIZES]
    measured = {size: _elsewhere(size) for size in sizes}
    per_record = {size: 1e6 * one["cpu"] / size for size, one in measured.items()}
    memory = {size: one["memory"] for size, one in measured.items()}
    small, large = sizes[0], sizes[-1]
    note = f"{large:,} against {small:,} records"
    time_ratio, memory_ratio = per_record[large] / per_record[small], memory[large] / memory[small]
    yield Figure(
        what="CPU per record of a first load, large to small", values=[time_ratio], limit=1.2, note=note, row="growth"
    )
    yield Figure(
        what="memory of the worker in a first load, large to small",
        values=[memory_ratio],
        limit=1.1,
        note=note,
        row="memory",
    )
    yield Figure(
        what="PostgreSQL's CPU per record, large", values=[1e6 * measured[large]["database"] / large], unit="us"
    )
    lines = {
        "worker": [(float(size), per_record[size]) for size in sizes],
        "PostgreSQL": [(float(size), 1e6 * measured[size]["database"] / size) for size in sizes],
    }
    yield Curve(
        name="time-per-record", title="A first load", x="records", y="microseconds of CPU per record", lines=lines
    )
    grown = {"worker": [(float(size), memory[size] / 1024) for size in sizes]}
    yield Curve(name="memory-in-backfill", title="Memory in a first load", x="records", y="MB at most", lines=grown)


def _elsewhere(size: int) -> dict[str, float]:
    """The load of one size in a process that does nothing else."""
    command = [sys.executable, "-c", START.format(size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(size: int) -> None:
    """Loads so many orders and prints CPU seconds (ours, PostgreSQL's) and the most memory in kB, as JSON."""
    with stage.database(), stage.world(orders=SAMPLE) as world:
        (sync,) = world.make_due("purchase-orders")
        with within(world.customer):
            work = work_for(sync, Endless(), CustomerSchedule(world.customer.pk), utc_now)
            made = next(iter(FLOW.reader.pages(work.source, {}, overlap=0.0, full=True))).changes
            work.limits = replace(work.limits, task_seconds=1e9)
            work.flow = Loading(made, size)  # type: ignore[assignment]
            began, database = time.process_time(), stage.database_cpu()
            poll(work)
            spent = {"cpu": time.process_time() - began, "database": stage.database_cpu() - database}
            stored = Delivery.objects.filter(sync=sync).count()
    if stored != size:
        raise SystemExit(f"{stored} of {size} records were stored; nothing was measured.")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps({**spent, "memory": peak}) + "\n")


class Endless(NoLease):
    """A lease that nobody takes away."""

    until = datetime.max.replace(tzinfo=UTC)

    def hold(self) -> None:
        """It is held."""


class Loading:
    """The flow of purchase orders with a source that makes so many orders of a few that were read."""

    def __init__(self, made: Sequence[Change], size: int) -> None:
        self._made, self._size = made, size
        self.reader = self

    def __getattr__(self, name: str) -> Any:
        return getattr(FLOW, name)

    def pages(self, client: Any, cursor: Any, *, overlap: float, full: bool = False) -> Iterator[Page]:
        """Each page is made when it is asked for, and nobody keeps it."""
        for start in range(0, self._size, PAGE):
            changes = tuple(self._one(number) for number in range(start, min(start + PAGE, self._size)))
            yield Page(changes, {"at": start}, more=start + PAGE < self._size)

    def seconds_behind(self, stamp: str, cursor: Any) -> float:
        """Nothing is late in a first load."""
        return 0.0

    def _one(self, number: int) -> Change:
        like = self._made[number % len(self._made)]
        return Change(f"9{number:09}", like.stamp, {**like.row, "PurchaseOrder": f"9{number:09}"})
