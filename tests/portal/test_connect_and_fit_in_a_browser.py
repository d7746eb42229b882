"""Connecting and the fit report in a real browser: both colour schemes, 360 px, live without reloading, axe-core.

Screenshots go to a temporary folder, or to the one that SCREENSHOTS names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings as configured
from django_tenants.utils import schema_context

from integrations.models import Connection, FitReport, ValueMap
from tenants.models import Customer, Role
from tests.fitting.making import begin, work
from tests.journeys.conftest import make_world, world  # noqa: F401 - fixtures
from tests.journeys.world import World
from tests.portal.desk import enter
from tests.portal.test_pages_in_a_browser import SIZES
from tests.support.test_in_a_browser import page, port, pytestmark  # noqa: F401 - fixtures, and what they need


def is_trouble(line: Any) -> bool:
    """Whether a line of the console is one. A form that is answered with its mistakes (422) is told there as well."""
    return bool(line.type == "error" and "422" not in line.text)


@pytest.fixture
def signed_in(page: Any, port: int, acme: Customer) -> Iterator[Any]:  # noqa: F811 - fixtures
    """Opens a path as an owner of acme; whatever a page complains of, in its console, fails the test."""
    desk, troubles = enter(acme, Role.OWNER), list[str]()
    cookie = desk.browser.cookie(desk.host, configured.SESSION_COOKIE_NAME)
    named = {"name": configured.SESSION_COOKIE_NAME, "value": cookie}
    page.context.add_cookies([{**named, "domain": "acme.localhost", "path": "/"}])
    page.on("console", lambda line: troubles.append(line.text) if is_trouble(line) else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))

    def go(path: str) -> Any:
        page.goto(f"http://acme.localhost:{port}{path}")
        return page

    yield go
    assert troubles == []


@pytest.fixture
def shoot(tmp_path: Path) -> Callable[[Any, str], None]:
    """Takes a page in both schemes and sizes: nothing sticks out, and axe-core finds nothing grave."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(seen: Any, name: str) -> None:
        for scheme in ("light", "dark"):
            seen.emulate_media(color_scheme=scheme)
            for size, viewport in SIZES.items():
                seen.set_viewport_size(viewport)
                seen.screenshot(path=folder / f"{name}-{scheme}-{size}.png", full_page=True)
                assert seen.evaluate("document.documentElement.scrollWidth") <= viewport["width"], (name, size)
            grave = [one for one in Axe().run(seen).response["violations"] if one["impact"] in ("serious", "critical")]
            assert not grave, (name, scheme, [(one["id"], [n["html"] for n in one["nodes"]][:3]) for one in grave])
        seen.emulate_media(color_scheme="light")
        seen.set_viewport_size(SIZES["wide"])
        assert "canary" not in seen.content()

    return take


def test_a_connection_is_made_with_a_mistake_on_the_way(
    signed_in: Any,
    world: World,  # noqa: F811
    shoot: Callable[[Any, str], None],
) -> None:
    seen = signed_in("/connect/new/sap/")
    shoot(seen, "connect-new-sap")
    seen.fill("#id_name", "SAP test")
    seen.fill("#id_base_url", world.sap)
    seen.fill("#id_credentials-username", "CONNECTOR")
    seen.fill("#id_credentials-password", "canary-wrong")
    seen.click("text=Try and save")
    assert "SAP refused the credentials" in seen.inner_text("#id_credentials-password_error")
    shoot(seen, "connect-wrong-password")
    seen.fill("#id_credentials-username", "CONNECTOR")
    seen.fill("#id_credentials-password", "canary-sap-password")
    world.control(world.sap, "arrangements", {"API_SUPPLIERINVOICE_PROCESS_SRV": "html"})
    seen.click("text=Try and save")
    seen.wait_for_selector("#ping table")
    assert "SAP_COM_0057" in seen.inner_text("#ping")
    shoot(seen, "connect-one")
    world.control(world.sap, "arrangements", {"API_SUPPLIERINVOICE_PROCESS_SRV": "offered"})
    seen.click("button:has-text('Ping')")
    seen.wait_for_selector("text=All 10 lines are fine.")
    shoot(signed_in("/connect/"), "connect-list")
    shoot(signed_in("/connect/new/servicetitan/"), "connect-new-servicetitan")


def test_a_report_is_watched_without_reloading_and_read(
    signed_in: Any,
    world: World,  # noqa: F811
    acme: Customer,
    settings: Any,
    shoot: Callable[[Any, str], None],
) -> None:
    settings.WORK_SECONDS = 0
    with schema_context(acme.schema_name):
        ValueMap.objects.filter(map__in=["cost-center", "plant"]).delete()
    first = work(world, begin(world, "vendors", "purchase-orders"))
    world.control(world.sap, "arrangements", {"API_SUPPLIERINVOICE_PROCESS_SRV": "html"})
    seen = signed_in("/fit/")
    shoot(seen, "fit-list")
    seen.click("text=Make the report")
    seen.wait_for_selector("#making")
    with schema_context(acme.schema_name):
        report = FitReport.objects.latest("id")
        assert Connection.objects.count() == 2
    work(world, report, most=2)
    seen.evaluate("htmx.trigger(document.getElementById('making'), 'live')")
    seen.wait_for_selector("text=minute left")
    shoot(seen, "fit-making")
    work(world, report)
    seen.evaluate("htmx.trigger(document.getElementById('making'), 'live')")
    seen.wait_for_selector("text=in this order")
    shoot(seen, "fit-report")
    seen.emulate_media(media="print")
    assert not seen.is_visible("nav")
    shoot(seen, "fit-report-print")
    seen.emulate_media(media="screen")
    shoot(signed_in(f"/fit/{report.pk}/for-sap/"), "fit-for-sap")
    assert first.verdict == "after-steps"
