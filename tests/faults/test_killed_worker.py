"""SIGKILL at random moments, with answers lost on top: every order exists exactly once in the end."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrations.models import Attempt, Delivery, Step
from tenants.models import Customer
from tests.faults.installation import Installation, installation

ORDERS = 500
KILLS = 10


@pytest.mark.slow
def test_ten_kills_and_every_twentieth_answer_lost_leave_each_order_exactly_once(
    tmp_path: Path, own_database: Any, acme: Customer, record_property: Callable[[str, object], None]
) -> None:
    seed = random.randrange(10**6)
    record_property("seed", seed)
    with installation(tmp_path, own_database, acme, orders=ORDERS, calls_per_second=25) as here:
        lost = {"kind": "lose_answer", "method": "POST", "path": "/purchase-orders", "every": 20}
        here.world.faults(lost)
        here.world.make_due("vendors", "purchase-orders")
        _kill_again_and_again(here, random.Random(seed))
        here.wait_until(lambda: here.world.states("purchase-orders") == {"delivered": ORDERS})
        _check(here)


def _kill_again_and_again(here: Installation, chance: random.Random) -> None:
    """Each kill comes a random moment after new orders have arrived, so that most hit writes that are under way."""
    for _ in range(KILLS):
        here.start_worker()
        before = _arrived(here)
        here.wait_until(lambda before=before: _arrived(here) > before)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 1))
        here.kill_worker()
    here.start_worker()


def _arrived(here: Installation) -> int:
    return len(here.world.titan("purchase-orders"))


def _check(here: Installation) -> None:
    numbers = Counter(re.findall(r"\b45\d{8}\b", order["summary"])[0] for order in here.world.titan("purchase-orders"))
    assert set(numbers.values()) == {1}
    assert len(numbers) == ORDERS
    writes = here.world.rows(Attempt, kind="write", step__delivery__sync__flow="purchase-orders", step__action="create")
    unknown = [attempt for attempt in writes if attempt.outcome == "unknown"]
    answered = [attempt for attempt in writes if attempt.outcome == "answered"]
    found = [attempt for attempt in unknown if attempt.resolution == "found"]
    (rule,) = here.world.control(here.world.servicetitan, "faults")["faults"]
    assert all(attempt.resolution for attempt in unknown)
    assert len(found) >= rule["hits"] > 0
    assert len(answered) + len(found) == ORDERS
    assert not here.world.rows(Delivery, state="sending")
    assert not [step for step in here.world.rows(Step) if step.state == "open"]
