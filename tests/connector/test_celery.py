"""Messages are JSON with keyword arguments, and nothing hangs on a broker's memory."""

from __future__ import annotations

import json

import pytest
from django_celery_beat.models import PeriodicTask

from connector.celery import app
from tenants import beat


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
    assert app.conf.worker_max_tasks_per_child == 200


def test_a_worker_takes_from_every_queue():
    assert set(app.amqp.queues) == {"tick", "poll", "deliver"}


def test_beat_has_one_row_and_its_task_exists(db):
    row = PeriodicTask.objects.get(enabled=True, name="tick")
    app.loader.import_default_modules()
    assert row.task in app.tasks
    assert (row.interval.every, row.interval.period, row.expire_seconds) == (1, "seconds", 5)
    assert json.loads(row.args) == []


def test_what_an_operator_changed_stays(db):
    PeriodicTask.objects.filter(name="tick").update(enabled=False)
    beat.ensure_rows()
    assert PeriodicTask.objects.get(name="tick").enabled is False


def test_a_customers_schema_gets_no_beat_rows(in_acme):
    PeriodicTask.objects.filter(name="tick").delete()
    beat.ensure_rows()
    assert not PeriodicTask.objects.filter(name="tick").exists()
