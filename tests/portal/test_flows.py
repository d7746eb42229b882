"""Flows in the portal: set up, looked at, switched on flow by flow, steered; each role as far as it goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import audit, catalogue, going_live, sync_options
from integrations.models import AuditEvent, Connection, Delivery, Run, Sync, ValueMap
from integrations.portal import flow_words
from integrations.portal.flow_words import WORDS as FLOW_WORDS
from integrations.portal.option_words import CHOICES, MEMBERS
from integrations.portal.option_words import WORDS as OPTION_WORDS
from integrations.portal.schedule_words import clock_change, in_words
from tenants import schema
from tenants.models import Role, ScheduledWork
from tests.api.books import digest_of, fill
from tests.portal.desk import Desk, enter, words

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FLOW = "purchase-orders"


@pytest.fixture
def made(acme: Any) -> dict[str, Any]:
    """Both connections, well; the vendors' flow is live, that of the orders is not set up."""
    found = fill(acme)
    with schema.within(acme):
        Connection.objects.update(checked_at=timezone.now())
    return found


@pytest.fixture
def owner(acme: Any, made: Any) -> Desk:
    return enter(acme, Role.OWNER)


def settings(desk: Desk, flow: str = FLOW, **changed: str) -> Any:
    """Posts the form as it stands, with some fields changed."""
    form = desk.get(f"/flows/{flow}/settings/").context["form"]
    data: dict[str, str] = {"source": "", "target": ""}
    for bound in form:
        value = bound.value()
        if isinstance(value, bool):
            data |= {bound.name: "on"} if value else {}
        elif value not in (None, []):
            data[bound.name] = str(value)
    for end in form.connections:
        data[end.name] = end.field.choices[0][0]
    path = f"http://{desk.host}/flows/{flow}/settings/"
    return desk.browser.open(path, data={**data, **changed})


def do(desk: Desk, verb: str, flow: str = FLOW, **form: str) -> str:
    return words(desk.browser.open(f"http://{desk.host}/flows/{flow}/{verb}/", data=form))


def sync(acme: Any, flow: str = FLOW) -> Sync:
    with schema.within(acme):
        return Sync.objects.select_related("source", "target").get(flow=flow)


def checks(desk: Desk, flow: str = FLOW) -> set[tuple[str, str, str]]:
    return {(check.kind, check.code, check.state) for check in desk.get(f"/flows/{flow}/").context["checks"]}


def test_there_are_words_for_every_flow_option_and_choice() -> None:
    flows = catalogue.flows()
    assert set(FLOW_WORDS) == set(flows)
    assert set(OPTION_WORDS) == {name for flow in flows for name in sync_options.declared(flow)}
    tables = [entries for flow in flows.values() for entries in flow.tables.values()]
    offered = {value for flow in flows.values() for values in flow.choices.values() for value in values}
    offered |= {value for entries in tables for values in entries.values() for value in values}
    assert set(CHOICES) == offered
    assert set(MEMBERS) == {entry for entries in tables for entry in entries}


@pytest.mark.parametrize("flow", sorted(catalogue.flows()))
@pytest.mark.parametrize("page", ["", "settings/", "preview/"])
def test_every_flow_has_its_pages(owner: Desk, flow: str, page: str) -> None:
    assert owner.get(f"/flows/{flow}/{page}").status_code == 200


def test_flows_stand_in_an_order_in_which_they_can_be_switched_on(owner: Desk) -> None:
    rows = owner.get("/flows/").context["rows"]
    names = [row["name"] for row in rows]
    assert names.index("vendors") < names.index("purchase-orders") < names.index("supplier-invoices")
    states = {row["name"]: row["state"][0] for row in rows}
    assert (states["vendors"], states["purchase-orders"]) == ("first load", "not set up")


