"""Work that goes on for longer than a request: claimed, resumed, ended; and what begins in a customer's night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import InternalError, connection, transaction

from integrations import fitting, jobs, nights, reference_data, tasks
from integrations.audit import PLATFORM
from integrations.engine import Selection, replay_jobs, reports
from integrations.models import Connection, Delivery, Progress, ReconcileReport, ReplayJob, Sync
from integrations.restoring import restored
from tenants import schedule
from tenants.models import Customer, ScheduledWork
from tenants.schedule import REFRESH
from tenants.schema import within
from tests.databases import writes_refused

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def sync(in_acme: Customer) -> Sync:
    sides = [Connection.objects.create(name=name, system=name, environment="sandbox") for name in ("a", "b")]
    return Sync.objects.create(flow="purchase-orders", source=sides[0], target=sides[1])


def quarantined(sync: Sync, number: int) -> None:
    given: dict[str, Any] = {"state": "quarantined", "code": "x", "digest": "d", "payload": {}, "created_at": NOW}
    Delivery.objects.bulk_create(
        [Delivery(sync=sync, source_key=f"k{index}", number=1, **given) for index in range(number)]
    )


def claims(kind: schedule.Kind = "job", *, now: datetime = NOW) -> list[schedule.Claim]:
    return schedule.claim(now=now, limit=10, lease_seconds=300, kinds=[kind])


def start(customer: Customer) -> ReplayJob:
    selection = Selection(states=("quarantined",))
    return jobs.start_replay(customer, selection, action="replay", by="ann", now=NOW)


def clock() -> datetime:
    return NOW


def test_a_job_is_claimed_treated_to_its_end_and_leaves_no_row(in_acme: Customer, sync: Sync) -> None:
    quarantined(sync, 120)
    job = start(in_acme)
    (claim,) = claims()
    jobs.run_claim(claim, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.done) == ("finished", 120)
    assert not ScheduledWork.objects.filter(kind="job").exists()


def test_a_message_that_comes_twice_does_nothing_more(in_acme: Customer, sync: Sync) -> None:
    quarantined(sync, 3)
    start(in_acme)
    (claim,) = claims()
    jobs.run_claim(claim, clock=clock)
    jobs.run_claim(claim, clock=clock)
    assert Delivery.objects.count() == 3


def test_a_task_whose_time_is_up_leaves_the_rest_to_the_next_one(in_acme: Customer, sync: Sync, settings: Any) -> None:
    settings.WORK_SECONDS = 1
    quarantined(sync, 120)
    job, ticks = start(in_acme), iter(range(10_000))
    (claim,) = claims()
    jobs.run_claim(claim, clock=lambda: NOW + timedelta(seconds=next(ticks)))
    job.refresh_from_db()
    assert (job.state, 0 < job.seen < 120) == ("running", True)
    (claim,) = claims(now=NOW + timedelta(minutes=5))
    jobs.run_claim(claim, clock=lambda: NOW + timedelta(minutes=5))
    job.refresh_from_db()
    assert (job.state, job.done, job.seen) == ("finished", 120, 120)


def test_a_job_whose_worker_died_goes_on_after_its_lease(in_acme: Customer, sync: Sync) -> None:
    quarantined(sync, 3)
    job = start(in_acme)
    assert claims()
    assert not claims(now=NOW + timedelta(seconds=10))
    (claim,) = claims(now=NOW + timedelta(seconds=301))
    jobs.run_claim(claim, clock=lambda: NOW + timedelta(seconds=301))
    job.refresh_from_db()
    assert job.state == "finished"


def test_a_stopped_job_is_not_worked_on_until_it_is_resumed(in_acme: Customer, sync: Sync) -> None:
    quarantined(sync, 3)
    job = start(in_acme)
    replay_jobs.stop(job, now=NOW)
    (claim,) = claims()
    jobs.run_claim(claim, clock=clock)
    assert (Delivery.objects.filter(state="pending").count(), claims()) == (0, [])
    jobs.resume_replay(in_acme, job, now=NOW)
    (claim,) = claims()
    jobs.run_claim(claim, clock=clock)
    assert Delivery.objects.filter(state="pending").count() == 3


def test_jobs_of_one_customer_touch_nothing_of_another(acme: Customer, globex: Customer) -> None:
    for customer in (acme, globex):
        with within(customer):
            sides = [Connection.objects.create(name=name, system=name, environment="sandbox") for name in ("a", "b")]
            quarantined(Sync.objects.create(flow="vendors", source=sides[0], target=sides[1]), 2)
    with within(acme):
        start(acme)
    (claim,) = claims()
    jobs.run_claim(claim, clock=clock)
    for customer, state in ((acme, "pending"), (globex, "quarantined")):
        with within(customer):
            assert set(Delivery.objects.values_list("state", flat=True)) == {state}


def test_a_comparison_is_begun_once_however_often_it_is_asked_for(in_acme: Customer, sync: Sync) -> None:
    first = jobs.start_comparison(in_acme, sync, by="ann", now=NOW)
    again = jobs.start_comparison(in_acme, sync, by="bob", now=NOW)
    assert (again.pk, ScheduledWork.objects.filter(kind="job").count()) == (first.pk, 1)


def test_a_comparison_whose_system_cannot_be_reached_says_so_and_ends(in_acme: Customer, sync: Sync) -> None:
    report = jobs.start_comparison(in_acme, sync, by="ann", now=NOW)
    now = NOW
    for _ in range(reports.MOST_FAILURES):
        found = claims(now=now)
        jobs.run_claim(found[0], clock=lambda now=now: now)  # type: ignore[misc]
        now += timedelta(hours=1)
    report.refresh_from_db()
    assert (report.state, report.agree, report.error_code) == ("failed", None, "unknown-system")
    assert claims(now=now) == []


# --- Nights


@pytest.fixture
def zoned(in_acme: Customer) -> Customer:
    in_acme.time_zone = "America/Chicago"
    in_acme.save()
    return in_acme


def local(customer: Customer, now: datetime) -> datetime:
    return nights.next_night(customer, now).astimezone(ZoneInfo(customer.time_zone))


def test_a_night_begins_between_one_and_four_of_the_customer_s_clock(zoned: Customer) -> None:
    assert 1 <= local(zoned, NOW).hour < 4


@pytest.mark.parametrize("day", [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)])
def test_a_night_in_which_the_clock_is_moved_comes_once(zoned: Customer, day: datetime) -> None:
    nights_there = []
    now = day - timedelta(days=1)
    while now < day + timedelta(days=2):
        now = nights.next_night(zoned, now)
        nights_there.append(now)
    dates = [local(zoned, moment - timedelta(seconds=1)).date() for moment in nights_there]
    assert len(dates) == len(set(dates)) == 4


def test_every_customer_gets_one_night_and_keeps_it(acme: Customer, globex: Customer) -> None:
    assert nights.plan_nights(now=NOW) == 2
    assert nights.plan_nights(now=NOW + timedelta(hours=1)) == 0
    rows = ScheduledWork.objects.filter(kind="night")
    assert {row.customer_id: row.due_at for row in rows} == {
        each.pk: nights.next_night(each, NOW) for each in (acme, globex)
    }


def test_a_night_begins_the_comparisons_and_the_refresh_and_plans_the_next_one(in_acme: Customer, sync: Sync) -> None:
    Sync.objects.create(flow="vendors", source=sync.source, target=sync.target, enabled=False)
    nights.plan_night(in_acme, now=NOW)
    due_at = nights.next_night(in_acme, NOW)
    (claim,) = claims("night", now=due_at)
    nights.run_claim(claim, clock=lambda: due_at)
    assert [report.sync.flow for report in ReconcileReport.objects.all()] == ["purchase-orders"]
    report = ReconcileReport.objects.get()
    assert report.state == Progress.RUNNING
    assert {row.sync_id for row in ScheduledWork.objects.filter(kind="job", due_at=due_at)} == {report.pk, REFRESH}
    (row,) = ScheduledWork.objects.filter(kind="night")
    assert (row.due_at, row.lease_until) == (nights.next_night(in_acme, due_at), None)
    assert nights.next_night(in_acme, due_at) > due_at


def refresh_due(customer: Customer) -> None:
    schedule.wake(customer_id=customer.pk, sync_id=REFRESH, kind="job", now=NOW, priority=8, queue="job")


def test_a_refresh_whose_message_is_lost_is_claimed_again_after_its_lease(in_acme: Customer, sync: Sync) -> None:
    sync.delete()
    refresh_due(in_acme)
    assert [claim.sync_id for claim in claims()] == [REFRESH]  # nobody gets the message
    assert claims(now=NOW + timedelta(seconds=10)) == []
    (claim,) = claims(now=NOW + timedelta(seconds=301))
    tasks.work(claim=claim.as_message())
    row = ScheduledWork.objects.get(sync_id=REFRESH)
    assert (row.due_at, row.lease_until) == (None, None)  # until the next night


def test_a_refresh_that_meets_a_mistake_of_ours_is_tried_an_hour_later_and_not_at_once(
    in_acme: Customer, sync: Sync, monkeypatch: Any
) -> None:
    refresh_due(in_acme)
    monkeypatch.setattr(reference_data, "refresh", _mistaken)
    (claim,) = claims()
    nights.refresh_claim(claim, clock=clock)
    assert claims(now=NOW + timedelta(minutes=59)) == []
    assert len(claims(now=NOW + timedelta(minutes=60))) == 1


def test_a_refresh_that_ends_every_worker_is_left_alone_for_an_hour(in_acme: Customer, sync: Sync) -> None:
    refresh_due(in_acme)
    now = NOW
    for _ in range(jobs.MOST_BEGUN):
        assert schedule.begin(claims(now=now)[0], now=now, lease_seconds=300)
        now += timedelta(seconds=301)
    nights.refresh_claim(claims(now=now)[0], clock=lambda: now)
    assert claims(now=now + timedelta(minutes=59)) == []
    assert len(claims(now=now + timedelta(minutes=60))) == 1


def test_what_was_under_way_when_the_backup_of_a_schema_was_made_goes_on_once_it_is_put_back(
    in_acme: Customer, sync: Sync
) -> None:
    job, report = start(in_acme), jobs.start_comparison(in_acme, sync, by="ann", now=NOW)
    for ended in (job, report):  # after the backup, and the public rows are no part of the schema
        schedule.remove(customer_id=in_acme.pk, sync_id=ended.pk)
    restored(in_acme, actor=PLATFORM, now=NOW)
    assert {claim.sync_id for claim in claims()} == {job.pk, report.pk}


def _mistaken(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("canary")


def _pair() -> tuple[Connection, Connection]:
    base = {"environment": "sandbox", "base_url": "https://sap.example.com"}
    sap, titan = (Connection.objects.create(name=name, system=name, **base) for name in ("sap", "servicetitan"))
    return sap, titan


@pytest.mark.parametrize("work", ["replay", "comparison", "fit report"])
def test_a_job_that_meets_a_mistake_of_ours_ends_with_a_reason_and_is_not_claimed_again(
    in_acme: Customer, sync: Sync, monkeypatch: Any, work: str
) -> None:
    quarantined(sync, 3)
    begin: dict[str, Callable[[], Any]] = {
        "replay": lambda: start(in_acme),
        "comparison": lambda: jobs.start_comparison(in_acme, sync, by="ann", now=NOW),
        "fit report": lambda: jobs.start_fit_report(in_acme, _pair(), ["vendors"], by="ann", now=NOW)[0],
    }
    job = begin[work]()
    monkeypatch.setattr(replay_jobs, "go_on", _mistaken)
    monkeypatch.setattr(jobs, "work_for", _mistaken)
    monkeypatch.setattr(fitting, "go_on", _mistaken)
    (claim,) = claims()
    jobs.run_claim(claim, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.finished_at) == ("failed", NOW)
    assert job.error == "Our own mistake (ZeroDivisionError): the log of the workers has it, at this time."
    assert claims(now=NOW + timedelta(days=1)) == []


def test_a_database_that_is_read_only_for_a_while_ends_no_job(in_acme: Customer, sync: Sync) -> None:
    quarantined(sync, 3)
    job = start(in_acme)
    refused = writes_refused("acme.integrations_replayjob")
    with refused, pytest.raises(InternalError, match="read-only"), transaction.atomic():
        jobs.run_claim(claims()[0], clock=clock)
    job.refresh_from_db()
    assert (job.state, job.error) == ("running", "")
    jobs.run_claim(claims()[0], clock=clock)
    job.refresh_from_db()
    assert (job.state, job.done) == ("finished", 3)


def test_a_database_that_is_read_only_for_a_while_puts_no_refresh_off(
    in_acme: Customer, sync: Sync, monkeypatch: Any
) -> None:
    refresh_due(in_acme)
    monkeypatch.setattr(reference_data, "refresh", lambda *_, **__: Connection.objects.update(name="x"))
    refused = writes_refused("acme.integrations_connection")
    with refused, pytest.raises(InternalError, match="read-only"), transaction.atomic():
        nights.refresh_claim(claims()[0], clock=clock)
    assert len(claims()) == 1


def test_a_job_that_failed_goes_on_where_it_was_once_it_is_resumed(
    in_acme: Customer, sync: Sync, monkeypatch: Any
) -> None:
    quarantined(sync, 3)
    job = start(in_acme)
    with monkeypatch.context() as patch:
        patch.setattr(replay_jobs, "go_on", _mistaken)
        jobs.run_claim(claims()[0], clock=clock)
    jobs.resume_replay(in_acme, job, now=NOW)
    jobs.run_claim(claims()[0], clock=clock)
    job.refresh_from_db()
    assert (job.state, job.done, job.error) == ("finished", 3, "")


def test_a_job_whose_workers_die_again_and_again_ends_with_a_reason(in_acme: Customer, sync: Sync) -> None:
    quarantined(sync, 3)
    job = start(in_acme)
    now = NOW
    for _ in range(jobs.MOST_BEGUN):
        (claim,) = claims(now=now)
        assert schedule.begin(claim, now=now, lease_seconds=300)  # and is killed, for want of memory say
        now += timedelta(seconds=301)
    (claim,) = claims(now=now)
    jobs.run_claim(claim, clock=lambda: now)
    job.refresh_from_db()
    assert (job.state, job.done, job.finished_at) == ("failed", 0, now)
    assert job.error == "Its workers ended 5 times in a row without a word: they may have lacked memory or time."
    assert claims(now=now + timedelta(days=1)) == []

    jobs.resume_replay(in_acme, job, now=now)  # on workers with more of it
    jobs.run_claim(claims(now=now)[0], clock=lambda: now)
    job.refresh_from_db()
    assert (job.state, job.done) == ("finished", 3)


def test_a_job_that_goes_on_in_many_tasks_is_not_taken_for_one_whose_workers_die(
    in_acme: Customer, sync: Sync, settings: Any
) -> None:
    settings.WORK_SECONDS = -1  # each task's time is up after one batch
    quarantined(sync, 50 * jobs.MOST_BEGUN + 60)
    job = start(in_acme)
    while found := claims():
        jobs.run_claim(found[0], clock=clock)
    job.refresh_from_db()
    assert (job.state, job.done) == ("finished", 50 * jobs.MOST_BEGUN + 60)


def test_the_index_s_row_of_a_night_is_no_sync(in_acme: Customer) -> None:
    nights.plan_night(in_acme, now=NOW)
    assert schedule.customers_with("night") == [in_acme.pk]
    assert connection.schema_name == "acme"  # type: ignore[attr-defined]
