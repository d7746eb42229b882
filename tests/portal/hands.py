"""Hands that use a page: with a mouse in a wide window, or by keyboard alone on a small phone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import ViewportSize

from tests.album import Album

WIDE, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=360, height=740)
MOST_TABS = 400
GRAVE = ("serious", "critical")


@dataclass
class Hands:
    """By keyboard means: Tab, Enter, Space, arrow keys and typing. `pictures` is where pictures go."""

    page: Any
    pictures: Path
    by_keyboard: bool
    troubles: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    album: Album = field(default_factory=lambda: Album("journey"))

    def __post_init__(self) -> None:
        self.page.set_viewport_size(PHONE if self.by_keyboard else WIDE)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def _heard(self, line: Any) -> None:
        """What the console complains of. A form that comes back with its mistakes (422) is told there as well."""
        if line.type == "error" and "422" not in line.text:
            self.troubles.append(line.text)

    # Moving about

    def open(self, address: str) -> None:
        self.page.goto(address)

    def menu(self, label: str) -> None:
        """A page of the navigation."""
        if self.by_keyboard:
            self.toggle(".menu > summary")
            self.press(f".menu nav a:text-is('{label}')")
        else:
            self.press(f"nav.side a:text-is('{label}')")

    def press(self, selector: str) -> None:
        """A link or a button that leads to another page."""
        with self.page.expect_navigation():
            self.toggle(selector)

    def toggle(self, selector: str, key: str = "Enter") -> None:
        """Something that stays on its page."""
        if self.by_keyboard:
            self.reach(selector)
            self.page.keyboard.press(key)
        else:
            self.page.locator(selector).first.click()

    def tick(self, selector: str, *, on: bool = True) -> None:
        if self.page.locator(selector).first.is_checked() != on:
            self.toggle(selector, "Space")

    def write(self, selector: str, text: str) -> None:
        """Replaces what a field holds: a field that Tab has reached is selected as a whole."""
        if not self.by_keyboard:
            self.page.fill(selector, text)
            return
        self.reach(selector)
        self.page.keyboard.type(text)

    def choose(self, selector: str) -> None:
        """A radio button: within its group by the arrow keys."""
        wanted = self.page.locator(selector).first
        if not self.by_keyboard:
            wanted.check()
            return
        name = wanted.get_attribute("name")
        self.reach(f'input[name="{name}"]:checked')
        for _ in range(20):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowUp")
        raise AssertionError(f"{selector} is not reached by arrow keys on {self.page.url}")

    def reach(self, selector: str) -> None:
        """Moves the focus with the Tab key until it is on the element."""
        element = self.page.locator(selector).first.element_handle()
        for _ in range(MOST_TABS):
            if self.page.evaluate("wanted => document.activeElement === wanted", element):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by keyboard on {self.page.url}")

    # Looking

    def reads(self, text: str, within: str = "main") -> None:
        """The page says this."""
        said = " ".join(self.page.locator(within).first.inner_text().split())
        assert text.lower() in said.lower(), f"{self.page.url} does not say {text!r}, but: {said[:3000]}"

    def look(self, name: str) -> None:
        """Nothing sticks out, axe-core finds nothing grave, no secret is shown; and pictures are kept."""
        kind = "phone" if self.by_keyboard else "wide"
        self.looked.append(name)
        for scheme in ("light",) if self.by_keyboard else ("dark", "light"):
            self.page.emulate_media(color_scheme=scheme)
            picture = self.pictures / f"{len(self.looked):02}-{name}-{kind}-{scheme}.png"
            self.page.screenshot(path=picture, full_page=True)
            self.album.see(self.page, f"{name}-{kind}-{scheme}")
            found = Axe().run(self.page).response["violations"]
            grave = [one for one in found if one["impact"] in GRAVE]
            assert not grave, (name, scheme, [(one["id"], [n["html"] for n in one["nodes"]][:3]) for one in grave])
        over = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name}: {over} px stick out"
        assert "canary" not in self.page.content()
