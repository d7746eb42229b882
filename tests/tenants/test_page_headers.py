"""What browsers are told about our pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from devservices.state import CHECKOUT
from tenants.models import Domain, Person
from tests.tenants.browser import PASSWORD, Browser

TEMPLATES = sorted((CHECKOUT / "templates").rglob("*.html"))


def rules(host: str, path: str) -> dict[str, str]:
    answer = Client(SERVER_NAME=host).get(path)
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


@pytest.mark.parametrize(
    ("host", "path"),
    [("localhost", "/sign-in/"), ("acme.localhost", "/"), ("acme.localhost", "/nowhere/"), ("unknown.localhost", "/")],
)
def test_our_own_pages_run_nothing_that_stands_in_the_page_or_comes_from_elsewhere(acme, host, path):
    found = rules(host, path)
    assert (found["default-src"], found["script-src"], found["style-src"]) == ("'none'", "'self'", "'self'")
    assert (found["frame-ancestors"], found["base-uri"]) == ("'none'", "'none'")
    assert "unsafe" not in " ".join(found.values())


@pytest.mark.parametrize("host", ["localhost", "acme.localhost"])
def test_the_admin_runs_no_script_that_stands_in_the_page_either(acme, host):
    found = rules(host, "/admin/")
    assert (found["default-src"], found["script-src"]) == ("'none'", "'self' 'unsafe-eval'")
    assert found["style-src"] == "'self' 'unsafe-inline'"


def test_forms_lead_to_hosts_of_ours_only(acme):
    assert rules("localhost", "/sign-in/")["form-action"] == "'self' http://*.localhost"
    assert rules("acme.localhost", "/")["form-action"] == "'self' http://localhost"


def test_signing_in_leads_to_a_customers_host_of_their_own_choice_and_to_no_other(acme):
    Domain.objects.create(domain="books.acme.example", tenant=acme)
    wanted = "/sign-in/?next=/hand-over/%3Fto%3D{}%26state%3D0"
    found = rules("localhost", wanted.format("books.acme.example"))
    assert found["form-action"] == "'self' http://*.localhost http://books.acme.example"
    assert rules("localhost", wanted.format("evil.example"))["form-action"] == "'self' http://*.localhost"


def test_other_sites_learn_nothing_and_no_device_is_used(acme):
    answer = Client(SERVER_NAME="localhost").get("/sign-in/")
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_what_the_policy_forbids(template: Path):
    text = re.sub(r"\{%.*?%\}", "", template.read_text())
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=.js:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


def test_no_page_of_the_admin_has_a_script_in_it(db):
    Person.objects.create_superuser("ana@acme.test", PASSWORD)
    browser = Browser()
    browser.sign_in("ana@acme.test")
    for page in ("", "tenants/customer/", "tenants/person/add/", "tenants/scheduledwork/"):
        answer = browser.open(f"http://localhost/admin/{page}")
        assert answer.status_code == 200, page
        assert re.findall(rb"<script(?![^>]*\s(?:src=|type=.application/json))[^>]*>", answer.content) == []


@pytest.mark.parametrize("wanted", ["/hand-over/%3Fto%3D%2500", "http://%5B", "%00"])
def test_a_way_on_that_is_no_address_breaks_no_page(client, db, wanted):
    assert client.get(f"/sign-in/?next={wanted}", headers={"host": "localhost"}).status_code == 200
