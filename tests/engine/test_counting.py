"""What is open is counted up to a bound, by indexes, and said to be more where there is more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integrations.engine import counting
from integrations.engine.grouping import groups
from integrations.models import Connection, Delivery, Sync
from tests.engine.world import BEGINNING


@pytest.fixture
def syncs(in_acme: object) -> list[Sync]:
    sides = [Connection.objects.create(name=name, system=name, environment="sandbox") for name in ("a", "b")]
    return [Sync.objects.create(flow=flow, source=sides[0], target=sides[1]) for flow in ("things", "vendors")]


def held(sync: Sync, number: int, *, code: str, needs: str = "", state: str = "quarantined") -> None:
    start = Delivery.objects.count()
    given: dict[str, Any] = {"number": 1, "digest": "", "stamp": "", "payload": {}, "state": state, "reason": code}
    Delivery.objects.bulk_create(
        Delivery(
            sync=sync,
            source_key=f"k{start + n}",
            code=code,
            needs=needs,
            created_at=BEGINNING + timedelta(seconds=start + n),
            **given,
        )
        for n in range(number)
    )


def found(**narrowed: Any) -> list[tuple[str, str, str, str, int, bool]]:
    return [(g.flow, g.state, g.code, g.needs, g.records, g.is_exact) for g in groups(**narrowed)]


def test_causes_are_told_apart_counted_and_ordered_by_how_many_they_hold_up(syncs: list[Sync]) -> None:
    held(syncs[0], 2, code="unmapped", needs="map:unit:A")
    held(syncs[0], 3, code="unmapped", needs="map:unit:B")
    held(syncs[0], 1, code="", needs="link:vendors:1", state="waiting")
    held(syncs[1], 4, code="rejected")
    assert found() == [
        ("vendors", "quarantined", "rejected", "", 4, True),
        ("things", "quarantined", "unmapped", "map:unit:B", 3, True),
        ("things", "quarantined", "unmapped", "map:unit:A", 2, True),
        ("things", "waiting", "", "link:vendors:1", 1, True),
    ]
    assert found(flows=("things",), codes=("unmapped",)) == found()[1:3]
    assert found(flows=("vendors",)) == found()[:1]
    assert found(codes=("",)) == found()[3:]
    assert found(most=1) == found()[:1]
    assert [group.oldest_at for group in groups()][1] == BEGINNING + timedelta(seconds=2)


def test_more_than_the_bound_is_said_to_be_more(syncs: list[Sync], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST", 3)
    held(syncs[0], 4, code="rejected")
    held(syncs[1], 3, code="rejected")
    assert found() == [
        ("things", "quarantined", "rejected", "", 3, False),
        ("vendors", "quarantined", "rejected", "", 3, True),
    ]
    counts = counting.open_by_state()
    assert counts[syncs[0].pk]["quarantined"] == counting.Count(3, is_exact=False, oldest_at=BEGINNING)
    assert counts[syncs[1].pk]["quarantined"].is_exact


def test_so_many_causes_are_looked_at_and_no_more(syncs: list[Sync], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_CAUSES", 5)
    for n in range(9):
        held(syncs[0], 1, code="unmapped", needs=f"map:unit:{n}")
    assert len(groups()) == 5
