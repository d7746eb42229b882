"""What do dlt and Singer's SDK use for the same purchase orders, and what becomes of lost answers and refused records?

Both run as their documentation shows (`bench/peer_tools`), in an environment of their own; the bare loop and the
product do the same in the same run. They are handed each order's body, so that no time of theirs goes into making it,
and their CPU is told without what starting Python and importing takes; that is told apart. After an error a tool is
started again, as its scheduler would, at most `STARTS` times, and three times where it is always the same error. What
came of faults is counted in the simulator.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings

from bench import stage
from bench.bare import EXPAND, PAGE, Loop
from bench.orders import SIDE_BY_SIDE, deliver
from bench.question import Figure, NotAsked, Options
from integrations.models import Attempt
from tenants.schema import within
from tests.journeys.world import World

LONG = True
TOOLS = Path(__file__).resolve().parent / "peer_tools"
PYTHON = Path(os.environ.get("PEERS_PYTHON") or ".state/peers-venv/bin/python").absolute()
GET = f"python3 -m venv .state/peers-venv && .state/peers-venv/bin/pip install -r {TOOLS.name}/requirements.txt"
LOST = 25
STARTS, STARTS_BESIDE_A_REFUSED_ONE = 60, 3
ORDERS = "/purchase-orders"


def ask(options: Options) -> Iterable[Figure]:
    """CPU and wall of 1,000 orders, CPU of a run that finds nothing new; doubles after lost answers, what lacks."""
    _are_there()
    orders = options.size(1000, least=50)
    yield from _costs(orders, options.rounds)
    yield from _after_lost_answers(orders, min(LOST, orders // 4))
    yield from _beside_a_refused_one(options.size(200, least=40))


def _are_there() -> None:
    try:
        subprocess.run([PYTHON, "-c", "import dlt, singer_sdk"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotAsked(
            f"dlt and singer-sdk are not in {PYTHON}; {GET.replace('peer_tools', 'bench/peer_tools')}"
        ) from error


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one run, in seconds: CPU of the work, CPU with start and imports, wall; whether it said that it succeeded."""

    cpu: float
    whole: float
    wall: float
    is_done: bool = True


class Tool:
    """One of them, with a job: `folder` keeps its state from one run to the next."""

    def __init__(self, name: str, world: World, folder: Path) -> None:
        self.name, self._folder, self._state = name, folder, folder / "state.json"
        self._job, self._report = folder / "job.json", folder / "report"
        loop = Loop.after(world, side_by_side=SIDE_BY_SIDE)
        given = {
            "read_url": loop.read_url,
            "expand": EXPAND,
            "page": PAGE,
            "user": "CONNECTOR",
            "password": "canary-sap-password",
            "post_url": loop.posts[0][0],
            "token": loop.token,
            "app_key": "ak1.canary-app-key",
            "bodies": bodies(world),
            "side_by_side": SIDE_BY_SIDE,
            "folder": str(folder),
            "report": str(self._report),
        }
        self._job.write_text(json.dumps(given))
        (folder / "config.json").write_text("{}")

    def run(self) -> Spent:
        """Once, as a scheduler would."""
        self._report.write_text("")
        before, wall = _children(), time.perf_counter()
        is_done = self._singer() if self.name == "singer-sdk" else self._dlt()
        whole, wall = _children() - before, time.perf_counter() - wall
        cpu = sum(json.loads(line)["cpu"] for line in self._report.read_text().splitlines())
        return Spent(cpu, whole, wall, is_done)

    def until_done(self, most: int) -> str:
        """How many starts it took until it said that it succeeded, or that it never did."""
        for number in range(1, most + 1):
            if self.run().is_done:
                return f"{number} starts"
        return f"given up after {most} starts"

    def _dlt(self) -> bool:
        return subprocess.run(self._command("with_dlt.py"), check=False, stderr=subprocess.DEVNULL).returncode == 0

    def _singer(self) -> bool:
        """The target's last state is what the next tap starts from."""
        config = ["--config", str(self._folder / "config.json")]
        known = ["--state", str(self._state)] if self._state.exists() else []
        tap_command = self._command("singer_tap.py", *config, *known)
        target_command = self._command("singer_target.py", *config)
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        with (
            subprocess.Popen(tap_command, stdout=pipe, stderr=nothing) as tap,
            subprocess.Popen(target_command, stdin=tap.stdout, stdout=pipe, stderr=nothing) as target,
        ):
            if tap.stdout:
                tap.stdout.close()  # so that the tap ends when the target does
            told = target.communicate()[0].splitlines()
        if told:
            self._state.write_bytes(told[-1])
        return tap.returncode == 0 and target.returncode == 0

    def _command(self, script: str, *options: str) -> list[str]:
        return [str(PYTHON), str(TOOLS / script), str(self._job), *options]


def bodies(world: World) -> dict[str, str]:
    """What the product has posted, by purchase order."""
    where = {"kind": "write", "step__action": "create", "step__delivery__sync__flow": "purchase-orders"}
    with within(world.customer):
        sent = Attempt.objects.filter(**where, exchange__isnull=False).select_related("step__delivery")
        return {one.step.delivery.source_key: one.exchange["request_body"] for one in sent if one.exchange}


