"""Which host shows what."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from tenants import schema
from tenants.models import Domain

STRANGE = ["unknown.localhost", "evil.example", "acme.localhost.evil.example"]


@pytest.mark.parametrize("host", STRANGE)
def test_an_unknown_host_shows_nothing(acme, host):
    answer = Client(SERVER_NAME=host).get("/sign-in/")
    assert (answer.status_code, answer.content) == (404, b"No such host.\n")


def test_a_customer_may_have_a_host_of_their_own_choice(acme):
    Domain.objects.create(domain="books.localhost", tenant=acme)
    answer = Client(SERVER_NAME="Books.localhost").get("/sign-in/")
    assert answer["Location"].startswith("http://localhost/hand-over/?to=books.localhost&")


def test_the_port_of_the_request_is_kept(acme):
    answer = Client(HTTP_HOST="acme.localhost:8123").get("/sign-in/")
    assert answer["Location"].startswith("http://localhost:8123/hand-over/?to=acme.localhost&")


@pytest.mark.parametrize("host", ["localhost", "acme.localhost", "10.0.0.7", "unknown"])
def test_health_is_answered_under_any_name(acme, host):
    answer = Client(SERVER_NAME=host).get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_health_tells_when_the_database_is_gone(db, monkeypatch):
    def gone() -> None:
        raise OperationalError("canary")

    with monkeypatch.context() as patch:
        patch.setattr("tenants.middleware.connection.cursor", gone)
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (503, b"database unreachable\n")


@pytest.mark.parametrize("path", ["/", "/admin/", "/hand-over/"])
def test_strangers_are_asked_to_sign_in(db, path):
    answer = Client(SERVER_NAME="localhost").get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("path", ["/", "/admin/", "/admin/integrations/connection/"])
def test_strangers_are_asked_to_sign_in_at_a_customer(acme, path):
    answer = Client(SERVER_NAME="acme.localhost").get(path)
    assert answer["Location"].startswith("/sign-in/?next=")


def test_a_stranger_cannot_post(acme):
    assert Client(SERVER_NAME="acme.localhost").post("/sign-out/").status_code == 403


def test_forms_need_a_token_of_the_same_host(db):
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert strict.post("/sign-in/", {"login": "a@b.test", "password": "canary"}).status_code == 403


@pytest.mark.parametrize("path", ["/choose/", "/tenants/customer/"])
def test_an_unknown_page_is_not_found(acme, path):
    assert Client(SERVER_NAME="acme.localhost").get(path).status_code == 404


def test_a_request_leaves_the_connection_in_public(acme):
    Client(SERVER_NAME="acme.localhost").get("/sign-in/")
    assert schema.current() == "public"
