"""Every page costs the same number of SQL statements with ten records and with a thousand, and none counts them all."""

from __future__ import annotations

from typing import Any

from integrations.models import Delivery
from tenants import schema
from tenants.models import Role
from tests.api.records import more
from tests.portal.desk import enter
from tests.portal.routes import routes
from tests.portal.test_apart import fill

MOST = 40
ASKED = ("/records/?q=4500000001", "/records/?q=5001", "/records/?state=person&since=2026-03-01")


def test_no_page_asks_more_of_the_database_as_records_become_more(acme):
    fill(acme, "x")
    more(acme, 10)
    desk = enter(acme, Role.OWNER)
    given: dict[str, list[Any]] = {"slug": ["purchase-orders", "cost-center"], "str": ["vendors"], "int": []}
    with schema.within(acme):
        given["uuid"] = [Delivery.objects.order_by("pk")[0].pk]
    paths = [*(path for route in routes() for path in route.paths(given)), *ASKED]
    shown = [path for path in paths if desk.get(path).status_code == 200]
    assert {"/", "/records/", "/tasks/", "/books/"} < set(shown)
    few = {path: desk.statements(path) for path in shown}
    more(acme, 1000, first=10)
    assert {path: desk.statements(path) for path in shown} == few
    assert max(few.values()) <= MOST, few
    for path in ("/", "/records/", "/records/?q=4500000001"):
        desk.statements(path)
        assert not [sql for sql in desk.sql if "COUNT(*)" in sql], path
