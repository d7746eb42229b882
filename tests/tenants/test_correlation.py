"""One id from the request through its messages to the worker, the log and the audit."""

from __future__ import annotations

import json
import re

import pytest
import structlog
from celery import Celery
from celery.contrib.testing.worker import start_worker

from connector import celery as ours
from tenants import correlation
from tests.connector.test_logs import line


@pytest.mark.parametrize("given", ["req-2026-11", "0192d3c4-0000-7000-8000-000000000001", "a" * 64])
def test_an_id_from_outside_is_kept_and_told_back(client, db, given):
    assert client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "with blank", "line\tbreak", "<script>alert</script>", "-dashed-first"]
)
def test_an_id_that_could_do_harm_is_replaced(client, db, given):
    told = client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", told)


def test_each_request_without_an_id_gets_its_own(client, db):
    first, second = (client.get("/sign-in/")["X-Request-ID"] for _ in range(2))
    assert first != second
    assert correlation.current() == ""


def test_a_log_line_names_the_id():
    with structlog.contextvars.bound_contextvars(correlation_id="req-2026-11"):
        assert json.loads(line("json", "integrations.tokens"))["correlation_id"] == "req-2026-11"


def test_a_message_carries_the_id_to_the_worker_and_the_next_message_does_not():
    app = Celery("correlated", broker="memory://", backend="cache+memory://")
    app.conf.update(task_always_eager=False, worker_hijack_root_logger=False)
    seen = []

    @app.task(name="tests.look")
    def look() -> None:
        seen.append(correlation.current())

    with start_worker(app, perform_ping_check=False, shutdown_timeout=30):
        with structlog.contextvars.bound_contextvars(correlation_id="req-2026-11"):
            look.delay().get(timeout=30)
        alone = look.delay()
        alone.get(timeout=30)
    assert seen == ["req-2026-11", alone.id]
    assert ours.app is not app


def test_nothing_of_a_task_is_left_for_the_next_one():
    correlation.begin("req-2026-11", "task-1")
    structlog.contextvars.bind_contextvars(delivery="4500000001")
    correlation.begin(None, "task-2")
    assert structlog.contextvars.get_contextvars() == {"correlation_id": "task-2", "task_id": "task-2"}
    correlation.end()
    assert structlog.contextvars.get_contextvars() == {}
