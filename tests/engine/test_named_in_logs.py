"""Log lines name what they are about: the run of a poll, the delivery of a write; in threads as in the task."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest
import structlog

from integrations.errors import Transient
from integrations.models import Delivery, Run
from tests.engine.world import World


def line(caplog: Any, text: str) -> Any:
    (found,) = [record for record in caplog.records if record.message == text]
    return found


def test_a_failed_poll_names_its_run(world: World, caplog: Any) -> None:
    world.source.error = Transient("It is away.", code="unavailable")
    with caplog.at_level(logging.WARNING):
        world.poll()
    assert line(caplog, "poll failed").run == str(Run.objects.get().pk)


@pytest.mark.parametrize("side_by_side", [1, 4])
def test_a_mistake_while_sending_names_its_delivery_customer_and_request(
    world: World, caplog: Any, side_by_side: int
) -> None:
    world.source.put("4500000001", name="a")
    world.source.put("4500000002", name="b")
    world.target.faults = [ZeroDivisionError()]
    world.poll()
    seen: list[dict[str, Any]] = []
    world.target.before_send = lambda: seen.append(structlog.contextvars.get_contextvars())
    world.limits = replace(world.limits, side_by_side=side_by_side)
    with caplog.at_level(logging.WARNING), structlog.contextvars.bound_contextvars(correlation_id="req-17"):
        world.deliver()
    told = line(caplog, "sending failed").delivery
    assert told in {str(pk) for pk in Delivery.objects.values_list("pk", flat=True)}
    assert {context.get("correlation_id") for context in seen} == {"req-17"}
