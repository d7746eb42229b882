"""`make demo`: the main job from an empty database to two books that agree."""

from __future__ import annotations

import time

from demo.books import Books, utc_now
from demo.installation import CUSTOMER, Installation
from demo.scenario import Scenario
from demo.story import bend
from demo.world import World

FURTHER = """
How to look further
===================
  {state}/logs/   what the worker, beat and the simulators said
  make up   the same customer with web pages, until Ctrl-C; it says how to use manage.py sync, replay and reconcile"""


def run() -> int:
    """Plays the demo; returns 0 only if everything was exactly as it has to be."""
    began = time.monotonic()
    with Installation("demo") as installation:
        print("Starting PostgreSQL, Valkey, both simulators ...", flush=True)
        installation.start_simulators()
        world = World(installation.sap, installation.servicetitan)
        chapters = bend(world)
        installation.start_services()
        print("Creating the demo customer, starting a worker and beat ...", flush=True)
        began_at = utc_now()
        installation.start_workers()
        installation.create_customer()
        installation.wait_for_workers()
        print(f"Everything runs after {time.monotonic() - began:.0f} s. From here on the schedule does the work.")
        code = Scenario(installation, Books(CUSTOMER), world, chapters).play(began_at)
        print(FURTHER.format(state=installation.directory))
    print(f"\nThe demo took {time.monotonic() - began:.0f} s.")
    return code
