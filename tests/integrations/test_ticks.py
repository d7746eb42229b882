"""A tick hands out as many claims as the installation allows, and the next one takes the rest."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.conf import settings

from integrations import tasks
from integrations.running import utc_now
from tenants import schedule
from tenants.models import Customer


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Claims as the broker would get them."""
    claims: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "connector.celery.KeywordTask.apply_async", lambda self, kwargs, **given: claims.append(kwargs["claim"])
    )
    return claims


def test_what_is_beyond_the_limit_of_one_tick_goes_with_the_next_and_customers_take_turns(
    acme: Customer, globex: Customer, sent: list[dict[str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    assert settings.TICK_LIMIT == 200
    for customer, many in ((acme, 12), (globex, 2)):
        for _ in range(many):
            schedule.ensure(customer_id=customer.pk, sync_id=uuid.uuid4(), kinds=["poll"], due_at=utc_now())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings, "TICK_LIMIT", 10)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.tick()
        assert [claim["schema_name"] for claim in sent].count("globex") == 2
        assert len(sent) == 10
        with django_capture_on_commit_callbacks(execute=True):
            tasks.tick()
    assert [claim["schema_name"] for claim in sent[10:]] == ["acme"] * 4
    assert len({claim["id"] for claim in sent}) == 14
