"""The lists of both admin sites: constant statements, nothing counted, whatever page, filter or search is asked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.desk_lists import COUNTING, queries
from integrations.admin import customer_site
from tenants import schema
from tenants.admin import operators
from tenants.listing import KeysetAdmin
from tenants.models import Person, Role
from tests.support.rows import more, more_public
from tests.tenants.browser import PASSWORD, Browser

OWN, PUBLIC = list(customer_site._registry.items()), list(operators._registry.items())


def name_of(value: Any) -> str:
    return getattr(getattr(value, "_meta", None), "model_name", "")


def counted(sql: list[str]) -> list[str]:
    return [one for one in sql if COUNTING.search(one) and "GROUP BY" not in one]


@pytest.mark.parametrize(("model", "page"), OWN, ids=name_of)
def test_a_list_of_the_desk_costs_the_same_statements_however_long_it_is(acme, records, desk_as, model, page):
    viewer, path = desk_as(Role.VIEWER), f"integrations/{model._meta.model_name}/"
    with schema.within(acme):
        more(records, 0, 2)
        before = model.objects.count()
        asked = queries(page)
    viewer.get(path)
    few = {query: viewer.statements(path + query) for query in asked}
    with schema.within(acme):
        more(records, 100, 48)
        assert model.objects.count() > before
    for query in asked:
        assert viewer.statements(path + query) == few[query], query
        assert counted(viewer.sql) == [], query
    assert max(few.values()) < 15


@pytest.mark.parametrize(("model", "page"), PUBLIC, ids=name_of)
def test_a_list_of_the_operators_costs_the_same_statements_however_long_it_is(acme, model, page):
    person = Person.objects.create_superuser("root@host.test", PASSWORD)
    browser, path = Browser(), f"http://localhost/admin/{model._meta.app_label}/{model._meta.model_name}/"
    browser.sign_in(person.email)

    def statements(query: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert browser.open(path + query).status_code == 200
        assert counted([one["sql"] for one in caught]) == [], query
        return len(caught)

    more_public(person, 0, 2)
    before = model.objects.count()
    browser.open(path)
    few = {query: statements(query) for query in queries(page)}
    more_public(person, 100, 52)
    assert model.objects.count() > before
    assert {query: statements(query) for query in queries(page)} == few
    assert max(few.values()) < 15


@pytest.mark.parametrize(("model", "page"), [*OWN, *PUBLIC], ids=name_of)
def test_every_list_is_read_in_an_order_that_is_unique(model, page):
    order = [name.lstrip("-") for name in page.keyset or page.ordering]
    together = [set(constraint.fields) for constraint in model._meta.total_unique_constraints]
    alone = {field.name for field in model._meta.fields if field.unique} | {"id"}
    assert isinstance(page, KeysetAdmin)
    assert alone & set(order) or any(each <= set(order) for each in together), order


def test_the_second_page_goes_on_where_the_first_ends(acme, records, desk_as):
    with schema.within(acme):
        more(records, 0, 60)
    viewer, path, seen = desk_as(Role.VIEWER), "?", []
    for _ in range(2):
        text = viewer.get(f"integrations/delivery/{path}").content.decode()
        seen.append(re.findall(r"(4[56]\d{8})</a>", text))
        path = (re.findall(r'rel="next" href="([^"]+)"', text) or [""])[0]
    assert [len(page) for page in seen] == [50, 14]
    assert path == ""
    assert len({*seen[0], *seen[1]}) == 64


@pytest.mark.parametrize("asked", ["p=99", "p=after.xx", "p=before.W10", "p=after.WzFd", "p=after.W1siYSJdLCAxXQ"])
def test_a_position_that_is_none_shows_the_first_page(acme, records, desk_as, asked):
    text = desk_as(Role.VIEWER).get(f"integrations/delivery/?{asked}").content.decode()
    assert len(re.findall(r"(45\d{8})</a>", text)) == 4


def test_the_last_page_is_reached_at_once_and_read_backwards_to_the_first(acme, records, desk_as):
    with schema.within(acme):
        more(records, 0, 60)
    viewer, path, seen = desk_as(Role.VIEWER), "?p=end", []
    while path:
        text = viewer.get(f"integrations/delivery/{path}").content.decode()
        seen.append(re.findall(r"(4[56]\d{8})</a>", text))
        path = (re.findall(r'rel="prev" href="([^"]+)"', text) or [""])[0]
    assert [len(page) for page in seen] == [50, 14]
    assert len({*seen[0], *seen[1]}) == 64


@pytest.mark.parametrize("lookup", ["payload__icontains=x", "source_key__contains=4", "sync__source__name=x"])
def test_a_lookup_made_by_hand_is_refused(acme, records, desk_as, lookup):
    assert desk_as(Role.VIEWER).get(f"integrations/delivery/?{lookup}").status_code == 400


def test_facets_that_count_are_not_to_be_had(acme, records, desk_as):
    viewer = desk_as(Role.VIEWER)
    viewer.statements("integrations/delivery/?_facets=True")
    assert counted(viewer.sql) == []
