"""Messages are JSON with keyword arguments, and nothing hangs on a broker's memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery.fixups.django import DjangoWorkerFixup
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from connector.celery import app, start_in_public
from tenants import beat, schema
from tenants.models import Person, SignInCode, SignInFailures
from tenants.tasks import forget_expired


def test_a_task_is_never_sent_with_positional_arguments():
    @app.task(name="tests.some_task")
    def some_task(**_: object) -> None: ...

    with pytest.raises(TypeError, match="keyword arguments only"):
        some_task.delay(1)


def test_unacknowledged_messages_come_back_in_a_quarter_of_an_hour():
    assert app.conf.broker_transport_options == {
        "visibility_timeout": 900,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
    }
    assert app.conf.task_time_limit < 900


def test_only_json_is_accepted_and_messages_are_acknowledged_late():
    assert (app.conf.accept_content, app.conf.task_serializer) == (["json"], "json")
    assert (app.conf.task_acks_late, app.conf.worker_prefetch_multiplier) == (True, 1)
    assert app.conf.worker_max_tasks_per_child == 500


def test_a_task_finds_the_database_session_of_the_one_before(own_database):
    fixup, task = DjangoWorkerFixup(app), SimpleNamespace(request=SimpleNamespace(is_eager=False))
    sessions = []
    for _ in range(3):
        fixup.on_task_prerun(sender=task)
        start_in_public(task=task)
        sessions.append(session())
        fixup.on_task_postrun(sender=task)
    assert len(set(sessions)) == 1


@pytest.mark.parametrize("end", ["ended by the database", "too old"])
def test_a_session_that_is_broken_or_too_old_is_replaced_before_the_next_task(own_database, end):
    task = SimpleNamespace(request=SimpleNamespace(is_eager=False))
    before = session()
    if end == "too old":
        connection.close_at = 0.0
    else:
        ThreadPoolExecutor(1).submit(end_session, before).result()
    start_in_public(task=task)
    assert session() != before


def test_a_worker_takes_from_every_queue():
    assert set(app.amqp.queues) >= {"tick", "poll", "deliver", "events", "alerts"}


def test_beat_has_a_handful_of_rows_and_their_tasks_exist(db):
    app.loader.import_default_modules()
    rows = {row.name: row for row in PeriodicTask.objects.filter(enabled=True)}
    assert set(rows) >= {
        "tick",
        "tick-telling",
        "watch",
        "forget-expired",
        "remove-customers",
        "plan-nights",
        "seal-audits",
        "remove-old-data",
    }
    assert {row.task for row in rows.values()} <= set(app.tasks)
    assert {(row.args, row.kwargs) for row in rows.values()} == {("[]", "{}")}


def test_beat_ticks_every_second_and_a_tick_of_a_minute_ago_is_still_done(db):
    row = PeriodicTask.objects.get(name="tick")
    assert (row.interval.every, row.interval.period, row.expire_seconds) == (1, "seconds", 60)


def test_a_task_starts_in_public_whatever_the_one_before_did(in_acme):
    start_in_public()
    assert schema.current() == "public"


def test_what_has_ended_is_forgotten_and_the_rest_is_kept(acme):
    person = Person.objects.create_user("ana@acme.test")
    now = timezone.now()
    for minutes in (-1, 1):
        then = now + timedelta(minutes=minutes)
        name = f"{minutes}"
        Session.objects.create(session_key=name, session_data="", expire_date=then)
        SignInFailures.objects.create(key_hash=name, count=1, window_ends_at=then)
        SignInCode.objects.create(code_hash=name, state_hash="", person=person, customer=acme, expires_at=then)
    forget_expired()
    left = [
        Session.objects.get().session_key,
        SignInFailures.objects.get().key_hash,
        SignInCode.objects.get().code_hash,
    ]
    assert left == ["1", "1", "1"]


def test_what_an_operator_changed_stays(db):
    PeriodicTask.objects.filter(name="tick").update(enabled=False)
    beat.ensure_rows()
    assert PeriodicTask.objects.get(name="tick").enabled is False


def test_ticks_of_an_older_installation_wait_as_long_as_those_of_a_new_one(db):
    PeriodicTask.objects.filter(name="tick").update(expire_seconds=5)
    before = PeriodicTasks.last_change()
    beat.ensure_rows()
    assert PeriodicTask.objects.get(name="tick").expire_seconds == 60
    assert PeriodicTasks.last_change() > before


def test_an_expiry_that_an_operator_chose_stays(db):
    PeriodicTask.objects.filter(name="tick").update(expire_seconds=7)
    before = PeriodicTasks.last_change()
    beat.ensure_rows()
    assert PeriodicTask.objects.get(name="tick").expire_seconds == 7
    assert PeriodicTasks.last_change() == before


def test_a_customers_schema_gets_no_beat_rows(in_acme):
    PeriodicTask.objects.filter(name="tick").delete()
    beat.ensure_rows()
    assert not PeriodicTask.objects.filter(name="tick").exists()


def session() -> int:
    """The process of PostgreSQL that serves this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end_session(number: int) -> None:
    """Ends a session from a thread, and so from a session, of its own."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [number])
    finally:
        connection.close()
