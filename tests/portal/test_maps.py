"""Maps in the portal: what is missing stands first, a change is looked at before it is saved, nobody is overwritten."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from integrations import catalogue
from integrations.models import AuditEvent, Delivery, Reference, ReplayJob, Step, ValueMap
from integrations.portal.map_words import WORDS
from tenants import schema
from tenants.models import Role, ScheduledWork
from tests.api.books import BEGINNING, digest_of
from tests.api.records import work
from tests.portal.desk import Desk, enter, words


@pytest.fixture
def made(acme: Any) -> dict[str, Any]:
    """An order that was written with K1 as 12 just now, three that wait for K2, and units of ServiceTitan."""
    found = work(acme)
    with schema.within(acme):
        Delivery.objects.filter(pk=found["done"].pk).update(created_at=timezone.now(), label="Order 4500000001")
        ValueMap.objects.create(map="cost-center", key="K1", value="12", label="Plumbing", updated_by="olga@acme.test")
        for key, name, code in (("12", "Plumbing", "K1"), ("13", "Heating", "K2"), ("14", "Solar", "S")):
            row = {"id": key, "name": name, "code": code, "active": True}
            unit = {"connection": found["servicetitan"], "kind": "business-unit", "key": key, "name": name, "row": row}
            Reference.objects.create(**unit, refreshed_at=BEGINNING)
    return found


@pytest.fixture
def owner(acme: Any, made: Any) -> Desk:
    return enter(acme, Role.OWNER)


@pytest.fixture
def viewer(acme: Any, made: Any) -> Desk:
    return enter(acme, Role.VIEWER)


def rows(acme: Any, name: str = "cost-center") -> dict[str, str]:
    with schema.within(acme):
        return dict(ValueMap.objects.filter(map=name).values_list("key", "value"))


def version(acme: Any, key: str = "K1") -> str:
    with schema.within(acme):
        return ValueMap.objects.get(key=key).updated_at.isoformat()


def send(desk: Desk, verb: str, form: dict[str, str]) -> Any:
    return desk.browser.open(f"http://{desk.host}/maps/cost-center/{verb}/", data=form)


def carried(*wanted: list[str]) -> str:
    return json.dumps(wanted)


def test_there_are_words_for_every_map() -> None:
    asked = {name for flow in catalogue.flows().values() for name in flow.maps}
    assert set(WORDS) == asked


def test_the_map_that_holds_records_up_stands_first_with_its_numbers(viewer: Desk) -> None:
    first = viewer.get("/maps/").context["rows"][0][1]
    assert (first.name, first.seen, first.rows, first.rules, first.missing, first.blocked) == (
        "cost-center", 2, 1, 0, 1, 3,
    )  # fmt: skip
    assert "1 code missing 3 records wait" in viewer.page("/maps/")


def test_a_map_shows_its_codes_with_names_of_both_systems_and_what_waits(viewer: Desk) -> None:
    codes = {code.key: code for code in viewer.get("/maps/cost-center/").context["codes"]}
    assert (codes["K1"].value, codes["K1"].value_name, codes["K1"].blocked) == ("12", "Plumbing", 0)
    assert (codes["K2"].value, codes["K2"].blocked) == ("", 3)
    assert [(one.value, one.reason) for one in codes["K2"].suggestions] == [("13", "the same code")]
    assert "Suggested: 13: Heating (the same code)" in viewer.page("/maps/cost-center/")


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("q=plumb", ["K1"]),
        ("q=12", ["K1"]),
        ("q=k2", ["K2"]),
        ("q=%25", []),
        ("only=unmapped", ["K2"]),
        ("only=blocked", ["K2"]),
        ("only=rules", []),
        ("only=vanished", []),
        ("only=nonsense", ["K1", "K2"]),
        ("cursor=K1", ["K2"]),
    ],
)
def test_codes_are_found_and_filtered(viewer: Desk, query: str, keys: list[str]) -> None:
    assert [code.key for code in viewer.get(f"/maps/cost-center/?{query}").context["codes"]] == keys


def test_a_code_that_a_rule_answers_says_so_and_misses_nothing(viewer: Desk, acme: Any) -> None:
    with schema.within(acme):
        ValueMap.objects.create(map="cost-center", key="K*", value="14")
    assert "14 Solar by the rule K*" in viewer.page("/maps/cost-center/?q=K2")
    assert viewer.get("/maps/cost-center/?only=unmapped").context["codes"] == []


def test_a_long_map_is_shown_page_by_page_at_a_constant_cost(viewer: Desk, acme: Any) -> None:
    costs = viewer.statements("/maps/cost-center/"), viewer.statements("/maps/")
    with schema.within(acme):
        ValueMap.objects.bulk_create([ValueMap(map="cost-center", key=f"M{n:03}", value="12") for n in range(120)])
    assert (viewer.statements("/maps/cost-center/"), viewer.statements("/maps/")) <= (costs[0] + 1, costs[1])
    seen: list[str] = []
    cursor = ""
    while True:
        answer = viewer.get(f"/maps/cost-center/?cursor={cursor}")
        seen += [code.key for code in answer.context["codes"]]
        if not (cursor := answer.context["next"]):
            break
    assert len(seen) == len(set(seen)) == 122


def test_accepted_suggestions_are_looked_at_before_they_are_saved(owner: Desk, acme: Any) -> None:
    form = {"key": "K2", "value:K2": "13", "version:K2": ""}
    answer = send(owner, "preview", form)
    assert answer.status_code == 200
    assert "3 records wait for this and would go on" in words(answer)
    assert "Heating" in words(answer)
    assert rows(acme) == {"K1": "12"}


def test_a_change_shows_which_records_would_come_out_differently(owner: Desk) -> None:
    answer = send(owner, "preview", {"key": "K1", "other:K1": "13"})
    assert "1 record would come out differently" in words(answer)
    (one,) = answer.context["reach"].examples
    assert (one.label, one.before, one.after) == ("Order 4500000001", "12", "13")


def test_saving_wakes_what_waits_and_sends_again_by_a_job_if_wanted(owner: Desk, acme: Any) -> None:
    wanted = carried(["K1", "13", "", version(acme)], ["K2", "13", "", ""])
    answer = owner.post("/maps/cost-center/save/", rows=wanted, days="30", again="yes")
    assert "2 rows are saved. 3 records that waited go on. 1 record is sent again." in words(answer)
    with schema.within(acme):
        job = ReplayJob.objects.get()
        assert (job.action, job.expected, job.state) == ("remap", 1, "running")
        actions = AuditEvent.objects.filter(actor_label="owner@acme.test").values_list("action", flat=True)
        assert {"value-map.saved", "remap-job.started"} <= set(actions)
        assert Delivery.objects.filter(state="pending").count() == 3
    assert ScheduledWork.objects.get(sync_id=job.pk).kind == "job"
    assert "Sending again what was written" in owner.page("/maps/cost-center/job/")
    page = owner.get("/maps/cost-center/").content.decode()
    assert 'data-live="3"' in page  # asked for by live.js, which leaves a hidden tab alone
    assert "every " not in " ".join(re.findall('hx-trigger="([^"]*)"', page))


def test_what_was_written_may_stay_as_it_is(owner: Desk, acme: Any) -> None:
    owner.post("/maps/cost-center/save/", rows=carried(["K1", "13", "", version(acme)]), again="no")
    assert rows(acme) == {"K1": "13"}
    with schema.within(acme):
        assert not ReplayJob.objects.exists()
        assert not Delivery.objects.filter(why="mapping").exists()


def test_two_people_at_one_row_are_told_of_each_other(owner: Desk, acme: Any) -> None:
    before = version(acme)
    owner.post("/maps/cost-center/save/", rows=carried(["K1", "13", "", before]), again="no")
    answer = owner.post("/maps/cost-center/save/", rows=carried(["K1", "14", "", before]), again="no")
    assert answer.status_code == 409
    assert "owner@acme.test" in words(answer)
    assert rows(acme) == {"K1": "13"}
    answer = owner.post("/maps/cost-center/save/", rows=answer.context["wanted"], again="no")
    assert (answer.status_code, rows(acme)) == (200, {"K1": "14"})


def test_who_wants_what_is_there_already_is_no_conflict(owner: Desk, acme: Any) -> None:
    before = version(acme)
    for _ in range(2):
        answer = owner.post("/maps/cost-center/save/", rows=carried(["K1", "13", "", before]), again="no")
        assert answer.status_code == 200


def test_a_row_is_removed_after_a_look_and_keeps_its_history(owner: Desk, acme: Any) -> None:
    answer = send(owner, "preview", {"key": "K1", "version:K1": version(acme), "remove": "yes"})
    assert "1 record would have no value any more" in words(answer)
    owner.post("/maps/cost-center/save/", rows=answer.context["wanted"])
    assert rows(acme) == {}
    assert "owner@acme.test 12 -" in owner.page("/maps/cost-center/history/?key=K1")


def test_a_malformed_rule_is_told_beside_its_row_and_cannot_be_saved(owner: Desk, acme: Any) -> None:
    for path in ("preview", "save"):
        answer = owner.post(f"/maps/unit/{path}/", rows=carried(["B*", "EA", "", ""]))
        assert answer.status_code == 422
        assert "is a rule, and this map takes exact codes only" in words(answer)
    assert rows(acme, "unit") == {}


def test_a_file_goes_out_and_comes_back_with_what_it_changes(owner: Desk, acme: Any) -> None:
    text = owner.get("/maps/cost-center/csv/").content.decode()
    assert text == "key,value,label\nK1,12,Plumbing\n"
    answer = upload(owner, text.replace("K1,12", "K1,13") + "K2,13,\n")
    assert [(line.key, line.before, line.after) for line in answer.context["lines"]] == [
        ("K1", "12", "13"),
        ("K2", "", "13"),
    ]
    owner.post("/maps/cost-center/save/", rows=answer.context["wanted"])
    assert rows(acme) == {"K1": "13", "K2": "13"}
    assert "There is nothing to change" in words(upload(owner, owner.get("/maps/cost-center/csv/").content.decode()))


def test_mistakes_in_a_file_are_told_by_line(owner: Desk, acme: Any) -> None:
    answer = upload(owner, "key,value\nK1,\nK*1,5\n")
    assert answer.status_code == 422
    assert "line 2: a row has a key and a value." in words(answer)
    assert "line 3:" in words(answer)
    for data, said in ((b"\xff\xfe", "not UTF-8"), (b"k" * (2**21 + 1), "larger than 2 MB")):
        assert said in words(upload(owner, data))
    assert rows(acme) == {"K1": "12"}


def upload(desk: Desk, data: str | bytes) -> Any:
    file = SimpleUploadedFile("map.csv", data.encode() if isinstance(data, str) else data)
    answer = desk.browser.clients[desk.host].post("/maps/cost-center/preview/", {"file": file})
    return desk.get("/maps/cost-center/") if answer.status_code == 303 else answer


@pytest.mark.parametrize("path", ["?q=%00", "?cursor=%00", "edit/?key=a%00&find=%00", "history/?key=a%00"])
def test_what_no_database_keeps_breaks_no_page(owner: Desk, path: str) -> None:
    assert owner.get(f"/maps/cost-center/{path}").status_code == 200


@pytest.mark.parametrize(
    "rows_given",
    [
        '[["a\\u0000", "1", "", ""]]',
        "",
        "[]",
        "{}",
        '[["K1"]]',
        '[["", "1", "", ""]]',
        "null",
        "[1]",
        '[["\\ud800", "1", "", ""]]',
        "[" * 100_000,
    ],
)
def test_what_no_page_of_ours_carries_is_not_found(owner: Desk, rows_given: str) -> None:
    assert owner.post("/maps/cost-center/save/", rows=rows_given).status_code == 404


def test_an_unknown_map_or_no_code_is_not_found(owner: Desk) -> None:
    for path in ("nonsense/", "nonsense/csv/", "nonsense/edit/?key=a", "cost-center/history/"):
        assert owner.get(f"/maps/{path}").status_code == 404


def test_a_choice_without_a_value_changes_nothing(owner: Desk, acme: Any) -> None:
    assert "Choose or enter a value" in words(owner.post("/maps/cost-center/preview/", key="K2"))


@pytest.mark.parametrize(
    ("given", "most"),
    [
        ({"key": "K" * 121}, 120),
        ({"key": "K2", "other:K2": "v" * 201}, 200),
        ({"key": "K2", "label:K2": "n" * 201}, 200),
    ],
)
def test_a_text_that_is_too_long_is_refused_and_never_cut(owner: Desk, given: dict[str, str], most: int) -> None:
    key = given["key"]
    form = {f"other:{key}": "23", f"version:{key}": "", **given}
    assert f"at most {most} characters" in words(send(owner, "preview", form))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_owners_change_a_map(acme: Any, made: Any, role: Role) -> None:
    desk = enter(acme, role)
    before = digest_of(acme)
    for path in ("preview", "save", "samples"):
        assert desk.post(f"/maps/cost-center/{path}/", rows=carried(["K1", "13", "", ""])).status_code == 403
    assert desk.get("/maps/cost-center/edit/?key=K1").status_code == 403
    assert "Look at what the ticked ones" not in desk.page("/maps/cost-center/")
    assert digest_of(acme) == before


def test_another_customers_map_is_another_map(acme: Any, globex: Any, made: Any) -> None:
    with schema.within(globex):
        ValueMap.objects.create(map="cost-center", key="G1", value="77")
    stranger, before = enter(globex, Role.OWNER), digest_of(acme)
    assert [code.key for code in stranger.get("/maps/cost-center/").context["codes"]] == ["G1"]
    stranger.post("/maps/cost-center/save/", rows=carried(["K1", "13", "", ""]))
    assert digest_of(acme) == before
    assert rows(globex) == {"G1": "77", "K1": "13"}


def test_the_window_bounds_what_is_counted(owner: Desk, acme: Any, made: Any) -> None:
    with schema.within(acme):
        Delivery.objects.filter(pk=made["done"].pk).update(created_at=timezone.now() - timedelta(days=40))
    given = {"key": "K1", "other:K1": "13"}
    assert send(owner, "preview", {**given, "days": "30"}).context["reach"].total == 0
    assert send(owner, "preview", {**given, "days": "90"}).context["reach"].total == 1
    with schema.within(acme):
        assert Step.objects.filter(state="done").count() == 1


def test_an_edit_opens_in_its_row_and_without_scripts_on_a_page(owner: Desk) -> None:
    path = "/maps/cost-center/edit/?key=K2"
    part, whole = owner.get(path, HX_Request="true"), owner.get(path)
    assert part.content.decode().strip().startswith("<tr")
    assert "<html" in whole.content.decode()
    for answer in (part, whole):
        assert 'name="value:K2" value="13"' in answer.content.decode()
    assert "14 Solar" in words(owner.get(f"{path}&find=sol"))


def test_a_code_that_only_its_own_system_names_stands_there_without_a_row(
    owner: Desk, made: dict[str, Any], acme: Any
) -> None:
    with schema.within(acme):
        center = {"connection": made["sap"], "kind": "cost-center", "key": "K9", "name": "Roofing", "row": {}}
        Reference.objects.create(**center, refreshed_at=BEGINNING)
    assert "K9 Roofing" in owner.page("/maps/cost-center/")


def test_every_suggestion_of_a_page_is_taken_at_once_and_looked_at_first(owner: Desk, acme: Any) -> None:
    form = {"suggested": "K2", "value:K2": "13", "key": "K1", "value:K1": "14", "version:K2": ""}
    looked = send(owner, "preview", {**form, "all": "yes"})
    assert [(line.key, line.after) for line in looked.context["lines"]] == [("K2", "13")]
    assert rows(acme) == {"K1": "12"}
    assert 'name="suggested" value="K2"' in owner.get("/maps/cost-center/").content.decode()