def test_settings_are_saved_without_going_live(owner: Desk, acme: Any) -> None:
    answer = settings(owner, **{"option-catch_all_sku": "5001", "every": "2", "unit": "m"})
    assert "The settings are saved." in words(answer)
    saved = sync(acme)
    assert (saved.enabled, saved.schedule, saved.options) == (False, {"every": "2m"}, {"catch_all_sku": "5001"})
    with schema.within(acme):
        assert AuditEvent.objects.filter(action="sync.switched-on", actor_label="owner@acme.test").exists()


def test_a_time_of_day_with_its_days_is_saved_and_told_in_words(owner: Desk, acme: Any) -> None:
    settings(owner, when="at", at="06:30", days="mon")
    assert sync(acme).schedule == {"at": "06:30", "days": ["mon"]}
    assert "At 06:30 on Monday" in owner.page(f"/flows/{FLOW}/")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"every": "5", "unit": "s"}, "every"),
        ({"every": ""}, "every"),
        ({"when": "at", "at": ""}, "at"),
        ({"option-batch": "501"}, "option-batch"),
        ({"option-line_cost_decimals": "x"}, "option-line_cost_decimals"),
        ({"option-history": "nonsense"}, "option-history"),
        ({"source": "nonsense"}, "source"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(
    owner: Desk, acme: Any, changed: dict[str, str], field: str
) -> None:
    answer = settings(owner, **changed)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    with schema.within(acme):
        assert not Sync.objects.filter(flow=FLOW).exists()


def test_a_figure_that_is_no_number_in_a_list_breaks_no_page(owner: Desk) -> None:
    answer = settings(owner, "vendors", **{"option-tag_type_ids": "12, ²"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["option-tag_type_ids"])


def test_two_people_at_the_settings_are_told_of_each_other(owner: Desk, acme: Any) -> None:
    settings(owner)
    version = owner.get(f"/flows/{FLOW}/settings/").context["form"]["version"].value()
    settings(owner, every="7")
    answer = settings(owner, every="9", version=version)
    assert answer.status_code == 409
    assert "Somebody else has changed these settings" in words(answer)
    assert sync(acme).schedule == {"every": "7m"}


def test_owners_of_fields_are_chosen_one_by_one(owner: Desk, acme: Any) -> None:
    settings(owner, "vendors", **{"option-owners-phone": "servicetitan"})
    assert sync(acme, "vendors").options == {"owners": {"phone": "servicetitan"}}


def test_before_it_goes_live_the_list_says_what_to_look_at(owner: Desk, acme: Any, made: Any) -> None:
    settings(owner)
    with schema.within(acme):
        ValueMap.objects.create(map="plant", key="P", value="1", missing_since=NOW)
    assert checks(owner) == {
        ("connection", "healthy", "good"),
        ("fit", "none", "warn"),
        ("needs", "live", "good"),
        ("maps", "missing", "warn"),
        ("preview", "none", "warn"),
    }


def test_a_paused_connection_keeps_a_flow_from_going_live(owner: Desk, acme: Any) -> None:
    settings(owner)
    with schema.within(acme):
        Connection.objects.filter(name="sap").update(state="paused", pause_reason="SAP refused the credentials.")
    assert ("connection", "paused", "bad") in checks(owner)
    assert "Something is in the way" in do(owner, "go-live")
    assert not sync(acme).enabled


def test_a_flow_without_connections_says_so(acme: Any) -> None:
    desk = enter(acme, Role.OWNER)
    assert checks(desk) == {("connection", "missing", "bad")}
    assert "Something is in the way" in do(desk, "go-live")


def test_going_live_makes_it_due_and_stands_in_the_audit(owner: Desk, acme: Any) -> None:
    settings(owner)
    assert "It is live" in do(owner, "go-live")
    live = sync(acme)
    assert live.enabled
    due = ScheduledWork.objects.get(sync_id=live.pk, kind="poll").due_at
    assert due is not None
    assert due <= timezone.now()
    with schema.within(acme):
        event = AuditEvent.objects.filter(action="sync.changed").latest("sequence")
        assert event.detail == {"before": {"enabled": False}, "after": {"enabled": True}}
    assert "switched off" in do(owner, "switch-off")
    assert not sync(acme).enabled


def test_a_flow_that_was_never_set_up_can_go_live_with_its_defaults(owner: Desk, acme: Any) -> None:
    assert "It is live" in do(owner, "go-live", "cost-centers")
    assert sync(acme, "cost-centers").schedule == going_live.DEFAULT_SCHEDULE


def test_an_operator_pauses_resumes_and_runs(acme: Any, made: Any) -> None:
    desk = enter(acme, Role.OPERATOR)
    assert "Say why" in do(desk, "pause", "vendors")
    assert "It is paused" in do(desk, "pause", "vendors", reason="Stock-taking")
    assert "This flow is paused (Stock-taking): resume it first." in do(desk, "run", "vendors")
    assert "It goes on" in do(desk, "resume", "vendors")
    assert "A worker looks for changes" in do(desk, "run", "vendors")
    assert "not set up yet" in do(desk, "run")
    with schema.within(acme):
        done = AuditEvent.objects.filter(actor_label="operator@acme.test").values_list("action", flat=True)
        assert [action for action in done.order_by("sequence") if action.startswith("sync.")] == [
            "sync.paused",
            "sync.resumed",
            "sync.run",
        ]


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        (Role.VIEWER, ["settings", "cut-off", "preview", "go-live", "switch-off", "pause", "resume", "run"]),
        (Role.OPERATOR, ["settings", "cut-off", "go-live", "switch-off"]),
    ],
)
def test_roles_go_as_far_as_they_go(acme: Any, made: Any, role: Role, refused: list[str]) -> None:
    desk, before = enter(acme, role), digest_of(acme)
    for verb in refused:
        answer = desk.post(f"/flows/vendors/{verb}/", reason="x")
        assert answer.status_code == 403, verb
    assert desk.get("/flows/vendors/").status_code == 200
    assert "Save settings" not in desk.page("/flows/vendors/settings/")
    assert digest_of(acme) == before


