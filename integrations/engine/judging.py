"""Whether something that looks different is: the flow is asked what it would write. Reads only."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from integrations.engine.planning import Directory, Planned, plan_batch
from integrations.engine.work import Work, digest
from integrations.errors import IntegrationError
from integrations.flow import Change
from integrations.models import Delivery

log = logging.getLogger(__name__)

MOST = 500
"""So many records of one task are asked about, so that a comparison after a long outage stays gentle."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A record as it is at the source now, and the newest version of it that was read."""

    known: Delivery
    change: Change

    def version(self) -> Delivery:
        """The version that a poll would make of it; it is never stored."""
        return Delivery(
            sync_id=self.known.sync_id,
            source_key=self.known.source_key,
            number=self.known.number + 1,
            stamp=self.change.stamp,
            digest=digest(self.change.row),
            payload=self.change.row,
            created_at=self.known.created_at,
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether nothing would be written, or the error that keeps the flow from saying so."""

    agrees: bool
    error: Exception | None = None


class Judge:
    """Asks the flow about records that look different, as long as its patience lasts."""

    def __init__(self, work: Work, patience: int = MOST) -> None:
        self._work, self._left, self._directory = work, patience, Directory(work)

    def ask(self, suspects: Sequence[Suspect]) -> list[Judged | None]:
        """One answer each; None for those that were not asked about."""
        asked = suspects[: self._left]
        self._left -= len(asked)
        try:
            planned = plan_batch(self._work, [suspect.version() for suspect in asked], self._directory) if asked else []
        except IntegrationError as error:
            log.info("differences not judged", extra={"flow": self._work.flow.name, "code": error.code})
            return [None] * len(suspects)
        return [*map(_judged, planned), *[None] * (len(suspects) - len(asked))]


def _judged(planned: Planned) -> Judged:
    plan = planned.plan
    if plan is None:
        return Judged(agrees=False, error=planned.error)
    return Judged(agrees=not plan.writes and plan.then is None, error=plan.then)
