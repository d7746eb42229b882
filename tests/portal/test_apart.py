"""Two customers' people who guess each other's addresses: nothing is found, and nothing is changed. On every page."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from integrations.models import (
    Alert,
    ApiKey,
    Delivery,
    EventEndpoint,
    FitReport,
    ReconcileDifference,
    ReconcileReport,
    ReplayJob,
)
from tenants import schema
from tenants.models import Customer, Role
from tests.api.books import BEGINNING
from tests.api.records import work
from tests.portal.desk import Desk, enter
from tests.portal.routes import Route, everything, ids_of, routes

CANARY = "canary-of-globex"
FORM = {"reason": "a guess", "what": "unlink", "target_key": "1", "action": "replay", "confirm": "yes", "name": "x"}


def fill(customer: Customer, word: str) -> dict[str, Any]:
    """Rows of every kind that a page may be about, with a word in them by which they are known."""
    made = work(customer)
    now = timezone.now()
    with schema.within(customer):
        Delivery.objects.update(label=word, reason=word)
        report = ReconcileReport.objects.create(
            sync=made["orders"],
            state="finished",
            agree=False,
            started_by=word,
            started_at=now,
            causes={"late": 1},
            differing=1,
        )
        ReconcileDifference.objects.create(report=report, source_key=word, cause="late", detail=word)
        job = ReplayJob.objects.create(selection={"flows": ["vendors"]}, started_by=word, created_at=now, error=word)
        seen = {"first_seen_at": BEGINNING, "last_seen_at": BEGINNING}
        Alert.objects.create(kind="books-differ", cause=word, subject=word, **seen)
        ApiKey.objects.create(name=word, scope="read", created_at=now, created_by=word)
        EventEndpoint.objects.create(url="https://hooks.example/", name=word)
        FitReport.objects.create(state="finished", started_by=word, started_at=now)
    return {**made, "report": report, "job": job}


@pytest.fixture
def both(acme, globex) -> Desk:
    """An owner of acme, while globex has something of everything."""
    fill(acme, "of acme")
    fill(globex, CANARY)
    enter(globex, Role.OWNER)
    return enter(acme, Role.OWNER)


VARYING = [route for route in routes() if route.kinds]
BY_ID = [route for route in VARYING if {"uuid", "int"} & set(route.kinds)]


def names(route: Route) -> str:
    return route.name


@pytest.mark.parametrize("route", BY_ID, ids=names)
def test_an_address_of_another_customer_leads_nowhere(both, acme, globex, route):
    """A form is told its own mistakes before it is asked what it is about; either way nothing is done."""
    before, ids = (everything(globex), everything(acme)), ids_of(globex)
    ids |= {"slug": ["vendors", "cost-center"], "str": ["vendors", "cost-center"]}
    for path in route.paths(ids):
        asked, posted = both.get(path), both.post(path, follow=False, **FORM)
        assert asked.status_code in (404, 405), (path, asked.status_code)
        assert posted.status_code in (404, 405, 422, 303), (path, posted.status_code)
        assert CANARY not in asked.content.decode() + posted.content.decode()
    assert (everything(globex), everything(acme)) == before


def test_the_walk_finds_what_is_ones_own(both, acme):
    """Else a page that never answers would pass for one that keeps customers apart."""
    own = ids_of(acme)
    for route in BY_ID:
        if route.name in ("record", "book", "task-job"):
            assert 200 in {both.get(path).status_code for path in route.paths(own)}, route.name


@pytest.mark.parametrize("route", routes(), ids=names)
def test_no_page_shows_anything_of_another_customer(both, route):
    for path in route.paths({"slug": ["purchase-orders", "cost-center"], "str": ["vendors"], "uuid": [], "int": []}):
        answer = both.get(path)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code in (200, 302, 303, 400, 404, 405, 422), (path, answer.status_code)
        assert CANARY.encode() not in content, path


def test_no_page_opens_on_another_customers_host(both, globex):
    """The session belongs to acme's host; on globex's its cookie is nobody's."""
    before, there = everything(globex), both.browser.clients[both.host]
    given = {**ids_of(globex), "slug": ["vendors"], "str": ["vendors"]}
    for path in (path for route in routes() for path in list(route.paths(given))[:2]):
        on = {"SERVER_NAME": "globex.localhost"}
        for answer in (there.get(path, **on), there.post(path, FORM, **on)):
            assert answer.status_code in (302, 403), (path, answer.status_code)
            assert CANARY not in answer.content.decode()
    assert everything(globex) == before


def test_a_stranger_is_asked_to_sign_in_first(acme):
    stranger = enter(acme)
    stranger.browser.clients[stranger.host].logout()
    ids: dict[str, list[Any]] = {
        "slug": ["vendors"],
        "str": ["vendors"],
        "uuid": ["01890000-0000-7000-8000-000000000001"],
        "int": [1],
    }
    for path in (path for route in routes() for path in route.paths(ids)):
        answer = stranger.browser.clients[stranger.host].get(path)
        assert answer.status_code == 302, path
        assert "/sign-in/" in answer["Location"]
