"""A code is mapped, a change looked at and sent again, a flow set up and taken live, in a real browser.

Screenshots go to a temporary folder, or to the one that SCREENSHOTS names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.db import connections
from playwright.sync_api import ViewportSize, expect, sync_playwright

from integrations.models import ReplayJob, Sync, ValueMap
from tenants import schema
from tenants.models import Customer, Role
from tests.journeys.conftest import make_world, world  # noqa: F401 - fixtures
from tests.journeys.world import World
from tests.portal.desk import enter
from tests.support.test_in_a_browser import CHROMIUM, port  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium on this system (apt-get install chromium)."),
]
NARROW, WIDE = ViewportSize(width=360, height=800), ViewportSize(width=1280, height=900)


@pytest.fixture
def page(acme: Customer, port: int, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:  # noqa: F811
    """A browser in which an owner of acme is signed in. Failing scripts and breaches of policy are told."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's own loop runs in this thread
    desk = enter(acme, Role.OWNER)
    session = desk.browser.clients[desk.host].cookies[settings.SESSION_COOKIE_NAME].value
    home, faults = f"http://acme.localhost:{port}/", list[str]()
    with sync_playwright() as play:
        resolve = "--host-resolver-rules=MAP *.localhost 127.0.0.1"
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", resolve])
        context = chromium.new_context(viewport=WIDE)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": home}])
        opened = context.new_page()
        opened.set_default_timeout(60_000)
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.on("console", lambda told: faults.append(told.text) if "Content Security" in told.text else None)
        opened.goto(home)
        yield opened
        connections.close_all()  # beside Playwright's loop there is a connection of its own
        chromium.close()
    assert faults == []


@pytest.fixture
def shot(tmp_path: Path) -> Any:
    """Keeps a picture of a page: wide and light, wide and dark, narrow. None of them needs a scroll to the side."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Any, name: str) -> None:
        for look, size, scheme in (("wide", WIDE, "light"), ("dark", WIDE, "dark"), ("narrow", NARROW, "light")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, (name, look)
            found = Axe().run(page).response["violations"]
            assert [(one["id"], look) for one in found if one["impact"] in ("serious", "critical")] == [], name
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")

    return take


def test_a_code_is_mapped_and_what_was_written_is_sent_again(world: World, page: Any, shot: Any) -> None:  # noqa: F811
    world.sync()
    with schema.within(world.customer):
        code, unit = ValueMap.objects.filter(map="cost-center").values_list("key", "value").first() or ("", "")
        other = ValueMap.objects.filter(map="cost-center").exclude(value=unit).values_list("value", flat=True)[0]
    page.click("nav.side >> text=Maps")
    shot(page, "maps")
    page.click("th >> text=Cost centers")
    shot(page, "map")
    page.fill("#q", code)
    expect(page.locator("#codes tbody tr")).to_have_count(1)
    page.click(f"text=Change {code}")
    page.fill("#other", other)
    shot(page, "map-editing")
    page.click("text=Look at the change")
    page.wait_for_selector("text=What it reaches")
    shot(page, "map-change")
    page.click("text=Show what would be written of some of them")
    page.wait_for_selector("h3:has-text('What would be written')")
    shot(page, "map-samples")
    page.click("button:text('Save')")
    page.wait_for_selector("text=1 row is saved.")
    shot(page, "map-saved")
    page.click("text=History " + code)
    page.wait_for_selector("text=owner@acme.test")
    shot(page, "map-history")
    with schema.within(world.customer):
        assert ReplayJob.objects.count() == 1
        assert ValueMap.objects.get(map="cost-center", key=code).value == other


def test_a_flow_is_set_up_previewed_and_taken_live(world: World, page: Any, shot: Any) -> None:  # noqa: F811
    with schema.within(world.customer):
        Sync.objects.filter(flow="purchase-orders").update(enabled=False)
        ValueMap.objects.filter(map="unit", key="PC").delete()
    page.click("nav.side >> text=Flows")
    shot(page, "flows")
    page.click("h2 >> text=Purchase orders from SAP")
    shot(page, "flow")
    page.click("a.button:text('Settings')")
    page.check("text=At a time of day")
    page.fill("input[type=time]", "06:30")
    page.check("text=Monday")
    shot(page, "flow-settings")
    page.fill("input[name=option-batch]", "9999")
    page.click("text=Save settings")
    page.wait_for_selector("text=This is from 1 to 500.")
    page.fill("input[name=option-batch]", "50")
    page.click("text=Save settings")
    page.wait_for_selector("text=At 06:30 on Monday")
    page.click("a.button:text('Preview')")
    page.click("text=Show what would be written")
    page.wait_for_selector("text=has no value yet")
    shot(page, "flow-preview")
    page.click("text=Back to the flow")
    page.click("summary:text('Go live')")
    page.click("button:text('Go live')")
    page.wait_for_selector("text=It is live")
    shot(page, "flow-live")
    page.click("summary:text('Pause')")
    page.fill("input[name=reason]", "Stock-taking")
    page.click("button:text('Pause')")
    page.wait_for_selector("text=This flow is paused (Stock-taking)")
    with schema.within(world.customer):
        assert Sync.objects.get(flow="purchase-orders").enabled
