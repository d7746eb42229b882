"""Whatever happens to records, with crashes, lost answers and take-overs: what was sealed meanwhile is no finding."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from integrations.engine import save_value
from integrations.errors import NotTransferable, Unmapped
from integrations.flow import Plan, Row, Situation
from integrations.models import Attempt, AuditSeal, Delivery
from integrations.seals import seal_customer, verify
from tenants.models import Customer
from tests.engine.histories import History
from tests.engine.world import Things, World


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


class NotWithout(Things):
    """What has no value in a map is not transferable, for as long as it has none."""

    def plan(self, record: Row, situation: Situation) -> Plan:
        try:
            return super().plan(record, situation)
        except Unmapped as error:
            raise NotTransferable("There is no way for this one.", code="no-way", needs=error.needs) from None


def test_a_record_that_is_opened_again_is_no_finding_and_is_sealed_when_it_is_closed(
    world: World, in_acme: Customer
) -> None:
    world.flows["things"] = NotWithout()
    world.source.put("a", name="Ada", code="K1")
    world.go()
    assert world.states() == ["not_transferable"]
    seal_customer(in_acme, clock=world.clock)
    save_value("code", "K1", "7", by="person", schedule=world.schedule, now=world.clock())
    assert verify(in_acme).findings == []
    world.deliver()
    seal_customer(in_acme, clock=world.clock)
    assert (world.states(), verify(in_acme).findings, _sealed("deliveries")) == (["delivered"], [], 1)


def _sealed(what: str) -> int:
    return sum(AuditSeal.objects.filter(what=what).values_list("count", flat=True))
