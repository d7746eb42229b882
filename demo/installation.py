"""An installation on this machine: the services, both simulators, a worker, beat and, where wanted, the web pages."""

from __future__ import annotations

import io
import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.remote import Remote
from devservices import postgres, programs, state, valkey
from devservices.processes import Supervisor
from devservices.state import CHECKOUT

CUSTOMER_FILE = CHECKOUT / "demo" / "customer.yaml"
CUSTOMER = "acme"
# The simulators answer at once. A call whose answer is lost is looked for only after its whole time-out.
PATIENCE = {"READ_SECONDS": "2", "LEASE_SECONDS": "60"}
PASSWORD = "canary-demo-password"
# What the simulators accept. The word canary makes a leak easy to search for.
CREDENTIALS = {
    "SAP_USER": "CONNECTOR",
    "SAP_PASSWORD": "canary-sap-password",
    "SERVICETITAN_CLIENT_ID": "cid.canary-1001",
    "SERVICETITAN_CLIENT_SECRET": "cs1.canary-1001",
    "SERVICETITAN_APP_KEY": "ak1.canary-app-key",
    "DEMO_PASSWORD": PASSWORD,
}
APP_GUID = "5c1f0b52-0d0e-4c6f-8f6b-3f1d7a3b9e21"
NEWCOMER = "1002"
"""The tenant of ServiceTitan that no customer of the demo has: whoever signs up connects it."""
# Sound data only: what is unusual is made on purpose (demo/world.py). Lists of ServiceTitan lag by two seconds.
SIMULATOR_OPTIONS = (
    ("--seed", "7", "--size", "small", "--oddities", "0", "--requisitions", "0", "--invoices", "0"),
    ("--seed", "7", "--tenant", "1001", "--tenant", NEWCOMER, "--list-lag", "2"),
)


class Installation:
    """One instance with everything that runs in it. A context manager: at its end nothing of it is left running."""

    def __init__(self, instance: str) -> None:
        """Leftovers of a killed run of this instance are ended here. Raises ServiceError if it runs already."""
        self.instance = instance
        self.directory = state.prepare(instance)
        self.environment = programs.environment(instance, DJANGO_SETTINGS_MODULE="connector.settings", **PATIENCE)
        self.supervisor = Supervisor(self.directory, environment=self.environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.supervisor.stop_all()
        valkey.stop(self.instance)
        postgres.stop(self.instance)

    def start_simulators(self, *, preferred_ports: tuple[int, int] = (0, 0)) -> None:
        """Starts both simulators side by side and waits for their ports."""
        started = []
        for system, options, preferred in zip(("sap", "servicetitan"), SIMULATOR_OPTIONS, preferred_ports, strict=True):
            port = programs.free_port(preferred) if preferred else 0
            program = programs.simulator(system, self.port_file(system), *options, port=port)
            self.supervisor.start(program, wait=False)
            started.append(program)
        for program in started:
            self.supervisor.wait_until_ready(program)
        self.sap, self.servicetitan = (Remote(self.simulator_url(system)) for system in ("sap", "servicetitan"))

    def port_file(self, system: str) -> Path:
        """Where a simulator writes its port."""
        return self.directory / f"{system}.port"

    def simulator_url(self, system: str) -> str:
        """The base URL of a running simulator."""
        return f"http://127.0.0.1:{self.port_file(system).read_text()}"

    def offer_sandbox(self) -> None:
        """Whoever signs up connects ServiceTitan with tenant, client id and secret alone, as at a hosted service."""
        url = self.simulator_url("servicetitan")
        names = {"ST_SANDBOX_API_URL": url, "ST_SANDBOX_SIGN_IN_URL": f"{url}/connect/token"}
        app = {"ST_APP_KEY": CREDENTIALS["SERVICETITAN_APP_KEY"], "ST_EXTERNAL_DATA_GUID": APP_GUID}
        self.environment.update(names | app)
        self.supervisor.environment.update(names | app)

    def start_services(self) -> None:
        """PostgreSQL with an empty, migrated database, and an empty broker. Django is set up in this process."""
        postgres.start(self.instance)
        valkey.start(self.instance)
        postgres.empty(self.instance)
        valkey.empty(self.instance)
        os.environ.update(self.environment)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate_customers", stdout=io.StringIO())

    def create_customer(self) -> None:
        """The demo customer, from the same YAML file that `manage.py apply` takes."""
        from django.core.management import call_command

        urls = {"SAP_URL": self.simulator_url("sap"), "SERVICETITAN_URL": self.simulator_url("servicetitan")}
        os.environ.update({**CREDENTIALS, **urls})
        call_command("apply", str(CUSTOMER_FILE), stdout=io.StringIO())

    def create_api_key(self) -> str:
        """A key of the demo customer that may do everything; valid until the next start empties the database."""
        from django.db import transaction
        from django.utils import timezone

        from integrations import api_keys
        from integrations.audit import Actor
        from tenants.models import Customer
        from tenants.schema import within

        who = Actor(kind="program", id="make up", label="make up")
        with within(Customer.objects.get(schema_name=CUSTOMER)), transaction.atomic():
            made = api_keys.create(name="make up", scope="configure", expires_at=None, actor=who, now=timezone.now())
            return made[2]

    def start_workers(self) -> None:
        """Starts the worker and beat; they are ready some seconds later (`wait_for_workers`)."""
        self._workers = [programs.worker(self.supervisor), programs.beat(self.supervisor)]
        for program in self._workers:
            self.supervisor.start(program, wait=False)

    def wait_for_workers(self) -> None:
        """Returns once the worker and beat run: from here on the schedule does the work."""
        for program in self._workers:
            self.supervisor.wait_until_ready(program)

    def write_environment(self) -> Path:
        """Writes what a shell needs for `manage.py` on this instance; returns the file to be sourced."""
        names = ("DATABASE_URL", "BROKER_URL", "DEVELOPMENT", "OUTGOING_ALLOW", "OUTGOING_ALLOW_PLAIN_HTTP", *PATIENCE)
        lines = [f"export {name}={shlex.quote(self.environment[name])}\n" for name in names]
        path = self.directory / "environment"
        path.write_text("".join(lines))
        return path

    def start_web(self, preferred_port: int) -> str:
        """The web pages; returns their URL."""
        port = programs.free_port(preferred_port)
        self.supervisor.start(programs.web(port))
        return f"http://localhost:{port}"

    def fail_if_something_ended(self) -> None:
        """Raises SystemExit, naming the program and its log, if one ended by itself."""
        for name in self.supervisor.ended():
            log = self.supervisor.log(name)
            sys.exit(f"{name} ended by itself. The end of {log}:\n{log.read_text()[-3000:]}")


def wait_for(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Returns once `condition()` holds; leaves with `what` where it does not within that time."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            sys.exit(f"This did not happen within {seconds:.0f} seconds: {what}.")
        time.sleep(0.2)
