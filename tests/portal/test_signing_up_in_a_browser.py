"""Signing up by mail, a second factor and a passkey in a real browser: by keyboard alone, at 360 px, axe on each page.

Screenshots go to a temporary folder, or to the one that SCREENSHOTS names.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.core import mail
from django.db import connections, transaction
from playwright.sync_api import ViewportSize

from integrations import invitations
from integrations.audit import Actor
from tenants import schema
from tenants.models import Customer, Membership, Role
from tests.support.test_in_a_browser import page, port, pytestmark  # noqa: F401 - fixtures, and what they need
from tests.tenants.browser import PASSWORD

PHONE = ViewportSize(width=360, height=740)
Look = Callable[[str], None]


@pytest.fixture
def phone(page: Any) -> Iterator[Any]:  # noqa: F811 - the fixture
    """A browser as narrow as a small phone; whatever a page complains of in its console fails the test."""
    troubles = list[str]()
    page.set_viewport_size(PHONE)
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    yield page
    connections.close_all()  # beside Playwright's loop there is a connection of its own
    assert [trouble for trouble in troubles if "410 (Gone)" not in trouble] == []  # a used invitation says so


@pytest.fixture
def look(phone: Any, tmp_path: Path) -> Look:
    """Sees that nothing sticks out and axe-core finds nothing serious, in both schemes; keeps a picture."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def see(name: str) -> None:
        for scheme in ("light", "dark"):
            phone.emulate_media(color_scheme=scheme)
            phone.screenshot(path=folder / f"entrance-{name}-{scheme}.png", full_page=True)
            assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
            found = Axe().run(phone).response["violations"]
            grave = [each for each in found if each["impact"] in ("serious", "critical")]
            assert not grave, (name, scheme, [(each["id"], [n["html"] for n in each["nodes"]][:3]) for each in grave])

    return see


def reach(page: Any, selector: str) -> None:  # noqa: F811 - a page, whichever
    """Moves the focus with the Tab key until it is on the element."""
    for _ in range(60):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by keyboard on {page.url}")


def write(page: Any, fields: dict[str, str]) -> None:  # noqa: F811 - a page, whichever
    """Fills fields in by keyboard, and sends the form with the Enter key."""
    for selector, text in fields.items():
        reach(page, selector)
        page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def press(page: Any, selector: str) -> None:  # noqa: F811 - a page, whichever
    reach(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def link() -> str:
    found = re.search(r"http://localhost:\d+/\S+", str(mail.outbox[-1].body))
    assert found
    return found.group()


def test_a_stranger_signs_up_and_protects_the_account_by_keyboard_on_a_phone(port: int, phone: Any, look: Look) -> None:  # noqa: F811
    public = f"http://localhost:{port}"
    phone.goto(f"{public}/sign-in/")
    look("sign-in")
    press(phone, "a[href='/sign-up/']")
    look("sign-up")
    fields = {"#id_name": "Nora", "#id_company": "Northern Pipes", "#id_email": "nora@pipes.test"}
    write(phone, {**fields, "#id_password1": "short"})
    assert "at least 12 characters" in phone.inner_text("#id_password1_error")
    look("sign-up-wrong")
    write(phone, {"#id_password1": PASSWORD})
    assert phone.url == f"{public}/sign-up/sent/"
    look("sent")

    phone.goto(link())
    look("confirm")
    press(phone, "main form button")
    assert phone.url == f"http://northern-pipes.localhost:{port}/"
    look("first-page")
    reach(phone, ".menu > summary")
    phone.keyboard.press("Enter")
    assert phone.is_visible(".menu nav a[href='/team/']")
    look("menu")

    protect(public, phone, look)
    sign_in_by_passkey(public, phone)


def protect(public: str, phone: Any, look: Look) -> None:
    """An authenticator app, its recovery codes, and a passkey from the browser's own (virtual) device."""
    session = phone.context.new_cdp_session(phone)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device = {**options, "isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    phone.goto(f"{public}/account/")
    look("account")
    press(phone, "a[href='/account/factors/']")
    look("factors")
    press(phone, "a[href='/account/factors/app/']")
    look("again")
    write(phone, {"#id_password": PASSWORD})
    look("app")
    secret = phone.input_value("#authenticator_secret")
    write(phone, {"#id_code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))})
    look("codes")
    assert len(phone.input_value("#recovery_codes").split()) == 10
    assert "authenticator app" in mail.outbox[-1].subject.lower()

    phone.goto(f"{public}/account/factors/keys/new/")
    look("new-key")
    reach(phone, "#id_passwordless")
    phone.keyboard.press("Space")
    press(phone, "#mfa_webauthn_add")
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"totp", "recovery_codes", "webauthn"}
    phone.goto(f"{public}/account/factors/keys/")
    assert "Passkey" in phone.inner_text("main li .badge")
    look("keys")
    phone.goto(f"{public}/account/sessions/")
    look("sessions")
    for path in ("email/", "password/"):
        phone.goto(f"{public}/account/{path}")
        look(f"account-{path.strip('/')}")


def sign_in_by_passkey(public: str, phone: Any) -> None:
    press(phone, ".top form button")
    assert phone.url == f"{public}/sign-in/"
    press(phone, "#passkey_login")
    assert phone.url == f"{public}/"


def test_a_colleague_comes_by_invitation(port: int, phone: Any, look: Look, acme: Customer) -> None:  # noqa: F811
    actor = Actor(kind="person", id="1", label="olga@acme.test")
    origin = f"http://localhost:{port}"
    with schema.within(acme), transaction.atomic():
        invitations.invite(acme, email="ivy@acme.test", role=Role.VIEWER, actor=actor, origin=origin)
    phone.goto(link())
    look("invitation")
    write(phone, {"#id_name": "Ivy", "#id_password": PASSWORD})
    assert phone.url == f"http://acme.localhost:{port}/"
    assert Membership.objects.get().role == Role.VIEWER
    phone.goto(link())
    look("invitation-gone")