def _costs(orders: int, rounds: int) -> Iterator[Figure]:
    found: dict[str, list[Spent]] = {"the product": [], "the bare loop": [], "dlt": [], "singer-sdk": []}
    nothing: dict[str, list[Spent]] = {"dlt": [], "singer-sdk": []}
    for _ in range(rounds):
        with stage.database(), stage.world(orders=orders, side_by_side=SIDE_BY_SIDE) as world:
            ours = deliver(world, orders)
            found["the product"].append(Spent(ours.cpu, ours.cpu, ours.wall))
            loop, wall = Loop.after(world, side_by_side=SIDE_BY_SIDE).run()
            found["the bare loop"].append(Spent(loop, loop, wall))
            for name, again in nothing.items():
                with tempfile.TemporaryDirectory() as folder:
                    tool = Tool(name, world, Path(folder))
                    found[name].append(_complete(tool, world, orders))
                    again.append(tool.run())
    bare = found["the bare loop"]
    for name, spent in found.items():
        yield Figure(what=f"CPU of {orders} orders, {name}", values=[one.cpu for one in spent], unit="s")
        yield Figure(
            what=f"to the bare loop, {name}", values=[a.cpu / b.cpu for a, b in zip(spent, bare, strict=True)], unit="x"
        )
        yield Figure(what=f"wall time, start included, {name}", values=[one.wall for one in spent], unit="s")
    for name, spent in nothing.items():
        yield Figure(what=f"CPU of a run that finds nothing new, {name}", values=[one.cpu for one in spent], unit="s")
        yield Figure(what=f"the same with start and imports, {name}", values=[one.whole for one in spent], unit="s")


def _complete(tool: Tool, world: World, orders: int) -> Spent:
    """One run that has to bring all orders over."""
    before = len(world.titan("purchase-orders"))
    spent = tool.run()
    made = len(world.titan("purchase-orders")) - before
    if not spent.is_done or made != orders:
        raise SystemExit(f"{tool.name} made {made} of {orders} orders; nothing was measured.")
    return spent


def _after_lost_answers(orders: int, lost: int) -> Iterator[Figure]:
    """Every so manieth POST is committed, and its connection closed without an answer."""
    rule = {"kind": "lose_answer", "method": "POST", "path": ORDERS, "every": orders // lost, "times": lost}
    for name, starts, seen in _under(rule, orders, STARTS):
        note = f"{lost} answers lost of {orders} orders, {seen.struck} struck, {starts}"
        yield Figure(what=f"doubles after lost answers, {name}", values=[float(seen.doubles)], note=note)
        yield Figure(what=f"orders missing after lost answers, {name}", values=[float(orders - seen.orders)])


def _beside_a_refused_one(orders: int) -> Iterator[Figure]:
    """One order, a third of the way, is answered with 400 whenever it comes."""
    refused = f"45{orders // 3:08}"
    rule = {"kind": "status", "status": 400, "body": {"title": "No."}, "method": "POST", "path": ORDERS}
    for name, starts, seen in _under({**rule, "contains": refused}, orders, STARTS_BESIDE_A_REFUSED_ONE):
        note = f"{seen.doubles} doubled, {starts}"
        yield Figure(
            what=f"of {orders - 1} orders beside a refused one missing, {name}",
            values=[float(orders - 1 - seen.orders)],
            note=note,
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """In the simulator: how many of the orders are there, how many more than once, how often the fault struck."""

    orders: int
    doubles: int
    struck: int


def _under(rule: dict[str, Any], orders: int, starts: int) -> Iterator[tuple[str, str, Seen]]:
    """Each of them under a fault: its name, its starts, what is there afterwards."""
    with (
        stage.database(),
        stage.world(orders=orders, side_by_side=SIDE_BY_SIDE) as world,
        patch.object(settings, "READ_SECONDS", 1),
    ):
        world.faults(rule)
        _ours(world)
        yield "the product", "by itself", _seen(world, 0)
        for name in ("dlt", "singer-sdk"):
            with tempfile.TemporaryDirectory() as folder:
                tool = Tool(name, world, Path(folder))
                world.no_faults()
                world.faults(rule)
                before = len(world.titan("purchase-orders"))
                yield name, tool.until_done(starts), _seen(world, before)


def _ours(world: World) -> None:
    """As workers do, until nothing is open: what was lost is looked for by itself."""
    world.sync("purchase-orders")
    while set(world.states("purchase-orders")) - {"delivered", "quarantined"}:
        world.sync("purchase-orders")


def _seen(world: World, before: int) -> Seen:
    rows = world.titan("purchase-orders")[before:]
    told = {row["summary"] for row in rows}
    hits = sum(rule["hits"] for rule in world.control(world.servicetitan, "faults")["faults"])
    return Seen(len(told), len(rows) - len(told), hits)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
