"""Connections in the portal, against both simulators: explained, tried before they are saved, never shown again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django_tenants.utils import schema_context

from integrations.asking import answered_so_far, noted
from integrations.connection import Check
from integrations.models import AuditEvent, Connection, Sync
from integrations.portal.connect import tail
from tenants.models import Customer, Role
from tests.fitting.making import world  # noqa: F401 - the fixture
from tests.journeys.world import World
from tests.portal.desk import Desk, enter, words

PASSWORD = "canary-sap-password"


@pytest.fixture
def owner(world: World, acme: Customer) -> Desk:  # noqa: F811 - the fixture
    return enter(acme, Role.OWNER)


def sap_form(world: World, **members: str) -> dict[str, Any]:  # noqa: F811
    given: dict[str, Any] = {
        "name": "SAP test",
        "environment": "sandbox",
        "base_url": world.sap,
        "options-auth_method": "basic",
        "credentials-username": "CONNECTOR",
        "credentials-password": PASSWORD,
        "options-reference_field": "CorrespncInternalReference",
        "options-calls_per_second": "50",
    }
    return {**given, **members}


def row_of(acme: Customer, name: str) -> Connection:
    with schema_context(acme.schema_name):
        found: Connection = Connection.objects.get(name=name)
        return found


def one_of(acme: Customer, system: str) -> str:
    with schema_context(acme.schema_name):
        return str(Connection.objects.get(system=system).pk)


def test_each_field_says_where_to_find_what_it_asks_for(owner: Desk) -> None:
    text = owner.page("/connect/new/sap/")
    assert "app Communication Arrangements, open an arrangement" in text
    assert "SAP_COM_0053" in text
    assert "Any name, e.g. “SAP test system”." in text
    assert "App Maintain Communication Users" in text
    text = owner.page("/connect/new/servicetitan/")
    assert "Settings, Integrations, API Application Access" in text
    assert "Any name, e.g. “ServiceTitan sandbox”." in text
    assert "SAP test system" not in text
    assert owner.get("/connect/new/oracle/").status_code == 404


def test_a_connection_is_tried_saved_and_shows_every_service(world: World, owner: Desk, acme: Customer) -> None:  # noqa: F811
    text = words(owner.post("/connect/new/sap/", **sap_form(world)))
    assert "Saved. All 10 lines are fine." in text
    assert "Works with OData V4; orders are read by time of change." in text
    row = row_of(acme, "SAP test")
    assert (row.environment, row.options) == ("sandbox", {"calls_per_second": 50})
    assert row.checked_at is not None
    with schema_context(acme.schema_name):
        assert list(AuditEvent.objects.values_list("action", flat=True)) == ["connection.created"]


def test_a_wrong_password_is_said_beside_its_field_and_nothing_is_saved(
    world: World,  # noqa: F811
    owner: Desk,
    acme: Customer,
) -> None:
    answer = owner.post("/connect/new/sap/", **sap_form(world, **{"credentials-password": "canary-wrong"}))
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert "SAP refused the credentials" in errors["credentials-password"][0]
    assert "canary" not in answer.content.decode()
    with schema_context(acme.schema_name):
        assert not Connection.objects.filter(name="SAP test").exists()


def test_somebody_may_save_what_does_not_work_yet(world: World, owner: Desk, acme: Customer) -> None:  # noqa: F811
    form = sap_form(world, **{"credentials-password": "canary-wrong", "anyway": "on"})
    answer = owner.post("/connect/new/sap/", **form)
    assert answer.status_code == 200
    assert row_of(acme, "SAP test").state == "paused"
    assert "stopped: the credentials were refused" in words(answer)


@pytest.mark.parametrize(
    ("member", "value", "field", "sentence"),
    [
        ("base_url", "http://10.1.2.3", "base_url", "internal"),
        ("base_url", "my300001", "base_url", "The base URL is the tenant's API address"),
        ("options-sap_client_number", "12", "options-sap_client_number", "has three digits"),
        ("options-company_codes", "1710, 9999", "options-company_codes", "It has no company code 9999"),
        ("credentials-password", "", "credentials-password", "required"),
        ("options-history_from", "soon", "options-history_from", "is a day such as 2026-01-31"),
        ("name", "sap", "name", "There is a connection sap already"),
        ("name", "", "name", "required"),
    ],
)
def test_each_mistake_stands_beside_its_field(
    world: World,  # noqa: F811
    owner: Desk,
    member: str,
    value: str,
    field: str,
    sentence: str,
) -> None:
    answer = owner.post("/connect/new/sap/", **sap_form(world, **{member: value}))
    assert answer.status_code == 422
    assert any(sentence in error for error in answer.context["form"].errors[field]), answer.context["form"].errors
    assert "canary" not in answer.content.decode()


def test_one_system_declared_twice_is_refused_at_its_environment(world: World, owner: Desk) -> None:  # noqa: F811
    answer = owner.post("/connect/new/sap/", **sap_form(world, environment="production"))
    assert "one system is never both" in answer.context["form"].errors["environment"][0]


def test_a_missing_arrangement_does_not_keep_the_rest_from_being_saved(world: World, owner: Desk) -> None:  # noqa: F811
    world.control(world.sap, "arrangements", {"API_SUPPLIERINVOICE_PROCESS_SRV": "html"})
    text = words(owner.post("/connect/new/sap/", **sap_form(world)))
    assert "1 of 10 lines need attention; each says what to do." in text
    assert "SAP_COM_0057 (Supplier Invoice Integration)" in text


def test_a_tenant_that_opens_nothing_is_said_at_the_tenant_id(world: World, owner: Desk, acme: Customer) -> None:  # noqa: F811
    here = f"/connect/{one_of(acme, 'servicetitan')}/edit/"
    form: dict[str, Any] = {"name": "servicetitan", "environment": "sandbox", "options-servicetitan_tenant_id": "1002"}
    answer = owner.post(
        here, **form, **dict[str, Any]({"options-external_data_guid": "7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11"})
    )
    assert answer.status_code == 422
    assert "opens nothing of tenant 1002" in answer.context["form"].errors["options-servicetitan_tenant_id"][0]
    assert row_of(acme, "servicetitan").options["servicetitan_tenant_id"] == "1001"


def test_secrets_are_never_shown_again_and_stay_unless_another_is_typed(
    world: World,  # noqa: F811
    owner: Desk,
    acme: Customer,
) -> None:
    pk = one_of(acme, "sap")
    pages = [owner.get(path) for path in ("/connect/", f"/connect/{pk}/", f"/connect/{pk}/edit/")]
    assert all("canary" not in page.content.decode() for page in pages)
    assert "ends with word" in words(pages[1])
    changed = {"credentials-password": "", "credentials-username": "", "options-language": "de"}
    form = sap_form(world, name="sap", **changed)
    assert owner.post(f"/connect/{pk}/edit/", **form).status_code == 200
    row = row_of(acme, "sap")
    assert row.options["language"] == "de"
    assert row.options["calls_per_second"] == 50
    with schema_context(acme.schema_name):
        from integrations.fields import reveal

        assert reveal(row.credentials)["password"] == PASSWORD
        assert "connection.credentials-changed" not in AuditEvent.objects.values_list("action", flat=True)


def test_another_address_needs_the_secrets_again(world: World, owner: Desk, acme: Customer) -> None:  # noqa: F811
    form = sap_form(world, name="sap", base_url="https://8.8.8.8", **{"credentials-password": ""})
    answer = owner.post(f"/connect/{one_of(acme, 'sap')}/edit/", **form)
    assert "not sent to another address" in answer.context["form"].errors["credentials-password"][0]
    assert row_of(acme, "sap").base_url == world.sap


def test_a_connection_to_servicetitan_needs_no_address(
    world: World,  # noqa: F811
    owner: Desk,
    acme: Customer,
    settings: Any,
) -> None:
    settings.ST_SANDBOX_API_URL, settings.ST_SANDBOX_SIGN_IN_URL = (
        world.servicetitan,
        f"{world.servicetitan}/connect/token",
    )
    settings.ST_APP_KEY = "ak1.canary-app-key"
    settings.ST_EXTERNAL_DATA_GUID = "7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11"
    form: dict[str, Any] = {
        "name": "field",
        "environment": "sandbox",
        "options-servicetitan_tenant_id": "1002",
        "options-calls_per_second": "50",
        "credentials-client_id": "cid.canary-1002",
        "credentials-client_secret": "cs1.canary-1002",
    }
    text = words(owner.post("/connect/new/servicetitan/", **form))
    assert "lines are fine" in text
    row = row_of(acme, "field")
    assert (row.base_url, "token_url" in row.options) == ("", False)


def test_only_the_end_of_a_long_secret_is_shown() -> None:
    assert [tail(secret) for secret in ("short", "elevenchars", "twelve-chars")] == ["", "", "hars"]


def test_a_ping_shows_what_was_answered(world: World, acme: Customer) -> None:  # noqa: F811
    operator = enter(acme, Role.OPERATOR)
    world.control(
        world.servicetitan,
        "credentials",
        {"tenant": world.tenant, "without_scopes": ["tn.inv.receipts:r", "tn.inv.receipts:w"]},
    )
    text = words(operator.post(f"/connect/{one_of(acme, 'servicetitan')}/ping/"))
    assert "2 of 19 lines need attention" in text
    assert "tn.inv.receipts:r" in text


def test_a_connection_is_paused_with_a_reason_until_a_person_resumes_it(world: World, acme: Customer) -> None:  # noqa: F811
    operator, pk = enter(acme, Role.OPERATOR), one_of(acme, "sap")
    assert "Say why" in words(operator.post(f"/connect/{pk}/pause/", reason=""))
    text = words(operator.post(f"/connect/{pk}/pause/", reason="stock-taking"))
    assert "Paused by a person: stock-taking" in text
    assert "refused" not in text
    assert "paused by a person already" in words(operator.post(f"/connect/{pk}/pause/", reason="again"))
    assert row_of(acme, "sap").pause_code == "by-person"
    with schema_context(acme.schema_name):
        assert set(Sync.objects.values_list("state", "pause_reason")) == {("active", "")}  # flows keep their own state
    assert "paused by a person" in operator.page("/connect/")
    operator.post(f"/connect/{pk}/ping/")
    assert row_of(acme, "sap").state == "paused"
    assert "It goes on" in words(operator.post(f"/connect/{pk}/resume/"))
    assert row_of(acme, "sap").state == "ok"
    assert "is not paused by a person" in words(operator.post(f"/connect/{pk}/resume/"))
    with schema_context(acme.schema_name):
        deeds = AuditEvent.objects.filter(action__regex="paused|resumed").order_by("sequence")
        assert list(deeds.values_list("action", "actor_label", "detail__reason")) == [
            ("connection.paused", "operator@acme.test", "stock-taking"),
            ("connection.resumed", "operator@acme.test", "stock-taking"),
        ]


def test_a_connection_that_somebody_has_paused_is_a_task_in_those_words(world: World, acme: Customer) -> None:  # noqa: F811
    operator, pk = enter(acme, Role.OPERATOR), one_of(acme, "sap")
    operator.post(f"/connect/{pk}/pause/", reason="stock-taking")
    for path in ("/tasks/", "/"):
        answer = operator.get(path)
        assert "somebody has paused it. stock-taking" in words(answer)
        assert "it cannot be used" not in words(answer)
        assert f'href="/connect/{pk}/"' in answer.content.decode()


def test_a_connection_is_removed_only_if_no_flow_uses_it(world: World, owner: Desk, acme: Customer) -> None:  # noqa: F811
    assert "Flows use this connection" in words(owner.post(f"/connect/{one_of(acme, 'sap')}/remove/"))
    owner.post("/connect/new/sap/", **sap_form(world))
    pk = str(row_of(acme, "SAP test").pk)
    assert "is removed, with its credentials" in words(owner.post(f"/connect/{pk}/remove/"))
    assert owner.get(f"/connect/{pk}/").status_code == 404


def test_who_may_do_what(world: World, acme: Customer) -> None:  # noqa: F811
    pk = one_of(acme, "sap")
    viewer, operator = enter(acme, Role.VIEWER), enter(acme, Role.OPERATOR)
    assert [viewer.get(path).status_code for path in ("/connect/", f"/connect/{pk}/")] == [200, 200]
    for desk, deeds in ((viewer, ("ping", "pause", "resume", "remove")), (operator, ("remove",))):
        assert {desk.post(f"/connect/{pk}/{deed}/", reason="x").status_code for deed in deeds} == {403}
        assert desk.get("/connect/new/sap/").status_code == desk.get(f"/connect/{pk}/edit/").status_code == 403
        assert desk.post("/connect/new/sap/", **sap_form(world)).status_code == 403


def test_another_customer_finds_and_changes_nothing(world: World, acme: Customer, globex: Customer) -> None:  # noqa: F811
    pk, stranger = one_of(acme, "sap"), enter(globex, Role.OWNER)
    assert "Nothing is connected yet" in stranger.page("/connect/")
    for path in ("", "edit/"):
        assert stranger.get(f"/connect/{pk}/{path}").status_code == 404
    assert stranger.post(f"/connect/{pk}/ping/").status_code == 404
    stranger.post(f"/connect/{pk}/remove/")
    assert row_of(acme, "sap")


def test_a_list_costs_the_same_however_many_there_are(world: World, owner: Desk, acme: Customer) -> None:  # noqa: F811
    few = owner.statements("/connect/")
    with schema_context(acme.schema_name):
        for n in range(5):
            Connection.objects.create(name=f"sap {n}", system="sap", environment="sandbox", base_url="https://8.8.8.8")
    assert owner.statements("/connect/") == few
    assert not [sql for sql in owner.sql if '"credentials"' in sql]


def test_a_ping_that_is_under_way_is_shown_line_by_line_until_it_is_over(world: World, acme: Customer) -> None:  # noqa: F811
    viewer, pk = enter(acme, Role.VIEWER), one_of(acme, "sap")
    path, asked = f"/connect/{pk}/asking/", {"HX-Request": "true"}
    with schema_context(acme.schema_name):
        checks = [Check("Signing in", ok=True, detail=""), Check("Reading vendors", ok=False, detail="")]
        answers = noted(UUID(pk), checks)
        assert next(answers).name == "Signing in"
    assert "It is being asked, reading only works Signing in" in viewer.page(f"/connect/{pk}/")
    first = viewer.get(f"{path}?seen=none", **asked)
    assert (first.status_code, "Reading vendors" in words(first)) == (200, False)
    again = f"{path}?seen={first.headers['ETag'].strip(chr(34))}"
    assert viewer.get(again, **asked).status_code == 204
    with schema_context(acme.schema_name):
        next(answers)
    assert "look at this Reading vendors" in words(viewer.get(again, **asked))
    with schema_context(acme.schema_name):
        assert list(answers) == []
    over = viewer.get(again, **asked)
    assert (over.status_code, over.headers["HX-Refresh"]) == (204, "true")
    assert "It is being asked" not in viewer.page(f"/connect/{pk}/")


def test_the_page_that_pings_shows_progress_before_the_first_answer_and_is_never_reloaded_under_it(
    world: World,  # noqa: F811
    acme: Customer,
) -> None:
    operator, pk = enter(acme, Role.OPERATOR), one_of(acme, "sap")
    page = operator.get(f"/connect/{pk}/").content.decode()
    assert f'hx-get="/connect/{pk}/asking/?begun=yes" hx-trigger="htmx:beforeRequest from:#ping-form"' in page
    answer = operator.get(f"/connect/{pk}/asking/?begun=yes", **{"HX-Request": "true"})
    assert (answer.status_code, "HX-Refresh" in answer.headers) == (200, False)
    assert "It is being asked, reading only" in words(answer)


def test_how_far_a_ping_is_stays_within_its_customer(world: World, acme: Customer, globex: Customer) -> None:  # noqa: F811
    stranger, pk = enter(globex, Role.OWNER), one_of(acme, "sap")
    with schema_context(acme.schema_name):
        answers = noted(UUID(pk), [Check("Signing in", ok=True, detail="")])
        next(answers)
    assert stranger.get(f"/connect/{pk}/asking/").status_code == 404
    with schema_context(globex.schema_name):
        assert answered_so_far(UUID(pk)) is None
    with schema_context(acme.schema_name):
        list(answers)
