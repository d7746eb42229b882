"""Home, records, tasks and books in a real browser: both colour schemes, 360 px, live without reloading, axe-core.

Screenshots go to a temporary folder, or to the one that SCREENSHOTS names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import ViewportSize

from integrations.models import Delivery, Pulse, Sync
from tenants import schema
from tenants.models import Customer, Role
from tests.portal.desk import enter
from tests.portal.test_apart import fill
from tests.support.test_in_a_browser import page, port, pytestmark  # noqa: F401 - fixtures, and what they need

SIZES = {"wide": ViewportSize(width=1280, height=900), "narrow": ViewportSize(width=360, height=740)}


@pytest.fixture
def made(acme: Customer) -> dict[str, Any]:
    """Records of every kind, with a day behind them."""
    made = fill(acme, "A vendor is inactive there.")
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    with schema.within(acme):
        Sync.objects.filter(flow="purchase-orders").update(fresh_at=timezone.now() - timedelta(minutes=2))
        Sync.objects.filter(flow="vendors").update(
            cursor={
                "load": {
                    "read": 250,
                    "total": 1000,
                    "began_at": (now - timedelta(minutes=9)).isoformat(),
                    "done": False,
                }
            }
        )
        for at in range(96):
            values = {"delivered": (at * 7) % 23, "lag_seconds": 60 + (at * 37) % 400 if at % 40 > 3 else None}
            Pulse.objects.create(sync=made["orders"], at=now - at * timedelta(minutes=15), **values)
    return made


@pytest.fixture
def signed_in(page: Any, port: int, acme: Customer) -> Iterator[Any]:  # noqa: F811 - fixtures
    """Opens a path as an operator of acme; whatever a page complains of, in its console, fails the test."""
    desk, troubles = enter(acme, Role.OPERATOR), list[str]()

    def heard(line: Any) -> None:
        if line.type == "error" and "422" not in line.text:  # a form that comes back is told there as well
            troubles.append(line.text)

    cookie = desk.browser.cookie(desk.host, settings.SESSION_COOKIE_NAME)
    named = {"name": settings.SESSION_COOKIE_NAME, "value": cookie}
    page.context.add_cookies([{**named, "domain": "acme.localhost", "path": "/"}])
    page.on("console", heard)
    page.on("pageerror", lambda error: troubles.append(str(error)))

    def go(path: str) -> Any:
        page.goto(f"http://acme.localhost:{port}{path}")
        return page

    yield go
    assert troubles == []


def test_the_pages_are_right_in_both_schemes_and_on_a_phone(
    signed_in: Any, made: dict[str, Any], tmp_path: Path
) -> None:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {
        "home": "/",
        "records": "/records/",
        "record": f"/records/{made['held'][0].pk}/",
        "delivered": f"/records/{made['done'].pk}/",
        "tasks": "/tasks/",
        "many": "/tasks/many/?flow=purchase-orders&state=quarantined&code=unmapped-cost-center",
        "job": f"/tasks/jobs/{made['job'].pk}/",
        "books": "/books/",
        "flow-books": "/books/flows/purchase-orders/",
        "book": f"/books/{made['report'].pk}/",
    }
    for name, path in paths.items():
        seen = signed_in(path)
        for scheme in ("light", "dark"):
            seen.emulate_media(color_scheme=scheme)
            for size, viewport in SIZES.items():
                seen.set_viewport_size(viewport)
                seen.screenshot(path=folder / f"{name}-{scheme}-{size}.png", full_page=True)
                assert seen.evaluate("document.documentElement.scrollWidth") <= viewport["width"], (name, size)
            found = Axe().run(seen).response["violations"]
            grave = [each for each in found if each["impact"] in ("serious", "critical")]
            assert not grave, (name, scheme, [(each["id"], [n["html"] for n in each["nodes"]][:3]) for each in grave])


def test_home_keeps_itself_up_to_date_and_keeps_the_focus(signed_in: Any, made: dict[str, Any], acme: Customer) -> None:
    seen = signed_in("/")
    seen.focus("#to-books")
    seen.evaluate("window.stays = true")
    with schema.within(acme):
        Delivery.objects.filter(state="quarantined").update(state="delivered", needs="", code="")
    seen.evaluate("htmx.trigger(document.getElementById('now'), 'live')")
    seen.wait_for_selector("#q-needs + .big:not(:has-text('4 tasks'))")
    assert seen.evaluate("window.stays") is True
    assert seen.evaluate("document.activeElement.id") == "to-books"


def test_both_sides_are_compared_in_place(signed_in: Any, made: dict[str, Any]) -> None:
    seen = signed_in(f"/records/{made['done'].pk}/")
    seen.evaluate("window.stays = true")
    seen.click("text=Compare both sides now")
    seen.wait_for_selector("#look h2")
    assert seen.evaluate("window.stays") is True
    assert "It could not be read" in seen.inner_text("#look")


def test_a_form_that_comes_back_has_the_focus_on_its_first_mistake(signed_in: Any, made: dict[str, Any]) -> None:
    seen = signed_in(f"/records/{made['held'][0].pk}/")
    seen.click("details.confirm summary")
    seen.fill("details.confirm [name=reason]", "  ")
    with seen.expect_navigation():
        seen.click("details.confirm button")
    assert seen.evaluate("document.activeElement.name") == "reason"
    assert seen.inner_text("#wrong-reason") == "Say why: it is kept in the audit."
    assert Axe().run(seen).response["violations"] == []
