"""The desk's deeds that ask the live systems, against both simulators over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from integrations import jobs
from integrations.models import Connection, Delivery, ReconcileDifference, ReconcileReport, Sync
from integrations.running import utc_now
from tenants import schedule
from tenants.models import Role
from tests.journeys.conftest import make_world  # noqa: F401 - a fixture
from tests.journeys.world import World
from tests.support.desk import Desk


@pytest.fixture
def there(make_world: Any) -> World:  # noqa: F811 - the fixture
    """Three vendors, delivered."""
    world: World = make_world(suppliers=3, orders=0, invoices=0)
    world.sync("vendors")
    return world


@pytest.fixture
def desk(there: World, desk_as: Any) -> Desk:
    made: Desk = desk_as(Role.OPERATOR)
    return made


def text(answer: Any) -> str:
    return str(answer.content.decode())


def vendor(there: World) -> Delivery:
    found: Delivery = there.rows(Delivery)[0]
    return found


def writes(there: World) -> list[tuple[str, str]]:
    return [call for call in there.calls() if call[0] != "GET" and "token" not in call[1]]


def test_a_ping_says_for_each_service_what_works_and_how_to_mend_it(there: World, desk: Desk) -> None:
    sap = there.rows(Connection, system="sap")[0]
    page = text(desk.do(sap, "ping"))
    assert "checks are fine" in page
    assert page.count("desk-tag desk-good") >= 3
    there.faults({"kind": "html", "path": "API_BUSINESS_PARTNER", "status": 403, "every": 1}, sap=True)
    page = text(desk.do(sap, "ping"))
    assert "checks failed; each says below what to do" in page
    assert '<span class="desk-tag desk-bad">no</span>' in page
    assert "canary" not in page


def test_a_record_is_read_again_at_its_source(there: World, desk: Desk) -> None:
    known = vendor(there)
    assert "says the same as when it was read last" in text(desk.do(known, "re-read"))
    there.change("Supplier", known.source_key, {"DeletionIndicator": True})
    assert "It has changed at its source" in text(desk.do(known, "re-read"))
    assert there.newest(known.source_key).number == 2
    there.work_on(there.rows(Sync, flow="vendors")[0])
    assert there.newest(known.source_key).state == "delivered"
    assert [row["active"] for row in there.titan("vendors")].count(False) == 1


def test_a_preview_shows_what_a_replay_would_write_and_writes_nothing(there: World, desk: Desk) -> None:
    known = vendor(there)
    key = there.target_of("vendors", known.source_key)
    there.edit("vendors", key, name="Changed By Hand")
    there.clear_log()
    page = text(desk.do(known, "preview"))
    assert "Changed By Hand" in page
    assert writes(there) == []
    assert there.newest(known.source_key).number == 1
    desk.do(known, "replay")
    there.work_on(there.rows(Sync, flow="vendors")[0])
    assert "Changed By Hand" not in [row["name"] for row in there.titan("vendors")]


def test_a_difference_is_repaired_from_the_report(there: World, desk: Desk) -> None:
    known, sync = vendor(there), there.rows(Sync, flow="vendors")[0]
    there.edit("vendors", there.target_of("vendors", known.source_key), name="Changed By Hand")
    assert "has begun" in text(desk.do(sync, "compare"))
    finish()
    report, (difference,) = there.rows(ReconcileReport)[0], there.rows(ReconcileDifference, is_explained=False)
    assert (report.agree, difference.source_key) == (False, known.source_key)
    assert difference.source_key in desk.page(report)
    assert "is on its way" in text(desk.do(report, "repair", difference=str(difference.pk)))
    assert "is on its way" in text(desk.do(report, "repair", difference=str(difference.pk)))
    there.work_on(sync)
    desk.do(sync, "compare")
    finish()
    assert sorted(bool(each.agree) for each in there.rows(ReconcileReport)) == [False, True]
    names = [row["name"] for row in there.titan("vendors")]
    assert "Changed By Hand" not in names
    assert len(names) == len(set(names))


def finish() -> None:
    """What a worker would do for the comparison."""
    claims = schedule.claim(now=utc_now(), limit=5, lease_seconds=300, kinds=["job"])
    for claim in claims:
        jobs.run_claim(claim)
