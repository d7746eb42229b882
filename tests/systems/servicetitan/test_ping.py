"""A ping says in plain words what works, what does not, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.systems.servicetitan.ping import WRITTEN, ping
from integrations.systems.servicetitan.resources import RESOURCES
from simulators.server import serve
from simulators.wire import Response
from tests.systems.servicetitan.conftest import Service
from tests.systems.servicetitan.connecting import Stub, client_for, page, settings


def test_a_healthy_connection_passes_every_check_with_one_small_call_per_object(service: Service):
    checks = list(ping(service.client()))
    assert [check.name for check in checks if not check.ok] == []
    assert [check.name for check in checks[:3]] == ["Signing in", "Reading vendors", "Clock"]
    assert checks[0].detail == f"Signed in to tenant 1001 at {service.url}."
    assert len(service.calls()) == len(RESOURCES)
    assert len(checks) == len(RESOURCES) + 2 + len(WRITTEN)


def test_a_missing_scope_fails_its_own_check_only_and_says_who_can_grant_it(service: Service):
    service.tenant.scopes -= {"tn.jpm.jobs:r", "tn.inv.vendors:r"}
    failed = [check for check in ping(service.client()) if not check.ok]
    assert [(check.name, check.code) for check in failed] == [
        ("Reading vendors", "scope:tn.inv.vendors:r"),
        ("Reading jobs", "scope:tn.jpm.jobs:r"),
    ]
    assert failed[1].fix == (
        "Ask the ServiceTitan administrator of tenant 1001 to accept this app's newest version, which asks for "
        "tn.jpm.jobs:r. Flows that do not use jobs work without it."
    )


def test_a_scope_to_write_that_the_token_does_not_name_is_told_before_anything_is_written(service: Service):
    service.tenant.scopes.discard("tn.inv.purchaseorders:w")
    [failed] = [check for check in ping(service.client()) if not check.ok]
    assert (failed.name, failed.code) == ("Writing purchase orders", "scope:tn.inv.purchaseorders:w")
    assert "accept this app's newest version" in failed.fix


def test_a_token_that_cannot_be_read_says_nothing_about_writing():
    with serve(Stub(lambda request: page([]))) as server:
        checks = list(ping(client_for(settings(server.url))))
    assert [check.name for check in checks if check.name.startswith("Writing")] == []


def test_refused_credentials_are_one_check_and_nothing_else_is_asked(service: Service):
    client = client_for(settings(service.url, credentials={"client_secret": "cs1.canary-wrong"}))
    [check] = ping(client)
    assert (check.name, check.ok, check.code) == ("Signing in", False, "bad-credentials")
    assert "canary" not in check.detail + check.fix
    assert service.calls() == []


def test_a_token_that_no_call_accepts_is_about_the_application_key():
    stub = Stub(lambda request: Response(401))
    with serve(stub) as server:
        [check] = ping(client_for(settings(server.url)))
    assert (check.name, check.ok) == ("Signing in", False)
    assert "application key" in check.fix


def test_a_tenant_id_of_somebody_else_fails_all_and_signs_in_to_none(service: Service):
    client = client_for(settings(service.url, options={"servicetitan_tenant_id": "1002"}))
    checks = list(ping(client))
    assert [check.ok for check in checks] == [False] * len(RESOURCES)
    assert "check that the tenant id belongs to this client id" in checks[0].detail


@pytest.mark.parametrize(("seconds", "ok"), [(-30, True), (60, True), (-600, False), (600, False)])
def test_a_clock_that_is_off_is_told(service: Service, seconds: int, ok: bool):
    service.simulator.switches.change({"token_seconds": 86400})
    service.simulator.clock.set(datetime.now(UTC) + timedelta(seconds=seconds))
    [clock] = [check for check in ping(service.client()) if check.name == "Clock"]
    assert clock.ok is ok
    assert bool(clock.fix) is not ok


def test_a_service_that_does_not_answer_fails_each_check_without_losing_the_others(service: Service):
    service.fault("html", path="/inventory/", status=503)
    checks = {check.name: check for check in ping(service.client())}
    assert checks["Reading vendors"].ok is False
    assert checks["Reading jobs"].ok is True
    assert checks["Signing in"].ok is True
