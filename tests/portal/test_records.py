"""Records in the portal: found by any number, shown with their story, sent again, dismissed and linked otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import AuditEvent, Delivery, Link, RecordNumber, Sync
from tenants import schema
from tenants.models import Role
from tests.api.records import held_up, more, work
from tests.portal.desk import Desk, enter, words


@pytest.fixture
def made(acme) -> dict[str, Any]:
    return work(acme)


@pytest.fixture
def desk(acme, made) -> Desk:
    return enter(acme)


def keys(answer: Any) -> list[str]:
    return [row.source_key for row, *_ in answer.context["rows"]]


def test_records_stand_newest_first(desk):
    assert keys(desk.get("/records/"))[0] == "4500000102"
    assert len(keys(desk.get("/records/"))) == 4


@pytest.mark.parametrize("term", ["4500000001", "45000000", "5001", " 5001 "])
def test_a_record_is_found_by_its_number_on_either_side(desk, term):
    assert "4500000001" in keys(desk.get(f"/records/?q={term}"))


@pytest.mark.parametrize("term", ["INV-77/A", "inv77a", "0INV 77a", "inv7"])
def test_a_record_is_found_by_a_number_that_stands_in_it(desk, made, acme, term):
    with schema.within(acme):
        RecordNumber.objects.create(number="INV77A", sync=made["orders"], source_key="4500000001")
    assert keys(desk.get(f"/records/?q={term}")) == ["4500000001"]


def test_a_number_that_nobody_has_is_said_so(desk):
    assert "Nothing fits" in desk.page("/records/?q=9999999999")


def test_only_the_newest_version_stands_for_a_record(desk, made, acme):
    with schema.within(acme):
        Delivery.objects.filter(pk=made["held"][0].pk).update(state="superseded")
        newer = held_up(made["orders"], "x", 9)
        Delivery.objects.filter(pk=newer.pk).update(source_key=made["held"][0].source_key, number=2)
    found = desk.get(f"/records/?q={made['held'][0].source_key}")
    assert [row.number for row, *_ in found.context["rows"]] == [2]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("state=person", 3),
        ("state=delivered", 1),
        ("state=open", 0),
        ("flow=purchase-orders", 4),
        ("code=unmapped-cost-center", 3),
        ("needs=map:cost-center:K2", 3),
        ("since=2026-03-02&until=2026-03-02", 4),
        ("since=2026-03-03", 0),
        ("until=2026-03-01", 0),
    ],
)
def test_a_list_is_narrowed(desk, query, number):
    answer = desk.get(f"/records/?{query}")
    assert len(keys(answer)) == number
    assert ("Nothing fits" in words(answer)) is (number == 0)


@pytest.mark.parametrize(
    "query", ["state=gone", "flow=nonsense", "since=yesterday", "since=2026-03-03&until=2026-03-02", "q=%00"]
)
def test_a_filter_that_is_none_is_told_beside_its_field(desk, query):
    answer = desk.get(f"/records/?{query}")
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()


@pytest.mark.parametrize("page", ["/records/", "/records/csv/", "/audit/", "/audit/file/"])
@pytest.mark.parametrize("days", ["since=0001-01-01", "until=9999-12-31", "since=9999-12-31&until=9999-12-31"])
def test_the_first_and_the_last_day_that_there_is_break_no_list(acme, made, page, days):
    answer = enter(acme, Role.OWNER).get(f"{page}?{days}")
    assert answer.status_code == 200
    assert answer.getvalue()


def test_a_number_of_one_flow_finds_no_record_of_another_with_the_same_key(desk, made, acme):
    with schema.within(acme):
        row = made["held"][0]
        other, _ = Sync.objects.get_or_create(
            flow="vendors", defaults={"source": row.sync.source, "target": row.sync.target}
        )
        Delivery.objects.create(
            sync=other, source_key="K-7", label="a vendor", digest="d", number=1, payload={}, created_at=row.created_at
        )
        Delivery.objects.filter(pk=row.pk).update(source_key="K-7")
        RecordNumber.objects.create(sync=row.sync, source_key="K-7", number="8800001")
    assert [row.sync.flow for row, *_ in desk.get("/records/?q=8800001").context["rows"]] == ["purchase-orders"]


def test_pages_follow_each_other_without_a_gap(desk, acme):
    more(acme, 120)
    seen, path = [], "/records/?flow=purchase-orders"
    while path:
        answer = desk.get(path)
        seen += keys(answer)
        cursor = answer.context["cursor"]
        path = f"/records/?flow=purchase-orders&cursor={cursor}" if cursor else ""
    assert len(seen) == len(set(seen)) == 124


def test_a_cursor_of_another_list_leads_to_the_first_page_and_says_so(desk, acme):
    more(acme, 60)
    cursor = desk.get("/records/").context["cursor"]
    for strange in (f"/records/?state=person&cursor={cursor}", "/records/?cursor=nonsense"):
        assert "not known any more" in desk.page(strange)


def test_the_file_holds_all_of_the_list_and_no_formula(desk, made, acme):
    more(acme, 70)
    with schema.within(acme):
        Delivery.objects.filter(pk=made["done"].pk).update(label="=HYPERLINK(1)")
    answer = desk.get("/records/csv/?flow=purchase-orders")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 75
    assert lines[0].startswith("record,what,flow,state,reason")
    (line,) = [line for line in lines if line.startswith("4500000001,")]
    assert "'=HYPERLINK(1)" in line
    assert ",delivered," in line
    assert ",5001," in line


def test_the_file_of_one_customer_holds_nothing_of_another(desk, globex):
    work(globex)
    with schema.within(globex):
        Delivery.objects.update(label="of globex")
    assert b"of globex" not in b"".join(desk.get("/records/csv/").streaming_content)


def test_a_record_tells_its_story_in_words(desk, made):
    text = desk.page(f"/records/{made['done'].pk}/")
    assert "Delivered, and read back in ServiceTitan" in text
    assert "Sent to ServiceTitan: accepted" in text
    assert "Used 1 row of maps" in text


def test_a_record_that_is_held_up_says_why_and_what_to_do(desk, made):
    text = desk.page(f"/records/{made['held'][0].pk}/")
    assert "No value is mapped in “Cost centers” for K2." in text
    assert "Give K2 a value in the map Cost centers: saving it lets all of them go on." in text


def test_sending_again_leads_to_the_version_that_goes_on(desk, made, acme):
    answer = desk.post(f"/records/{made['done'].pk}/replay/")
    assert "It goes on: version 2 is on its way." in words(answer)
    with schema.within(acme):
        event = AuditEvent.objects.get(action="delivery.replayed")
        assert (event.actor_label, event.subject) == ("operator@acme.test", "purchase-orders 4500000001")


def test_what_people_did_stands_in_the_story_in_their_words(desk, made):
    row, link = made["held"][0], made["link"]
    desk.post(f"/records/{row.pk}/replay/")
    desk.post(f"/records/{row.pk}/dismiss/", reason="double")
    desk.post(f"/records/{made['done'].pk}/links/{link.pk}/", what="relink", target_key="5002", reason="twin")
    text = desk.page(f"/records/{row.pk}/") + desk.page(f"/records/{made['done'].pk}/")
    for words_of in ("Sent again by operator@", "Dismissed by operator@", "Linked to another record by operator@"):
        assert words_of in text
    assert "Delivery " not in text


def test_sending_again_three_times_makes_one_version(desk, made, acme):
    for _ in range(3):
        desk.post(f"/records/{made['held'][0].pk}/replay/")
    with schema.within(acme):
        assert Delivery.objects.filter(source_key=made["held"][0].source_key).count() == 1


def test_dismissing_takes_a_reason(desk, made, acme):
    path = f"/records/{made['held'][0].pk}/dismiss/"
    assert "Say why" in words(desk.post(path, reason=" "))
    with schema.within(acme):
        assert Delivery.objects.get(pk=made["held"][0].pk).state == "quarantined"
    assert "Dismissed." in words(desk.post(path, reason="Entered by hand."))
    with schema.within(acme):
        assert Delivery.objects.get(pk=made["held"][0].pk).state == "dismissed"
    assert "cannot be dismissed" in words(desk.post(path, reason="again"))


def test_a_record_is_linked_to_another_one_and_taken_apart(desk, made, acme):
    path = f"/records/{made['done'].pk}/links/{made['link'].pk}/"
    assert "Say which record" in words(desk.post(path, what="relink", reason="double", target_key=""))
    assert "Linked to 5002." in words(desk.post(path, what="relink", reason="double", target_key="5002"))
    assert "Unlinked." in words(desk.post(path, what="unlink", reason="not ours"))
    with schema.within(acme):
        assert Link.objects.get(pk=made["link"].pk).target_key == ""
        actions = set(AuditEvent.objects.values_list("action", flat=True))
        assert {"link.relinked", "link.unlinked"} <= actions


def test_a_link_of_another_record_is_not_found(desk, made):
    path = f"/records/{made['held'][0].pk}/links/{made['link'].pk}/"
    assert desk.post(path, what="unlink", reason="x").status_code == 404


@pytest.mark.parametrize("verb", ["replay", "dismiss", "read-again", "preview"])
def test_a_viewer_changes_nothing(acme, made, verb):
    viewer = enter(acme, Role.VIEWER)
    page = viewer.get(f"/records/{made['held'][0].pk}/").content.decode()
    assert f"/{verb}/" not in page
    assert viewer.post(f"/records/{made['held'][0].pk}/{verb}/", reason="x").status_code == 403
    with schema.within(acme):
        assert Delivery.objects.get(pk=made["held"][0].pk).state == "quarantined"


def test_a_get_changes_nothing(desk, made):
    for verb in ("replay", "dismiss", "read-again", "preview", "compare"):
        assert desk.get(f"/records/{made['held'][0].pk}/{verb}/").status_code == 405


def test_a_system_that_is_away_is_told_in_place(desk, made, acme):
    with schema.within(acme):
        sync = Sync.objects.select_related("source").get(flow="purchase-orders")
        sync.source.state, sync.source.pause_reason = "paused", "SAP refused the credentials."
        sync.source.save()
    answer = desk.post(f"/records/{made['done'].pk}/compare/")
    assert answer.status_code == 200
    assert "It could not be read" in words(answer)
