"""`python -m tests.faults.processes.upgrade REVISION...`: an installation is upgraded while it works.

The first revision is installed; then each further one, and this checkout last, is put in its place as docs/deploy.md
says. Meanwhile orders and invoices arrive in SAP, programs call the API, people look at pages, and a probe asks whether
the web process lives. Exit code 0 only if everything is exact in the end and no call was refused. Takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import yaml

from devservices import postgres, programs, state, urls, valkey
from devservices.processes import Supervisor
from tests.faults.processes import books
from tests.faults.processes.callers import Callers
from tests.faults.processes.people import People
from tests.faults.processes.releases import Machine, listen, release
from tests.faults.processes.stage import CUSTOMERS, FLOWS, INSTANCE, KEYS, LIST_LAG, QUICK

if TYPE_CHECKING:
    from tests.journeys.world import World

ROLE = "connector_web"
HOST = "connector.example.com"
PASSWORD = "OnlyForCanaries1"
ENVIRONMENT = {
    **KEYS,
    **QUICK,
    "DJANGO_SETTINGS_MODULE": "connector.settings",
    "ENV_FILE": os.devnull,
    "DEVELOPMENT": "off",
    "PUBLIC_HOST": HOST,
    "WEB_DATABASE_ROLE": ROLE,
    "API_CALLS_PER_MINUTE": "60000",
    "OLGA_PASSWORD": PASSWORD,
    "SAP_USER": "CONNECTOR",
    "SAP_PASSWORD": "canary-sap-password",
}
QUIET_SECONDS = 300.0
MAKE_KEY = """
from django.db import transaction
from django.utils import timezone
from integrations import api_keys
from integrations.audit import Actor
from tenants.models import Customer
from tenants.schema import within
who = Actor(kind="program", id="upgrade", label="upgrade")
with within(Customer.objects.get(schema_name="acme")), transaction.atomic():
    print(api_keys.create(name="load", scope="operate", expires_at=None, actor=who, now=timezone.now())[2])
