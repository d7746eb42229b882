"""An installation of its own: PostgreSQL, broker, beat, two workers, three simulators and two customers."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from devservices import postgres, programs, state, valkey
from devservices.processes import Program, Supervisor

if TYPE_CHECKING:
    from tests.journeys.world import World

INSTANCE = "processes"
CUSTOMERS = {"acme": 1001, "globex": 1002}
WORKERS = ("one", "two")
FLOWS = ("vendors", "purchase-orders", "supplier-invoices")
# One ring for all trees: in development each would make keys of its own.
KEYS = {
    "SECRET_KEY": "canary-secret-key-of-more-than-fifty-characters-for-this-test",
    "FIELD_KEYS": "Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2E=",
    "AUDIT_KEYS": "YXVkaXQtY2FuYXJ5LWF1ZGl0LWNhbmFyeS1hdWRpdC0=",
}
# Short, so that what a killed worker left behind is looked for within seconds.
QUICK = {"READ_SECONDS": "3", "LEASE_SECONDS": "14", "WORK_SECONDS": "5"}
LIST_LAG = 1
CALLS_PER_SECOND = 40
PATIENCE = 90.0
T = TypeVar("T")


class Stage:
    """The running installation. `world(name)` is a customer between their two systems."""

    def __init__(self, supervisor: Supervisor, worlds: dict[str, World], directory: Path) -> None:
        self.supervisor, self.worlds, self.directory = supervisor, worlds, directory
        self.restarted: Counter[str] = Counter()
        self.out: set[str] = set()  # what is down on purpose
        self.older: Path | None = None  # a tree of an older version, whose code the first worker runs

    # Processes

    def start(self, name: str) -> None:
        """Starts one of the four kinds of things that can be down: "database", "broker", "beat", "workers"."""
        self.out.discard(name)
        if name == "database":
            postgres.start(INSTANCE)
        elif name == "broker":
            valkey.start(INSTANCE)
        else:
            for program in self.programs(name):
                if not self.supervisor.alive(program):
                    self.forget(program)
                    self.launch(program)

    def programs(self, name: str) -> tuple[str, ...]:
        """The programs of a kind."""
        return WORKERS if name == "workers" else (name,)

    def launch(self, program: str, *, wait: bool = False) -> None:
        """Starts beat or a worker, mostly without waiting for it: what it needs may be down."""
        made = programs.beat(self.supervisor) if program == "beat" else programs.worker(self.supervisor, program)
        if self.older is not None and program == WORKERS[0]:
            made = of_tree(made, self.older)
        self.supervisor.start(made, wait=wait)

    def forget(self, program: str) -> None:
        """One that ended by itself is taken off the list."""
        if program in self.supervisor.ended():
            self.supervisor.kill(program)

    def keep(self) -> None:
        """What ended by itself is started again, as any service manager would."""
        for program in self.supervisor.ended():
            self.restarted[program] += 1
            self.forget(program)
            kind = "workers" if program in WORKERS else program
            if kind not in self.out:
                self.launch(program)

    def wait(self, seconds: float) -> None:
        """Lets time pass, and keeps everything running that should."""
        limit = time.monotonic() + seconds
        while (left := limit - time.monotonic()) > 0:
            self.keep()
            time.sleep(min(0.2, left))

    # The campaign's own questions, which come while the database may be away

    def patiently(self, ask: Callable[[], T]) -> T:
        """The answer, asked again for a while if the database is not there."""
        from django.db import InterfaceError, OperationalError, connections

        limit = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except (OperationalError, InterfaceError):
                connections.close_all()
                if time.monotonic() > limit:
                    raise
                self.wait(0.5)


def of_tree(program: Program, tree: Path) -> Program:
    """The same program with the code of another tree. It works there: Celery puts where it works before all else."""
    return replace(program, directory=tree, environment={"PYTHONPATH": str(tree)})


def tree_of(revision: str, directory: Path) -> Path:
    """The files of an older revision, beside the logs. Raises CalledProcessError where there is no such history."""
    tree = directory / "older"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    packed = subprocess.run(["git", "archive", revision], cwd=state.CHECKOUT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(tree, filter="data")
    with (tree / "integrations" / "tasks.py").open("a") as tasks:  # so that a log tells whose code it is
        tasks.write('\nprint(f"the code of {__file__}", flush=True)\n')
    return tree


def runs(supervisor: Supervisor, program: str, tree: Path) -> bool:
    """Whether a worker has said that it is the code of this tree."""
    return f"the code of {tree}/" in supervisor.log(program).read_text()


@contextmanager
def stage(seed: int, records: int, *, older: str = "") -> Iterator[Stage]:
    """Everything started, both customers connected, nothing read yet. At the end nothing of it is left running.

    `older` is a git revision whose code the first worker runs, beside the new code and on the new schema.
    """
    directory = state.prepare(INSTANCE)
    for logs in (directory / "logs").glob("*.log"):
        logs.unlink()
    environment = programs.environment(INSTANCE, DJANGO_SETTINGS_MODULE="tests.settings", **KEYS, **QUICK)
    with Supervisor(directory, environment=environment) as supervisor:
        try:
            _services(environment)
            worlds = _worlds(supervisor, directory, seed, suppliers=max(4, records // 50))
            made = Stage(supervisor, worlds, directory)
            made.older = tree_of(older, directory) if older else None
            for name in ("beat", *WORKERS):
                made.launch(name, wait=True)
            if made.older and not runs(supervisor, WORKERS[0], made.older):
                raise RuntimeError(f"The first worker does not run the code of {older}.")
            yield made
        finally:
            supervisor.stop_all()
            valkey.stop(INSTANCE)
            postgres.stop(INSTANCE)


def _services(environment: dict[str, str]) -> None:
    """PostgreSQL and the broker, both empty; Django is set up in this process, and the database migrated."""
    valkey.stop(INSTANCE)
    shutil.rmtree(state.root(INSTANCE) / "valkey", ignore_errors=True)
    postgres.start(INSTANCE)
    valkey.start(INSTANCE)
    postgres.empty(INSTANCE)
    os.environ.update(environment)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate_customers", stdout=io.StringIO())


def _worlds(supervisor: Supervisor, directory: Path, seed: int, *, suppliers: int) -> dict[str, World]:
    from tenants.provision import create_customer
    from tests.journeys.world import World

    urls = {}
    tenants = [word for tenant in CUSTOMERS.values() for word in ("--tenant", str(tenant))]
    options = {"servicetitan": ("--seed", "7", "--list-lag", str(LIST_LAG), *tenants)}
    for place, name in enumerate(CUSTOMERS):
        size = ("--suppliers", str(suppliers), "--orders", "0", "--invoices", "0", "--requisitions", "0")
        options[f"sap-{name}"] = ("--seed", str(seed * 10 + place), *size, "--oddities", "0")
    for name, given in options.items():
        port = directory / f"{name}.port"
        program = programs.simulator(name.partition("-")[0], port, *given)
        supervisor.start(type(program)(name, program.command, ready=program.ready))
        urls[name] = f"http://127.0.0.1:{port.read_text()}"
    worlds = {}
    for name, tenant in CUSTOMERS.items():
        customer = create_customer(schema_name=name, name=name)
        worlds[name] = World(customer, urls[f"sap-{name}"], urls["servicetitan"], tenant)
        _connect(worlds[name])
    return worlds


def _connect(world: World) -> None:
    from django_tenants.utils import schema_context

    from integrations.models import Sync
    from integrations.running import utc_now
    from tenants import schedule
    from tests.journeys.payables import Payables

    world.connect(list_lag_seconds=LIST_LAG, calls_per_second=CALLS_PER_SECOND)
    Payables(world).add(FLOWS[2], "sap", "servicetitan", {})
    with schema_context(world.customer.schema_name):
        for sync in Sync.objects.all():
            sync.schedule = {"every": "10s"}
            sync.options = {**sync.options, "overlap_seconds": 15}
            sync.save()
            schedule.ensure(customer_id=world.customer.pk, sync_id=sync.pk, due_at=utc_now())
            schedule.make_due(customer_id=world.customer.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