def test_another_customers_flows_are_others(acme: Any, globex: Any, made: Any) -> None:
    stranger, before = enter(globex, Role.OWNER), digest_of(acme)
    assert {row["state"][0] for row in stranger.get("/flows/").context["rows"]} == {"not set up"}
    assert "not set up yet" in do(stranger, "pause", "vendors", reason="x")
    assert digest_of(acme) == before


def test_a_cut_off_date_is_the_connections(owner: Desk, acme: Any) -> None:
    settings(owner)
    assert "The cut-off date is saved." in do(owner, "cut-off", day="2026-01-31")
    assert sync(acme).source.options == {"history_from": "2026-01-31"}
    assert "Documents made before 2026-01-31 are left out." in owner.page(f"/flows/{FLOW}/")
    answer = owner.post(f"/flows/{FLOW}/cut-off/", day="31.1.2026")
    assert (answer.status_code, list(answer.context["cut"].errors)) == (422, ["day"])
    do(owner, "cut-off", day="")
    assert sync(acme).source.options == {}


def test_a_preview_that_cannot_ask_says_why_and_changes_nothing(owner: Desk, acme: Any) -> None:
    settings(owner)
    with schema.within(acme):
        Connection.objects.update(base_url="http://127.0.0.1:9", ca_bundle="")
    before = digest_of(acme)
    assert "The systems could not be asked" in do(owner, "preview")
    assert digest_of(acme) == before


def test_a_preview_counts_until_the_settings_change(owner: Desk, acme: Any) -> None:
    settings(owner)
    with schema.within(acme):
        version, actor = going_live.version_of(sync(acme)), audit.Actor("person", "1", "olga@acme.test")
        detail = {"outcomes": {"create": 2}, "version": version}
        audit.record(actor=actor, action="flow.previewed", subject=FLOW, subject_id=f"flow:{FLOW}", detail=detail)
    assert ("preview", "looked-at", "good") in checks(owner)
    settings(owner, every="9")
    assert ("preview", "before-settings", "warn") in checks(owner)


