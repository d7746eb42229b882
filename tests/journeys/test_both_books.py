"""Both books compared by a job over real HTTP, a difference repaired, a record read again, and a replay previewed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from integrations import desk, jobs
from integrations.audit import Actor
from integrations.engine.previewing import preview
from integrations.models import Delivery, ReconcileDifference, ReconcileReport, Sync
from integrations.running import comparison_of, utc_now
from tenants import schedule
from tenants.schema import within
from tests.journeys.world import LEASE, World

ANN = Actor(kind="person", id="1", label="ann@example.com")


def compare(world: World, flow: str = "purchase-orders") -> ReconcileReport:
    """A report, made as workers would, in tasks of no more than a page."""
    with within(world.customer):
        report = desk_start(world, flow)
    while found := schedule.claim(now=utc_now(), limit=1, lease_seconds=LEASE, kinds=["job"]):
        jobs.run_claim(found[0])
    with within(world.customer):
        return ReconcileReport.objects.select_related("sync").get(pk=report.pk)


def desk_start(world: World, flow: str) -> ReconcileReport:
    sync = Sync.objects.get(flow=flow)
    with transaction.atomic():
        return desk.start_comparison(sync, world.customer, actor=ANN, now=utc_now())


def differences(world: World, report: ReconcileReport) -> list[ReconcileDifference]:
    with within(world.customer):
        rows = ReconcileDifference.objects.filter(report=report, is_explained=False)
        ends = ("report__sync__source", "report__sync__target")
        return list(rows.select_related(*ends).order_by("source_key"))


def test_an_edited_order_is_a_difference_until_it_was_repaired(world: World, monkeypatch: Any) -> None:
    world.sync()
    with monkeypatch.context() as short:
        short.setattr(settings, "WORK_SECONDS", 0)  # a page each
        report = compare(world)
    assert (report.state, report.error) == ("finished", "")
    assert (report.agree, report.differing, report.records) == (True, 0, 30)
    for month in report.months.values():
        for side in ("source", "target"):
            assert month[side]["digest"] == month[side]["digest_in_ledger"]

    number = next(key for key in (d.source_key for d in world.rows()) if key.startswith("45"))
    order = world.target_of("purchase-orders", number)
    world.edit("purchase-orders", order, requiredOn="2031-01-01T00:00:00Z")
    report = compare(world)
    (found,) = differences(world, report)
    assert (report.agree, found.source_key, found.cause) == (False, number, "changed in servicetitan")

    with within(world.customer):
        sync = Sync.objects.select_related("source", "target").get(flow="purchase-orders")
        (planned,) = preview(comparison_of(sync), [world_newest(number)])
        assert [change.member for write in planned.writes for change in write.changes] == ["requiredOn"]
        assert desk.repair(found, world.customer, actor=ANN) == "replayed"
    world.sync()
    assert compare(world).agree


def world_newest(number: str) -> Any:
    return Delivery.objects.filter(sync__flow="purchase-orders", source_key=number).order_by("-number")[0]


def test_vendors_agree_after_their_first_load(make_world: Any) -> None:
    world = make_world(orders=3, invoices=0)
    world.sync("vendors")
    report = compare(world, "vendors")
    assert (report.agree, report.causes) == (True, {})
