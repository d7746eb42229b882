"""The same event many times at one moment, over real HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tenants.models import Customer, ScheduledWork
from tests.integrations.webhook_calls import HEADER, KEY, URL, connect, encoded, event, events_of, signature
from tests.web_server import web_server


def test_copies_that_arrive_at_the_same_moment_are_noted_once_and_due_once(
    own_database: Any, acme: Customer, settings: Any
) -> None:
    settings.ST_WEBHOOK_KEYS = {"production": [KEY], "sandbox": []}
    connect(acme)
    bodies = [encoded(event(f"occurrence-{number % 3}", id=f"attempt-{number}")) for number in range(30)]
    with web_server() as address, ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(
                lambda body: requests.post(address + URL, body, headers={HEADER: signature(body)}, timeout=60), bodies
            )
        )
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, "Received.\n")}
    assert sorted(row.occurrence for row in events_of(acme)) == ["occurrence-0", "occurrence-1", "occurrence-2"]
    assert ScheduledWork.objects.filter(customer=acme, kind="inbound", due_at__isnull=False).count() == 1
