"""The whole way of a new customer in a real browser: from signing up by mail to books that agree.

With a mouse in a wide window, and by keyboard alone on a phone. Both systems answer over real HTTP, and what workers do
is done as they do it. Pictures are kept in .state/screens, or in the folder that SCREENS names; those of the
documentation are compared with what the pages say now (tests/album.py).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core import mail
from django.db import connections

from integrations import tasks
from integrations.models import Link
from integrations.running import utc_now
from simulators.sap.app import SapSimulator
from simulators.server import serve
from simulators.servicetitan.simulator import ServiceTitan
from tenants import schedule
from tenants.models import Customer
from tests import databases
from tests.journeys.ordering import HVAC, Ordering
from tests.journeys.world import LEASE, World
from tests.portal.hands import Hands
from tests.support.test_in_a_browser import page, port, pytestmark  # noqa: F401 - fixtures, and what they need
from tests.tenants.browser import PASSWORD

SERVICE, SCOPE = "API_SUPPLIERINVOICE_PROCESS_SRV", "tn.inv.receipts:r"
GUID = "7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11"
VENDORS, ORDERS = "Vendors from SAP to ServiceTitan", "Purchase orders from SAP to ServiceTitan"
KINDS: tuple[schedule.Kind, ...] = ("poll", "deliver", "job")


@dataclass
class Newcomer:
    """A person who knows nothing but the address of the service, and what the two systems show them."""

    hands: Hands
    world: World
    public: str

    def work(self, *, most: int = 60) -> None:
        """Everything that is due is done, by claims and messages as between the clock and the workers."""
        for _ in range(most):
            given: dict[str, Any] = {"limit": 20, "lease_seconds": LEASE, "customer_id": self.world.customer.pk}
            claims = schedule.claim(now=utc_now(), kinds=KINDS, **given)
            for claim in claims:
                tasks.work(claim=claim.as_message())
            if not claims:
                return
        raise AssertionError("There is always something due.")

    def signs_up(self) -> None:
        self.hands.open(f"{self.public}/sign-up/")
        self.hands.look("sign-up")
        for name, text in (("name", "Nora"), ("company", "Northern Pipes"), ("email", "nora@pipes.test")):
            self.hands.write(f"#id_{name}", text)
        self.hands.write("#id_password1", PASSWORD)
        self.hands.press("main form button")
        self.hands.look("mail-is-sent")
        found = re.search(r"http://localhost:\d+/\S+", str(mail.outbox[-1].body))
        assert found
        self.hands.open(found.group())
        self.hands.press("main form button")
        self.world = replace(self.world, customer=Customer.objects.get(schema_name="northern_pipes"))
        self.hands.reads("Five steps to agreeing books")
        self.hands.look("first-page")

    def connects_sap(self) -> None:
        self.hands.press("a:has-text('Open: Connect SAP and ServiceTitan')")
        self.hands.look("connections")
        self.hands.press("a:text-is('Connect SAP S/4HANA')")
        self._enters_sap("canary-wrong")
        self.hands.reads("SAP refused the credentials", "#id_credentials-password_error")
        self.hands.look("wrong-secret")
        self.world.control(self.world.sap, "arrangements", {SERVICE: "html"})
        self.hands.write("#id_credentials-username", "CONNECTOR")
        self.hands.write("#id_credentials-password", "canary-sap-password")
        self.hands.press("button:text-is('Try and save')")
        self.hands.reads("SAP_COM_0057", "#ping")
        self.hands.look("missing-scenario")
        self.world.control(self.world.sap, "arrangements", {SERVICE: "offered"})
        self._pings()

    def _enters_sap(self, password: str) -> None:
        self.hands.write("#id_name", "SAP test")
        self.hands.write("#id_base_url", self.world.sap)
        self.hands.write("#id_credentials-username", "CONNECTOR")
        self.hands.write("#id_credentials-password", password)
        self.hands.press("button:text-is('Try and save')")

    def _pings(self) -> None:
        self.hands.toggle("button:text-is('Ping')")
        self.hands.page.wait_for_selector("text=lines are fine.")

    def connects_servicetitan(self) -> None:
        scopes = {"tenant": self.world.tenant, "without_scopes": [SCOPE]}
        self.world.control(self.world.servicetitan, "credentials", scopes)
        self.hands.press("a:text-is('All connections')")
        self.hands.press("a:text-is('Connect ServiceTitan')")
        self.hands.look("connect-servicetitan")
        self.hands.write("#id_name", "Field")
        self.hands.write("#id_options-servicetitan_tenant_id", str(self.world.tenant))
        self.hands.write("#id_credentials-client_id", f"cid.canary-{self.world.tenant}")
        self.hands.write("#id_credentials-client_secret", f"cs1.canary-{self.world.tenant}")
        self.hands.press("button:text-is('Try and save')")
        self.hands.reads(SCOPE, "#ping")
        self.hands.look("missing-scope")
        scopes = {"tenant": self.world.tenant, "with_scopes": [SCOPE]}
        self.world.control(self.world.servicetitan, "credentials", scopes)
        self._pings()

    def sees_whether_it_fits(self) -> None:
        self.hands.press("a:text-is('All connections')")
        self.hands.press("a:text-is('See whether they fit')")
        self.hands.look("fit-list")
        self.hands.press("button:text-is('Make the report')")
        self.hands.look("fit-is-made")
        self.work()
        self.hands.page.wait_for_selector("text=It fits after these steps")  # the page renews itself
        self.hands.look("fit-report")

    def maps_codes(self) -> None:
        """All that the report asks for, by suggestions, a file and a search; one cost center is forgotten."""
        self.hands.press("li:has-text('cost center') a:has-text('Map these codes')")
        self.hands.look("map")
        self._accepts_suggestions(but=HVAC, look=True)
        self.hands.menu("Maps")
        self.hands.look("maps")
        self.hands.press("th a:text-is('Plants')")
        self._accepts_suggestions()
        self._uploads("Materials", "material")
        self._uploads("Units", "unit")
        self._searches_for_the_order_type()

    def _accepts_suggestions(self, *, but: str = "", look: bool = False) -> None:
        boxes = "#codes input[type=checkbox]"
        keys = [str(box.get_attribute("value")) for box in self.hands.page.locator(boxes).all()]
        assert keys
        for key in keys:
            self.hands.tick(f"{boxes}[value='{key}']", on=key != but)
        self.hands.press("button:text-is('Look at what the ticked ones would change')")
        if look:
            self.hands.look("map-change")
        self._saves()

    def _saves(self) -> None:
        self.hands.press("main button.primary:text-is('Save')")
        self.hands.page.wait_for_selector("text=saved.")

    def _uploads(self, title: str, value_map: str) -> None:
        """The file is chosen in a window of the system, whichever way one came there."""
        self.hands.menu("Maps")
        self.hands.press(f"th a:text-is('{title}')")
        skus = [*self.world.titan("materials"), *self.world.titan("equipment")]
        gone = {str(sku["id"]) for sku in skus if not sku["active"]}
        given = [row for row in self.world.map_rows() if row[0] == value_map and row[2] not in gone]
        rows = [f"{key},{value}," for _, key, value in given]
        text = "\n".join(["key,value,label", *rows]).encode()
        self.hands.page.set_input_files("input[type=file]", {"name": "u.csv", "mimeType": "text/csv", "buffer": text})
        self.hands.press("form:has(input[type=file]) button")
        self._saves()

    def _searches_for_the_order_type(self) -> None:
        self.hands.menu("Maps")
        self.hands.press("th a:text-is('Order types')")
        self.hands.toggle("#codes td.actions a:has-text('Map')")
        self.hands.press("a:has-text('Search for a value')")
        self.hands.write("#find", "SAP Purchase")
        self.hands.press("button:text-is('Find')")
        self.hands.choose("label:has-text('SAP Purchase Order') input[type=radio]")
        self.hands.look("map-search")
        self.hands.press("button:text-is('Look at the change')")
        self._saves()

    def goes_live(self, title: str) -> None:
        """A preview, then the flow is switched on, and all that is there is carried over."""
        name = title.split(maxsplit=1)[0].lower()
        self.hands.menu("Flows")
        self.hands.look(f"flows-before-{name}")
        self.hands.press(f"h2 a:text-is('{title}')")
        if title == ORDERS:
            self._names_the_catch_all_sku()
        self.hands.press("a.button:text-is('Preview')")
        self.hands.press("button:text-is('Show what would be written')")
        self.hands.look(f"preview-{name}")
        self.hands.press("a:text-is('Back to the flow')")
        self.hands.reads("The preview was looked at by")
        self.hands.look(f"flow-{name}")
        self.hands.toggle("summary:text-is('Go live')")
        self.hands.press("button:text-is('Go live')")
        self.hands.reads("It is live")
        self.work()

    def _names_the_catch_all_sku(self) -> None:
        """Services have no material: the preview would say so as well."""
        sku = next(row["id"] for row in self.world.titan("materials") if row["code"] == "SERVICE-LINE")
        self.hands.press("a.button:text-is('Settings')")
        self.hands.look("settings")
        self.hands.write("input[name=option-catch_all_sku]", str(sku))
        self.hands.press("button:text-is('Save settings')")
        self.hands.reads("The settings are saved")

    def mends_what_fails(self) -> str:
        """An order for the forgotten cost center: it is found on the first page, mended in the map, and goes on."""
        order = Ordering(self.world).order()
        self._looks_for_changes("purchase-orders")
        held = self.world.newest(order)
        assert (held.state, held.needs) == ("quarantined", f"map:cost-center:{HVAC}")
        self.hands.menu("Home")
        self.hands.reads(HVAC)
        self.hands.look("home-with-a-task")
        self.hands.menu("Tasks")
        self.hands.look("tasks")
        self.hands.press("a:text-is('Map it')")
        unit = next(row["id"] for row in self.world.titan("business-units") if row.get("accountCode") == HVAC)
        self.hands.choose(f"input[type=radio][value='{unit}']")
        self.hands.press("button:text-is('Look at the change')")
        self.hands.reads("would go on")
        self._saves()
        self.work()
        assert self.world.newest(order).state == "delivered"
        self.hands.menu("Tasks")
        self.hands.reads("Nothing needs you")
        return order

    def _looks_for_changes(self, flow: str) -> None:
        self.world.make_due(flow)
        self.work()

    def sends_again(self, order: str) -> None:
        """A record is found by its number, looked at, and sent again: nothing is doubled."""
        links, there = self.world.rows(Link), len(self.world.titan("purchase-orders"))
        self.hands.menu("Records")
        self.hands.write("#id_q", order)
        self.hands.press("form[role=search] button")
        self.hands.look("records")
        self.hands.press(f"main a:has-text('{order}')")
        self.hands.look("record")
        self.hands.press("button:text-is('Send it again')")
        self.hands.reads("again")
        self.work()
        assert (len(self.world.rows(Link)), len(self.world.titan("purchase-orders"))) == (len(links), there)

    def compares_the_books(self, *titles: str) -> None:
        for title in titles:
            self.hands.menu("Books")
            self.hands.press(f"tr:has-text('{title}') button")
        self.work()
        self.hands.menu("Books")
        self.hands.reads("Yes, both books agree.")
        self.hands.look("books")
        self.hands.menu("Home")
        self.hands.reads("Do the books agree? Yes")
        self.hands.look("home")

    def repairs_what_somebody_changed(self, order: str) -> None:
        """An order is moved to another day in ServiceTitan: the books name it, and a repair sets it right."""
        key, rows = self.world.target_of("purchase-orders", order), "purchase-orders"
        self.world.edit(rows, key, requiredOn="2031-01-01T00:00:00Z")
        self._compares_again()
        self.hands.press(f"a:text-is('{ORDERS}')")
        self.hands.press("main table a")
        self.hands.reads("1 difference")
        self.hands.look("differences")
        self.hands.press(f"tr:has-text('{order}') button")
        self.work()
        self._compares_again()
        self.hands.reads("Yes, both books agree.")
        there = next(row for row in self.world.titan(rows) if str(row["id"]) == key)
        assert not there["requiredOn"].startswith("2031")

    def _compares_again(self) -> None:
        self.hands.menu("Books")
        self.hands.press(f"tr:has-text('{ORDERS}') button")
        self.work()
        self.hands.menu("Books")


@pytest.fixture
def world(own_database: Any, acme: Customer, settings: Any) -> Iterator[World]:
    """Two systems that nobody has connected: five suppliers, six orders."""
    databases.start_broker()
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    settings.ST_APP_KEY, settings.ST_EXTERNAL_DATA_GUID = "ak1.canary-app-key", GUID
    sap = SapSimulator()
    sap.reset({"seed": 7, "size": "small", "oddities": 0, "suppliers": 5, "orders": 6, "invoices": 0})
    with serve(sap) as source, serve(ServiceTitan(7, [1001])) as target:
        settings.ST_SANDBOX_API_URL = target.url
        settings.ST_SANDBOX_SIGN_IN_URL = f"{target.url}/connect/token"
        yield World(customer=acme, sap=source.url, servicetitan=target.url)


@pytest.fixture(params=[False, True], ids=["with a mouse", "by keyboard on a phone"])
def newcomer(request: Any, page: Any, port: int, world: World) -> Iterator[Newcomer]:  # noqa: F811 - fixtures
    folder = Path(os.environ.get("SCREENS") or Path(configured.BASE_DIR) / ".state" / "screens")
    folder.mkdir(parents=True, exist_ok=True)
    hands = Hands(page, folder, by_keyboard=request.param)
    yield Newcomer(hands, world, f"http://localhost:{port}")
    page.screenshot(path=folder / f"last-{'phone' if request.param else 'wide'}.png", full_page=True)
    connections.close_all()  # beside Playwright's loop there is a connection of its own
    assert hands.troubles == []


def test_a_newcomer_comes_from_signing_up_to_agreeing_books(newcomer: Newcomer) -> None:
    newcomer.signs_up()
    newcomer.connects_sap()
    newcomer.connects_servicetitan()
    newcomer.sees_whether_it_fits()
    newcomer.maps_codes()
    newcomer.goes_live(VENDORS)
    newcomer.goes_live(ORDERS)
    order = newcomer.mends_what_fails()
    newcomer.sends_again(order)
    newcomer.compares_the_books(VENDORS, ORDERS)
    newcomer.repairs_what_somebody_changed(order)
    hands = newcomer.hands
    hands.album.close(but=["-wide-light", "-wide-dark"] if hands.by_keyboard else ["-phone-light"])
    world = newcomer.world
    assert set(world.states("vendors")) | set(world.states("purchase-orders")) <= {
        "delivered",
        "unchanged",
        "superseded",
    }
    assert len(world.titan("purchase-orders")) == len(
        {link.target_key for link in world.rows(Link, flow="purchase-orders")}
    )
