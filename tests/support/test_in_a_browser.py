"""Two minutes of the support desk in a real browser, with both simulators over real HTTP and a live server.

Screenshots go to a temporary folder, or to the one that SCREENSHOTS names.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django_tenants.utils import schema_context
from playwright.sync_api import ViewportSize, sync_playwright

from integrations.models import AuditEvent, Sync, ValueMap
from tenants.models import Customer, Domain, Person
from tests.album import Album
from tests.journeys.conftest import make_world, world  # noqa: F401 - fixtures
from tests.journeys.ordering import HVAC, Ordering
from tests.journeys.world import World
from tests.tenants.browser import PASSWORD

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium on this system (apt-get install chromium)."),
]
NARROW, WIDE = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def port(settings: Any, own_database: Any) -> Iterator[int]:
    """A live server of the product; requests are answered one after the other, in a thread of their own."""
    from django.db import connections

    application: Any = StaticFilesHandler(get_wsgi_application())

    def answered(environ: Any, start: Any) -> Any:
        try:
            return [b"".join(application(environ, start))]
        finally:
            connections.close_all()

    server = make_server("127.0.0.1", 0, answered, server_class=WSGIServer, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's own loop runs in this thread
    with sync_playwright() as playwright:
        resolve = "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", resolve])
        page = browser.new_page(viewport=WIDE)
        page.set_default_timeout(60_000)
        yield page
        browser.close()


@pytest.fixture
def shoot(page: Any, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Takes a page at 1280 px, at 390 px and in the dark, and sees that nothing sticks out of a narrow window."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    album = Album("desk")

    def take(name: str) -> None:
        page.screenshot(path=folder / f"{name}-1280.png", full_page=True)
        album.see(page, name)
        page.set_viewport_size(NARROW)
        page.screenshot(path=folder / f"{name}-390.png", full_page=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        page.set_viewport_size(WIDE)
        page.evaluate("document.documentElement.classList.add('dark')")
        page.screenshot(path=folder / f"{name}-dark.png", full_page=True)
        page.evaluate("document.documentElement.classList.remove('dark')")
        assert width <= NARROW["width"], f"{name} is {width} px wide"

    yield take
    album.close()


def test_a_number_and_the_admins_address_are_enough_to_find_mend_and_see_it_delivered(
    world: World,  # noqa: F811 - the fixture
    port: int,
    page: Any,
    shoot: Callable[[str], None],
    acme: Customer,
) -> None:
    Person.objects.create_superuser("root@host.test", PASSWORD)
    assert Domain.objects.get(tenant=acme).domain == "acme.localhost"
    ordering = Ordering(world).open()
    with schema_context(acme.schema_name):
        right = ValueMap.objects.get(map="cost-center", key=HVAC).value
        ValueMap.objects.filter(map="cost-center", key=HVAC).delete()
    order = ordering.order()
    world.sync()
    assert world.newest(order).state == "quarantined"

    find(order, port, page, shoot)
    mend(order, right, world, page, shoot)
    look_around(port, page, shoot)
    with schema_context(acme.schema_name):
        actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"support.stepped-in", "value-map.saved", "support.stepped-out"} <= actions


def find(order: str, port: int, page: Any, shoot: Callable[[str], None]) -> None:
    """From the admin's address and a number to the customer who has it, and in there."""
    page.goto(f"http://localhost:{port}/admin/")
    page.fill("[name=login]", "root@host.test")
    page.fill("[name=password]", PASSWORD)
    page.click("button:has-text('Sign in')")
    shoot("1-operators")
    page.click("text=Customers at a glance")
    shoot("2-overview")
    page.fill("#number", order)
    page.click("button:has-text('Find')")
    assert page.locator("tbody tr").count() == 1
    shoot("3-found")
    page.click("a:has-text('Step in')")
    page.fill("#id_reason", "ticket 4711")
    page.check("input[value=owner]")
    shoot("4-step-in")
    page.click("button:has-text('Step in')")


def mend(order: str, right: str, world: World, page: Any, shoot: Callable[[str], None]) -> None:  # noqa: F811
    """Why it failed, a wrong value that is refused, the right one, and the order is delivered."""
    page.wait_for_url("http://acme.localhost:*/admin/integrations/delivery/?q=*")
    assert "You have stepped in at Acme Plumbing" in page.inner_text(".desk-banner")
    shoot("5-deliveries")
    page.click(f"a:has-text('{order}')")
    why = page.inner_text("#why")
    assert f"No value is mapped for cost-center {HVAC}" in why or HVAC in why
    shoot("6-why")
    page.click("text=Compare three ways")
    assert "is not linked to a record" in page.inner_text("#three-way")

    page.goto(page.url.split("/do/")[0] + "/change/")
    page.fill("#why [name=value]", "999999999")
    page.click("text=Check and save")
    assert "has no business-unit 999999999" in page.inner_text("body")
    page.fill("#why [name=value]", right)
    page.click("text=Check and save")
    assert f"cost-center {HVAC} is mapped to {right}" in page.inner_text("body")
    while any(world.work_on(sync) for sync in world.rows(Sync)):
        pass
    page.reload()
    assert "delivered" in page.inner_text(".desk-tag >> nth=0")
    assert len(world.titan("purchase-orders")) == 1
    assert "value-map saved by root@host.test (hosting team)" in page.inner_text("#story")
    shoot("7-delivered")


def look_around(port: int, page: Any, shoot: Callable[[str], None]) -> None:
    """The other pages, and out again."""
    page.click("text=Compare three ways")
    three = page.inner_text("#three-way")
    assert "nothing to write" in three
    shoot("8-three-ways")
    for path, name in (("", "9-desk"), ("causes/", "10-causes"), ("integrations/auditevent/", "11-audit")):
        page.goto(f"http://acme.localhost:{port}/admin/{path}")
        shoot(name)
    for model in ("connection", "sync"):
        page.goto(f"http://acme.localhost:{port}/admin/integrations/{model}/")
        page.click("#result_list tbody a >> nth=0")
        shoot(f"12-{model}")
    assert "canary" not in page.content()
    page.click("text=Step out")
    page.wait_for_url(f"http://localhost:{port}/admin/overview/")
    page.goto(f"http://acme.localhost:{port}/admin/")
    assert "You have stepped in" not in page.inner_text("body")