"""


def main() -> int:
    """The exit code."""
    given = _arguments()
    began_at = time.monotonic()
    with installation(given.revisions[0], given.seed, given.records) as (machine, worlds, directory):
        found = play(machine, worlds, directory, given)
    found["seconds"] = round(time.monotonic() - began_at)
    print(json.dumps(found, indent=1))
    return 1 if found["problems"] or found["wrong"] or not found["quiet"] else 0


def play(machine: Machine, worlds: list[World], directory: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Upgrade after upgrade under load, then quiet, then the books."""
    everybody = [People.of(world, given.seed, given.records // len(worlds)) for world in worlds]
    callers = Callers(machine.url)
    key = machine.manage(machine.current, "shell", "-c", MAKE_KEY).split()[-1]
    olga = callers.person(f"globex.{HOST}", "olga@globex.example", PASSWORD)
    clerks = [clerk(people, random.Random(f"{given.seed}/{turn}")) for turn, people in enumerate(everybody)]
    before = migrations()
    with callers.calling(callers.probe(), callers.program(f"acme.{HOST}", key), olga):
        with callers.calling(*clerks):
            for revision in (*given.revisions[1:], ""):
                for line in machine.upgrade(release(revision, directory)):
                    say(line)
        for number, people in enumerate(everybody):
            people.act(1, random.Random(number))
        quiet = _until_quiet(everybody)
    return {
        "upgrades": len(given.revisions),
        "migrated": sorted(migrations() - before),
        "records": sum(sum(books.counts(people).values()) for people in everybody),
        "further_versions": sum(people.versions for people in everybody),
        "calls": dict(callers.calls),
        "longest_call_seconds": round(callers.longest, 1),
        "wrong": callers.wrong,
        "ended": machine.supervisor.ended(),
        "quiet": quiet,
        "problems": [line for people in everybody for line in books.problems(people)],
    }


def clerk(people: People, chance: random.Random) -> Callable[[], Iterator[None]]:
    """Enters a few orders and invoices, and changes some, about once a second."""

    def once() -> Iterator[None]:
        people.act(0.02, chance)
        for _ in range(20):
            yield

    return once


def migrations() -> set[str]:
    """What public and a customer's schema have, as "schema: app/migration"."""
    with psycopg.connect(urls.postgres_dsn(INSTANCE)) as connection:
        asked = "SELECT '{0}: ' || app || '/' || name FROM {0}.django_migrations"
        return {name for place in ("public", "acme") for (name,) in connection.execute(asked.format(place))}


def _until_quiet(everybody: list[People]) -> bool:
    """Lets everything come to its end."""
    limit, since = time.monotonic() + QUIET_SECONDS, datetime.now(UTC)
    while time.monotonic() < limit:
        if all(books.is_quiet(people, since) for people in everybody):
            return True
        time.sleep(1)
    return False


# The installation, as the release that is installed first makes it


@contextmanager
def installation(revision: str, seed: int, records: int) -> Iterator[tuple[Machine, list[World], Path]]:
    """Everything started, both customers connected. At the end nothing of it is left running."""
    directory = state.prepare(INSTANCE)
    shutil.rmtree(directory / "releases", ignore_errors=True)
    for logs in (directory / "logs").glob("*.log"):
        logs.unlink()
    environment = programs.environment(INSTANCE, **ENVIRONMENT)
    with Supervisor(directory, environment=environment) as supervisor, listen() as listener:
        try:
            _services()
            machine = Machine(supervisor, listener, {"DATABASE_URL": _as_web(), "STATEMENT_TIMEOUT": "30"})
            tree = machine.current = release(revision, directory)
            for words in (["collectstatic", "--noinput"], ["migrate_customers"]):
                machine.manage(tree, *words)
            places = _simulators(supervisor, directory, seed, suppliers=max(4, records // 100))
            _set_up_django(environment)
            worlds = [_customer(machine, directory, name, places) for name in CUSTOMERS]
            for unit in ("worker", "teller", "beat", "web"):
                machine.restart(unit)
            yield machine, worlds, directory
        finally:
            supervisor.stop_all()
            valkey.stop(INSTANCE)
            postgres.stop(INSTANCE)


def _services() -> None:
    """PostgreSQL and the broker, both empty, and the role of web processes."""
    valkey.stop(INSTANCE)
    shutil.rmtree(state.root(INSTANCE) / "valkey", ignore_errors=True)
    postgres.start(INSTANCE)
    valkey.start(INSTANCE)
    postgres.empty(INSTANCE)
    with psycopg.connect(urls.postgres_dsn(INSTANCE), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(f"CREATE ROLE {ROLE} LOGIN")


def _as_web() -> str:
    return urls.database_url(INSTANCE).replace("postgres://postgres@", f"postgres://{ROLE}@")


def _simulators(supervisor: Supervisor, directory: Path, seed: int, *, suppliers: int) -> dict[str, str]:
    """Their addresses. They stand for systems of others, and are not upgraded."""
    tenants = [word for tenant in CUSTOMERS.values() for word in ("--tenant", str(tenant))]
    options = {"servicetitan": ("--seed", "7", "--list-lag", str(LIST_LAG), *tenants)}
    for place, name in enumerate(CUSTOMERS):
        size = ("--suppliers", str(suppliers), "--orders", "0", "--invoices", "0", "--requisitions", "0")
        options[f"sap-{name}"] = ("--seed", str(seed * 10 + place), *size, "--oddities", "0")
    places = {}
    for name, given in options.items():
        port = directory / f"{name}.port"
        supervisor.start(replace(programs.simulator(name.partition("-")[0], port, *given), name=name))
        places[name] = f"http://127.0.0.1:{port.read_text()}"
    return places


def _set_up_django(environment: dict[str, str]) -> None:
    """In this process, which looks at the books in the end; nothing of the database is read before."""
    os.environ.update(environment)
    import django

    django.setup()


def _customer(machine: Machine, directory: Path, name: str, places: dict[str, str]) -> World:
    """Made by the release that is installed, from a file, as its `apply` takes it."""
    from tenants.models import Customer
    from tests.journeys.world import World

    stand_in = Customer(schema_name=name, name=name)
    world = World(stand_in, places[f"sap-{name}"], places["servicetitan"], CUSTOMERS[name])
    maps: dict[str, dict[str, dict[str, str]]] = {}
    retired = {str(row["id"]) for kind in ("materials", "equipment") for row in world.titan(kind) if not row["active"]}
    for each, code, value in world.map_rows():
        if value in retired:  # a file that maps to one is refused; what is not mapped goes to the catch-all
            continue
        maps.setdefault(each, {"rows": {}})["rows"][code] = value
    file = directory / f"{name}.yaml"
    file.write_text(yaml.safe_dump({**_described(world), "maps": maps}))
    secrets = {
        "CLIENT_ID": f"cid.canary-{world.tenant}",
        "CLIENT_SECRET": f"cs1.canary-{world.tenant}",
        "APP_KEY": "ak1.canary-app-key",
    }
    machine.supervisor.environment.update(secrets)
    machine.manage(machine.current, "apply", str(file))
    return world


def _described(world: World) -> dict[str, Any]:
    name = world.customer.schema_name
    return {
        "customer": {"schema": name, "name": name.title(), "time_zone": "America/Chicago"},
        "people": [{"email": f"olga@{name}.example", "role": "owner", "password": {"env": "OLGA_PASSWORD"}}],
        "connections": {
            "sap": {
                "system": "sap",
                "environment": "sandbox",
                "base_url": world.sap,
                "options": {"calls_per_second": 40},
                "credentials": {"username": {"env": "SAP_USER"}, "password": {"env": "SAP_PASSWORD"}},
            },
            "servicetitan": {
                "system": "servicetitan",
                "environment": "sandbox",
                "base_url": world.servicetitan,
                "options": {
                    "servicetitan_tenant_id": str(world.tenant),
                    "token_url": f"{world.servicetitan}/connect/token",
                    "external_data_guid": "7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11",
                    "list_lag_seconds": LIST_LAG,
                    "calls_per_second": 40,
                },
                "credentials": {word.lower(): {"env": word} for word in ("CLIENT_ID", "CLIENT_SECRET", "APP_KEY")},
            },
        },
        "syncs": {
            flow: {"schedule": {"every": "10s"}, "options": world.order_options() if flow == FLOWS[1] else {}}
            for flow in FLOWS
        },
    }


def say(text: str) -> None:
    """A line for whoever watches."""
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.processes.upgrade", description=__doc__)
    parser.add_argument("revisions", nargs="+", help="git revisions, the oldest first; this checkout is the last")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=600, help="over both customers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
