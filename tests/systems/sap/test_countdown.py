"""A write with all that belongs to it ends in time; waiting for the budget does not count."""

from __future__ import annotations

import pytest

from integrations.errors import Transient
from integrations.systems.sap.countdown import Countdown
from tests.systems.sap.conftest import Sap
from tests.systems.sap.test_writes import order, orders


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def test_time_runs_but_not_while_waiting_for_the_budget():
    clock = Clock()
    left = Countdown(70, clock)
    clock.advance(20)
    left.pause(lambda: clock.advance(300))
    assert left.seconds() == 50
    clock.advance(60)
    assert left.seconds() == -10


def test_a_write_for_which_no_time_is_left_is_not_sent(sap: Sap, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Countdown, "seconds", lambda self: 0.0)
    with pytest.raises(Transient) as caught:
        sap.client().once(order(sap))
    assert caught.value.code == "no-time-left"
    assert orders(sap) == 0
    assert sap.seen() == []