def test_runs_show_their_arithmetic_and_a_first_load_how_long_it_takes(owner: Desk, acme: Any, made: Any) -> None:
    began_at = timezone.now() - timedelta(minutes=2)
    with schema.within(acme):
        counts = {"read": 12, "written": 5, "unchanged": 3, "skipped": 1, "quarantined": 1}
        Run.objects.create(sync=made["sync"], started_at=timezone.now(), state="delivering", **counts)
        load = {"read": 100, "total": 400, "began_at": began_at.isoformat(), "done": False}
        Sync.objects.filter(flow="vendors").update(cursor={"load": load})
    page = owner.page("/flows/vendors/")
    assert "under way 12 5 3 1 1 2" in page
    assert "100 / 400 , 0 on their way, about 6 minutes left" in page.replace("400,", "400 ,")


def test_pages_cost_the_same_however_many_records_there_are(owner: Desk, acme: Any, made: Any) -> None:
    paths = ("/flows/", "/flows/vendors/", f"/flows/{FLOW}/")
    costs = [owner.statements(path) for path in paths]
    with schema.within(acme):
        Delivery.objects.bulk_create(
            Delivery(
                sync=made["sync"], source_key=str(n), number=1, state="quarantined", needs="map:vendor:V", digest="d",
                payload={}, created_at=NOW,
            )
            for n in range(60)
        )  # fmt: skip
    assert [owner.statements(path) for path in paths] == costs


def test_an_unknown_flow_is_not_found(owner: Desk) -> None:
    for path in ("", "settings/", "preview/"):
        assert owner.get(f"/flows/nonsense/{path}").status_code == 404
    assert owner.post("/flows/nonsense/go-live/").status_code == 404


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"every": "1m"}, "Every minute"),
        ({"every": "30s"}, "Every 30 seconds"),
        ({"every": "2h"}, "Every 2 hours"),
        ({"at": "06:30"}, "At 06:30 every day (America/New York)"),
        ({"at": "06:30", "days": ["fri", "mon", "sun"]}, "At 06:30 on Monday, Friday and Sunday (America/New York)"),
    ],
)
def test_a_schedule_is_told_in_plain_words(spec: Any, said: str) -> None:
    assert in_words(spec, "America/New_York") == said


def test_the_next_change_of_the_clocks_is_told_for_times_of_day() -> None:
    spring = clock_change({"at": "02:30"}, "America/New_York", NOW)
    assert spring is not None
    assert (spring.on.isoformat(), spring.minutes) == ("2026-03-08", 60)
    autumn = clock_change({"at": "02:30"}, "Europe/Berlin", datetime(2026, 10, 1, tzinfo=UTC))
    assert autumn is not None
    assert (autumn.on.isoformat(), autumn.minutes) == ("2026-10-25", -60)
    assert clock_change({"at": "02:30"}, "America/Phoenix", NOW) is None
    assert clock_change({"every": "2m"}, "America/New_York", NOW) is None


def test_flows_stand_in_the_order_in_which_they_are_switched_on() -> None:
    order = flow_words.in_order()
    assert order == [
        "vendors",
        "cost-centers",
        "purchase-orders",
        "purchase-requisitions",
        "supplier-invoices",
        "ap-bills",
        "purchase-order-requests",
        "vendors-to-sap",
        "cost-centers-to-sap",
    ]
    assert all(order.index(need) < order.index(name) for name in order for need in catalogue.flows()[name].needs)


def test_a_live_flow_leads_to_the_next_one_in_order(owner: Desk) -> None:
    assert "Next flow" not in owner.page("/flows/purchase-orders/")
    assert "Next flow: Purchase requisitions" in do(owner, "go-live", "purchase-orders")
