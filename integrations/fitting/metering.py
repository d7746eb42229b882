"""A fit report is bounded: in calls, and by whoever stops it. Asked before each call to a remote system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from integrations.engine import Lease
from integrations.models import FitReport, Progress

LOOK = timedelta(seconds=2)
"""So often the report is looked at, whether it was stopped, and told how many calls were made."""


class OutOfCalls(Exception):
    """The step has made all the calls that it may make; what it found so far counts."""


class Stopped(Exception):
    """Somebody has stopped the report, or it is gone."""


@dataclass(slots=True)
class Meter:
    """The calls of one step: at most `most`, on top of `before` that earlier steps have made."""

    report_id: UUID
    lease: Lease
    clock: Callable[[], datetime]
    most: int
    before: int = 0
    calls: int = 0
    looked_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.looked_at = self.clock()

    def tick(self) -> None:
        """Counts a call that is about to leave. Raises OutOfCalls and Stopped, and LeaseLost."""
        if self.calls >= self.most:
            raise OutOfCalls
        self.calls += 1
        now = self.clock()
        if now - self.looked_at < LOOK:
            return
        self.looked_at = now
        self.lease.renew(now)
        running = FitReport.objects.filter(pk=self.report_id, state=Progress.RUNNING)
        if not running.update(calls=self.before + self.calls):
            raise Stopped
