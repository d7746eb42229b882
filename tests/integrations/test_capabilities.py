"""What a worker learned of a system on the way is kept, and nothing that was stored meanwhile is lost by that."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from integrations.models import Connection
from integrations.running import _keep_capabilities
from tenants.models import Customer

LEARNED = {"services": {"purchase-order": {"version": "V4"}}}
URL, OTHER_URL = "https://one.example.com", "https://two.example.com"


@pytest.fixture
def work(in_acme: Customer) -> Any:
    """A worker's work, as far as it is asked for: it began before whatever a test stores."""
    row = Connection.objects.create(name="sap", system="sap", environment="sandbox", base_url=URL)
    client = SimpleNamespace(capabilities=LEARNED)
    return SimpleNamespace(sync=SimpleNamespace(source=row, target=row), opened={"source": client})


def test_what_a_worker_learned_leaves_what_a_ping_stored_meanwhile(work: Any) -> None:
    checks = {"checks": [{"name": "Signing in", "ok": False}]}
    Connection.objects.update(capabilities=checks)
    _keep_capabilities(work)
    assert Connection.objects.get().capabilities == {**checks, **LEARNED}


def test_what_a_worker_learned_of_the_system_before_is_not_told_of_the_one_now(work: Any) -> None:
    Connection.objects.update(base_url=OTHER_URL, capabilities={})
    _keep_capabilities(work)
    assert Connection.objects.get().capabilities == {}
