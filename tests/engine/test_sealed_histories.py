"""Whatever happens to records, with crashes, lost answers and take-overs: what was sealed meanwhile is no finding."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from integrations.models import Attempt, AuditSeal, Delivery
from integrations.seals import seal_customer, verify
from tenants.models import Customer
from tests.engine.histories import History
from tests.engine.world import World


@dataclass
class SealedHistory(History):
    """A history that is sealed after everything a worker does."""

    customer: Customer | None = None

    def _poll(self, flow: str = "") -> None:
        super()._poll(flow)
        self._seal()

    def _deliver(self, flow: str = "") -> None:
        super()._deliver(flow)
        self._seal()

    def _seal(self) -> None:
        assert self.customer is not None
        seal_customer(self.customer, clock=self.world.clock)


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_history_that_is_sealed_all_along_agrees_with_its_seals(world: World, in_acme: Customer, seed: int) -> None:
    history = SealedHistory(world, seed, customer=in_acme)
    history.run(steps=60)
    assert not history.problems()
    assert verify(in_acme).findings == []
    assert _sealed("attempts") == Attempt.objects.exclude(outcome="unknown", resolution="").count() > 0
    assert _sealed("deliveries") == Delivery.objects.exclude(closed_at=None).count() > 0


def _sealed(what: str) -> int:
    return sum(AuditSeal.objects.filter(what=what).values_list("count", flat=True))
