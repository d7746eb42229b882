"""The portal's frame: who may open what, whose times are shown, colours that can be read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse, HttpResponseBase
from django.template import Context, Template
from django.utils import timezone

from devservices.state import CHECKOUT
from integrations.portal import navigation
from integrations.portal.pages import page, see
from tenants.models import Role
from tenants.reader import zone_of
from tests.tenants.browser import Browser

STYLES = (CHECKOUT / "tenants" / "static" / "tenants" / "site.css").read_text()
MOMENT = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)


def asked(rf: Any, method: str = "get", *, role: Role | None = Role.VIEWER, zone: str = "", home: str = "") -> Any:
    """A request of somebody with a role; `zone` is what the browser says, `home` the customer's zone."""
    request = getattr(rf, method)("/records/")
    request.role, request.customer = role, SimpleNamespace(time_zone=home, name="Acme") if home else None
    request.urlconf, request.user, request.step_in = "connector.urls_customer", SimpleNamespace(), None
    if zone:
        request.COOKIES["zone"] = zone
    return request


def words(answer: HttpResponseBase) -> str:
    assert isinstance(answer, HttpResponse)
    return str(answer.content.decode())


def shown(request: Any, value: Any, given: str = "") -> str:
    template = Template("{% load reader %}{% when value " + given + " %}")
    return template.render(Context({"request": request, "value": value}))


class TestPage:
    @staticmethod
    @page(role="viewer", post="operator")
    def view(request: Any) -> HttpResponse:
        """Says which zone counts."""
        return HttpResponse(timezone.get_current_timezone_name())

    @pytest.mark.parametrize(
        ("method", "role", "status"),
        [
            ("get", Role.VIEWER, 200),
            ("get", None, 403),
            ("post", Role.VIEWER, 403),
            ("post", Role.OPERATOR, 200),
            ("post", Role.OWNER, 200),
            ("put", Role.OWNER, 405),
        ],
    )
    def test_each_role_does_what_it_may(self, rf, method, role, status):
        answer = self.view(asked(rf, method, role=role, home="UTC"))
        assert (answer.status_code, "no-store" in answer.headers["Cache-Control"]) == (status, True)

    def test_who_may_not_is_told_why(self, rf):
        told = words(self.view(asked(rf, "post", home="UTC")))
        assert "It takes the role operator, and yours is viewer. Nothing was changed." in told

    def test_times_are_read_and_shown_in_the_readers_zone(self, rf):
        answer = self.view(asked(rf, zone="Europe%2FBerlin", home="America/Chicago"))
        assert words(answer) == "Europe/Berlin"
        assert timezone.get_current_timezone_name() == "UTC"

    def test_what_was_done_leads_on_with_303(self):
        answer = see("/records/")
        assert (answer.status_code, answer["Location"]) == (303, "/records/")


class TestTimes:
    @pytest.mark.parametrize(
        ("said", "home", "zone"),
        [
            ("Europe%2FBerlin", "America/Chicago", "Europe/Berlin"),
            ("", "America/Chicago", "America/Chicago"),
            ("Mars/Olympus", "America/Chicago", "America/Chicago"),
            ("../../etc/passwd", "America/Chicago", "America/Chicago"),
            ("", "", "UTC"),
        ],
    )
    def test_the_browsers_zone_counts_then_the_customers(self, rf, said, home, zone):
        assert str(zone_of(asked(rf, zone=said, home=home))) == zone

    def test_a_moment_is_shown_with_its_zone_and_read_by_machines_in_utc(self, rf):
        found = shown(asked(rf, home="America/Chicago"), MOMENT)
        assert 'datetime="2026-07-01T04:30:00+00:00"' in found
        assert ">June 30, 2026, 11:30 p.m. CDT</time>" in found

    def test_a_date_is_the_same_everywhere(self, rf):
        found = shown(asked(rf, home="America/Chicago"), date(2026, 7, 1))
        assert found == '<time datetime="2026-07-01">July 1, 2026</time>'

    def test_what_has_not_happened_says_so(self, rf):
        assert shown(asked(rf), None) == '<span class="soft">not yet</span>'
        assert shown(asked(rf), None, 'none="never"') == '<span class="soft">never</span>'

    @pytest.mark.parametrize(
        ("now", "told"),
        [
            (datetime(2026, 7, 1, 4, 30, 20, tzinfo=UTC), "just now"),
            (datetime(2026, 7, 1, 4, 35, tzinfo=UTC), "5\xa0minutes ago"),
            (datetime(2026, 7, 1, 2, 30, tzinfo=UTC), "in 2\xa0hours"),
        ],
    )
    def test_how_long_ago(self, rf, now, told):
        with time_machine.travel(now, tick=False):
            assert f">{told}</time>" in shown(asked(rf), MOMENT, '"ago"')


class TestNavigation:
    def test_every_page_that_it_names_exists_for_an_owner(self, rf):
        names = [name for _, pages in navigation.GROUPS for name, _ in pages]
        found = [item for _, items in navigation.groups(asked(rf, role=Role.OWNER)) for item in items]
        assert len(found) == len(names)
        assert [item.path for item in found if item.current] == ["/records/"]

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
    def test_nobody_is_offered_what_their_role_may_not_open(self, rf, role):
        for _, items in navigation.groups(asked(rf, role=role)):
            for item in items:
                place = next(
                    place
                    for _, pages in navigation.GROUPS
                    for name, _ in pages
                    if (place := navigation._place(name, "connector.urls_customer")) and place[0] == item.path
                )
                assert role.allows(place[1]), item.path

    def test_nothing_is_offered_to_nobody(self, rf):
        assert navigation.groups(asked(rf, role=None)) == []


def test_a_part_of_a_page_whose_session_has_ended_loads_the_whole_page_again(acme):
    browser = Browser()
    browser.open("http://acme.localhost/", follow=False)
    answer = browser.clients["acme.localhost"].get("/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (401, "true")


def colours(scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", STYLES, re.S)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[0 if scheme == "light" else 1]))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, success criterion 1.4.3: relative luminance, lighter over darker."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


MEANINGS = ("accent", "good", "warn", "bad")
TEXTS = [
    *((ink, ground) for ink in ("ink", "soft", *MEANINGS) for ground in ("page", "card", "raised")),
    *((name, f"{name}-soft") for name in MEANINGS),
    *(("ink", f"{name}-soft") for name in MEANINGS),
    ("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-bad", "bad"), ("on-bad", "bad-hover"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_aa_and_every_control_an_edge_that_is_seen(scheme):
    known = colours(scheme)
    texts = {pair: contrast(known[pair[0]], known[pair[1]]) for pair in TEXTS}
    assert {pair: round(ratio, 2) for pair, ratio in texts.items() if ratio < 4.5} == {}
    edges = {ground: contrast(known["edge"], known[ground]) for ground in ("page", "card")}
    assert {ground: round(ratio, 2) for ground, ratio in edges.items() if ratio < 3} == {}
