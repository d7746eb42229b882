"""`make up`: everything, web pages included, until Ctrl-C; and `make down` for what a killed one left behind."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType

from demo.installation import CREDENTIALS, CUSTOMER, NEWCOMER, PASSWORD, Installation
from demo.story import bend
from demo.world import World
from devservices import postgres, state, valkey
from devservices.processes import end_leftovers, end_supervisor

WEB_PORT, SAP_PORT, SERVICETITAN_PORT = 8000, 8081, 8082
OWNER = "owner@acme.example"

READY = """
  pages          {web}          sign in as {owner}, password {password}
  customer       {customer_web}
  begin anew     {web}/sign-up/   the mail with the link stands in {directory}/logs/web.log; connect
                 SAP at {sap} as {sap_user}, password {sap_password}, and ServiceTitan,
                 tenant {tenant}, client id cid.canary-{tenant}, client secret cs1.canary-{tenant}
  SAP            {sap}/_control/state
  ServiceTitan   {servicetitan}/_control/state
  API            export KEY={key}
                 curl -H "Authorization: Bearer $KEY" {customer_web}/api/v1/customer     (docs/api.md)
  logs           {directory}/logs/
  by hand        source {environment}
                 .venv/bin/python manage.py sync|replay|reconcile {customer}

The simulators hold their data in memory, so everything begins anew with the next `make up`.
Ctrl-C stops it."""


def up() -> int:
    """Starts everything and stays until SIGINT or SIGTERM. Returns 1 if a process ended by itself."""
    asked_to_stop = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        asked_to_stop.set()

    # A background shell starts its children with SIGINT ignored: both signals are handled, whatever was inherited.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with Installation("main") as installation:
        start(installation)
        while not asked_to_stop.wait(1.0):
            installation.fail_if_something_ended()
    print("Stopped.")
    return 0


def start(installation: Installation) -> None:
    """Starts the processes and says where they are."""
    began = time.monotonic()
    print("Starting ...", flush=True)
    installation.start_simulators(preferred_ports=(SAP_PORT, SERVICETITAN_PORT))
    installation.offer_sandbox()
    bend(World(installation.sap, installation.servicetitan))
    installation.start_services()
    installation.start_workers()
    installation.create_customer()
    installation.wait_for_workers()
    web = installation.start_web(WEB_PORT)
    print(f"Everything runs after {time.monotonic() - began:.0f} s.")
    print(
        READY.format(
            web=web,
            customer_web=web.replace("localhost", f"{CUSTOMER}.localhost"),
            owner=OWNER,
            password=PASSWORD,
            sap=installation.sap.url,
            sap_user=CREDENTIALS["SAP_USER"],
            sap_password=CREDENTIALS["SAP_PASSWORD"],
            tenant=NEWCOMER,
            servicetitan=installation.servicetitan.url,
            key=installation.create_api_key(),
            directory=installation.directory,
            environment=installation.write_environment(),
            customer=CUSTOMER,
        ),
        flush=True,
    )


def down() -> int:
    """Stops every instance: a running `make up` or `make demo`, what a killed one left, and the services."""
    for instance in state.INSTANCES:
        record = state.root(instance) / "processes.json"
        end_supervisor(record)
        for name in end_leftovers(record):
            print(f"{instance}: {name} stopped")
        valkey.stop(instance)
        postgres.stop(instance)
    return 0


def main(arguments: list[str]) -> int:
    """`python -m demo run|up|down`."""
    from demo.run import run

    doors = {"run": run, "up": up, "down": down}
    if len(arguments) != 1 or arguments[0] not in doors:
        print("python -m demo run|up|down", file=sys.stderr)
        return 2
    try:
        return doors[arguments[0]]()
    except state.ServiceError as error:
        print(error, file=sys.stderr)
        return 1
