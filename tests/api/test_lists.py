"""Lists: pages by keyset, and always the same number of statements."""

from __future__ import annotations

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.api.kernel.pagination import SALT
from integrations.models import Connection, Run, Sync
from tenants import schema
from tenants.models import Membership, Person
from tests.api.books import BEGINNING, fill
from tests.api.caller import caller_of, make_key
from tests.api.routes import operations

LISTS = [
    each
    for each in operations()
    if each.method == "GET" and each.view.get.description.paged and "{" not in each.template
]


def pages(api, path: str) -> list[list[dict]]:
    """Every page of a list."""
    found = []
    while path:
        answer = api.get(path)
        assert answer.status_code == 200, answer.content
        found.append(answer.json()["items"])
        path = answer.json()["next"]
    return found


def test_every_row_is_on_one_page(api, acme):
    runs = fill(acme, runs=7)["runs"]
    found = pages(api, "runs?limit=3")
    assert [len(page) for page in found] == [3, 3, 1]
    assert [row["id"] for page in found for row in page] == [str(run.pk) for run in reversed(runs)]


def test_rows_of_the_same_moment_are_all_shown(api, acme):
    sync = fill(acme, runs=0)["sync"]
    with schema.within(acme):
        Run.objects.bulk_create([Run(sync=sync, started_at=BEGINNING) for _ in range(5)])
    found = [row["id"] for page in pages(api, "runs?limit=2") for row in page]
    assert len(set(found)) == len(found) == 5


def test_a_row_that_comes_meanwhile_moves_no_other(api, acme):
    made = fill(acme, runs=4)
    first = api.get("runs?limit=2").json()
    with schema.within(acme):
        Run.objects.create(sync=made["sync"], started_at=BEGINNING.replace(year=2027))
    second = api.get(first["next"]).json()
    assert [row["id"] for row in second["items"]] == [str(run.pk) for run in (made["runs"][1], made["runs"][0])]
    assert (second["next"], second["next_cursor"]) == (None, None)


def test_a_page_that_is_just_full_is_the_last(api, acme):
    fill(acme, runs=2)
    assert api.get("runs?limit=2").json()["next"] is None


def test_filters_stay_on_the_next_page(api, acme):
    fill(acme, runs=4)
    first = api.get("runs?limit=2&flow=vendors&state=completed").json()
    assert len(api.get(first["next"]).json()["items"]) == 2
    assert api.get(f"runs?limit=2&flow=other&cursor={first['next_cursor']}").status_code == 400


def strange_cursors(api, acme, globex):
    fill(acme, runs=4)
    fill(globex, runs=4)
    ours = api.get("runs?limit=2").json()["next_cursor"]
    other_customer = caller_of(globex).get("runs?limit=2").json()["next_cursor"]
    value = signing.loads(ours, salt=SALT)
    shorter = signing.dumps({**value, "v": value["v"][:1]}, salt=SALT)
    wrong_type = signing.dumps({**value, "v": ["canary", 5]}, salt=SALT)
    no_object = signing.dumps([1], salt=SALT)
    return ["", "canary", ours[:-1], ours + "x", other_customer, shorter, wrong_type, no_object]


def test_a_cursor_that_is_not_of_this_list_is_refused(api, acme, globex):
    for cursor in strange_cursors(api, acme, globex):
        answer = api.get(f"runs?limit=2&cursor={cursor}")
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:ml-connector:problem:invalid-cursor"), cursor


def grow(acme, many: int) -> None:
    """Many rows of everything that has a list."""
    fill(acme, runs=many, more_connections=many)
    for number in range(many):
        person = Person.objects.create_user(f"p{number}@acme.test")
        Membership.objects.create(customer=acme, person=person)
        make_key(acme, "read")


@pytest.mark.parametrize("each", LISTS, ids=lambda each: each.template)
def test_a_list_takes_the_same_statements_whatever_its_length(api, acme, each):
    counts = []
    for many in (2, 50):
        with schema.within(acme):
            for model in (Run, Sync, Connection):
                model.objects.all().delete()
        Person.objects.all().delete()
        grow(acme, many)
        api.get(each.path)  # the key is seen once a minute
        with CaptureQueriesContext(
            connection,
        ) as seen:
            answer = api.get(f"{each.path}?limit=200")
        counts.append(len(seen))
        assert answer.status_code == 200
    assert counts[0] == counts[1], [query["sql"] for query in seen]
