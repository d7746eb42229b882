"""A form with a mistake comes back (422): what is wrong beside its field, what was entered in it, nothing done."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from integrations.models import AuditEvent, Connection, Reference, Sync, ValueMap
from tenants import schema
from tenants.models import Customer, Role
from tests.api.books import BEGINNING
from tests.api.records import work
from tests.portal.desk import Desk, enter, words

MAP = "/maps/cost-center/"


@pytest.fixture
def made(acme: Customer) -> dict[str, Any]:
    found = work(acme)
    with schema.within(acme):
        ValueMap.objects.create(map="cost-center", key="K1", value="12", updated_by="olga@acme.test")
        row = {"id": "12", "name": "Plumbing", "code": "K1", "active": True}
        unit = {"connection": found["servicetitan"], "kind": "business-unit", "key": "12", "name": "Plumbing"}
        Reference.objects.create(**unit, row=row, refreshed_at=BEGINNING)
    return found


@pytest.fixture
def desk(acme: Customer, made: dict[str, Any]) -> Desk:
    return enter(acme, Role.OWNER)


def field(answer: Any, name: str, value: str | None = None, *, having: str = "") -> str:
    """The tag of a control, by its name and, if it is one of several, its value."""
    for tag in map(unescape, re.findall(r"<(?:input|select|textarea)\b[^>]*>", answer.content.decode())):
        if f'name="{name}"' in tag and (value is None or f'value="{value}"' in tag) and having in tag:
            return tag
    raise AssertionError(f"{name} is not on the page {having}")


def beside(answer: Any, name: str, value: str | None = None) -> str:
    """What stands beside a control that is marked as wrong, as it is read out with it."""
    tag = field(answer, name, value, having='aria-invalid="true"')
    named = re.search(r'aria-describedby="([^"]+)"', tag)
    assert named, tag
    told = re.search(rf'<ul class="errors" id="{named[1].split()[-1]}">(.*?)</ul>', answer.content.decode(), re.DOTALL)
    assert told, f"{named[1]} is not on the page"
    return " ".join(unescape(re.sub("<[^>]+>", " ", told[1])).split())


def came_back(answer: Any) -> Any:
    assert answer.status_code == 422
    assert "notice good" not in answer.content.decode()
    return answer


def test_a_value_that_is_missing_stands_beside_its_field_and_the_note_is_kept(desk: Desk) -> None:
    form: Any = {"key": "K2", "other:K2": " ", "label:K2": "Heating & Air"}
    answer = came_back(desk.post(f"{MAP}preview/", **form))
    assert beside(answer, "other:K2") == "Choose or enter a value for each code that you want to map."
    assert 'value="Heating & Air"' in field(answer, "label:K2")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("other:K2", "9" * 201, "A value has at most 200 characters."),
        ("other:K2", "1\x002", "A value holds a sign that cannot be kept."),
        ("label:K2", "n" * 201, "A note has at most 200 characters."),
    ],
)
def test_what_a_row_cannot_hold_stands_beside_its_field(desk: Desk, name: str, text: str, said: str) -> None:
    form: Any = {"key": "K2", "other:K2": "12", "label:K2": "", name: text}
    answer = came_back(desk.post(f"{MAP}preview/", **form))
    assert beside(answer, name) == said


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "Enter a code first."),
        ("  ", "Enter a code first."),
        ("1*2", 'The key "1*2" is no rule: a rule is a prefix and one star at its end, e.g. "10*", or "*" alone.'),
        ("9" * 121, "A code has at most 120 characters."),
    ],
)
def test_a_code_that_is_none_stands_beside_its_field(desk: Desk, key: str, said: str) -> None:
    answer = came_back(desk.get(f"{MAP}edit/?key={key}"))
    assert beside(answer, "key", key) == said


def test_a_list_of_which_nothing_is_ticked_says_so_and_keeps_what_was_chosen(desk: Desk, acme: Customer) -> None:
    with schema.within(acme):
        Reference.objects.filter(key="12").update(row={"id": "12", "name": "Plumbing", "code": "K2", "active": True})
    form: Any = {"value:K2": "12"}
    answer = came_back(desk.post(f"{MAP}preview/?only=unmapped", **form))
    assert "Tick at least one code first." in words(answer)
    assert [code.key for code in answer.context["codes"]] == ["K2"]


def test_nothing_to_change_is_told_where_the_form_is(desk: Desk) -> None:
    form: Any = {"key": "K1", "other:K1": "12"}
    answer = came_back(desk.post(f"{MAP}preview/", **form))
    assert "There is nothing to change: all of this is so already." in words(answer)
    assert 'value="12"' in field(answer, "other:K1")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "Choose a file first."),
        (b"\xff\xfe", "The file is not UTF-8: save it as CSV UTF-8 and upload it again."),
        (b"k" * (2**21 + 1), "The file is larger than 2 MB: split it."),
        (b"key,value\nK1,\n", "line 2: a row has a key and a value."),
    ],
)
def test_a_file_that_cannot_be_read_is_told_beside_its_field(desk: Desk, data: bytes | None, said: str) -> None:
    form = {"upload": "yes", **({"file": SimpleUploadedFile("map.csv", data)} if data is not None else {})}
    answer = came_back(desk.browser.clients[desk.host].post(f"{MAP}preview/", form))
    assert beside(answer, "file") == said


@pytest.mark.parametrize(
    ("given", "name", "said"),
    [
        ({"keep": "days"}, "days", "Say how many days."),
        ({"keep": "days", "days": "3"}, "days", "At least 7 days."),
        ({"keep": "days", "days": "many"}, "days", "Enter a whole number of days."),
        (
            {"keep": "always", "days": "60"},
            "keep",
            "Select a valid choice. always is not one of the available choices.",
        ),
    ],
)
def test_days_that_cannot_be_stand_in_the_form_of_their_class(desk: Desk, given: Any, name: str, said: str) -> None:
    answer = came_back(desk.post("/retention/inbound/", **given))
    assert beside(answer, name) == said
    assert answer.content.decode().count('<details class="confirm" open>') == 1
    if "days" in given:
        assert f'value="{given["days"]}"' in field(answer, "days", given["days"])


def test_every_part_of_a_fit_report_that_is_missing_is_told_at_once(desk: Desk, made: dict[str, Any]) -> None:
    answer = came_back(desk.post("/fit/", sap="nonsense", servicetitan=str(made["servicetitan"].pk)))
    assert beside(answer, "sap") == "Choose a connection to SAP S/4HANA."
    assert beside(answer, "flows", "vendors") == "Choose at least one flow."
    assert "checked" not in field(answer, "flows", "vendors")
    answer = came_back(desk.post("/fit/", sap="nonsense", flows="vendors"))
    assert "checked" in field(answer, "flows", "vendors")
    assert "checked" not in field(answer, "flows", "purchase-orders")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (" ", "Say why: it is kept in the audit."),
        ("a\x00b", "Say why: it is kept in the audit."),
        ("w" * 301, "At most 300 characters, please."),
    ],
)
def test_a_reason_that_is_none_stands_beside_its_field(
    desk: Desk, acme: Customer, made: dict[str, Any], reason: str, said: str
) -> None:
    for path in (
        "/flows/purchase-orders/pause/",
        f"/connect/{made['servicetitan'].pk}/pause/",
        f"/records/{made['held'][0].pk}/dismiss/",
    ):
        answer = came_back(desk.post(path, reason=reason))
        assert beside(answer, "reason") == said, path
    cause: Any = {"flow": "purchase-orders", "state": "quarantined", "code": "unmapped-cost-center"}
    answer = came_back(desk.post("/tasks/many/start/", action="dismiss", reason=reason, **cause))
    assert beside(answer, "reason") == said
    with schema.within(acme):
        assert not Sync.objects.filter(state="paused").exists()
        assert not Connection.objects.filter(state="paused").exists()
        assert not AuditEvent.objects.exclude(action__startswith="customer.").exists()


def test_a_link_that_is_refused_keeps_number_and_reason(desk: Desk, made: dict[str, Any]) -> None:
    path = f"/records/{made['done'].pk}/links/{made['link'].pk}/"
    answer = came_back(desk.post(path, what="relink", target_key="5002", reason=" "))
    assert beside(answer, "reason", " ") == "Say why: it is kept in the audit."
    assert 'value="5002"' in field(answer, "target_key")
    answer = came_back(desk.post(path, what="relink", target_key="", reason="double"))
    assert beside(answer, "target_key") == "Say which record it is there."
    assert 'value="double"' in field(answer, "reason", "double")


def test_a_cut_off_date_that_is_none_stands_beside_its_field(desk: Desk) -> None:
    answer = came_back(desk.post("/flows/purchase-orders/cut-off/", day="31.1.2026"))
    assert beside(answer, "day") == "Enter a valid date."
    assert 'value="31.1.2026"' in field(answer, "day")


def test_a_role_that_is_refused_leaves_its_form_open(desk: Desk) -> None:
    me = desk.browser.clients[desk.host].session["_auth_user_id"]
    answer = came_back(desk.post(f"/team/{me}/role/", role="viewer"))
    assert "This is the only owner. Make somebody else an owner first." in words(answer)
    assert "checked" in field(answer, "role", "viewer")
