"""The pictures of the documentation: taken by the tests in a browser, kept in docs/pictures/screens/.

`make pictures` (PICTURES=write) takes them anew. Otherwise a test in a browser compares what its pages say now with
what they said when the picture was taken: headings, heads of tables, labels and buttons, with every number as 0. Pixels
are not compared, since fonts and the hour differ.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "screens"
WORDS = FOLDER / "words.json"
MOST_BYTES = 60_000
QUALITIES = (80, 65, 50, 40, 30)
SAID = "h1, h2, h3, thead th, legend, label, summary, dt, button, a.button, nav a"
VISIBLE = """(selector) => [...document.querySelectorAll(selector)]
    .filter(each => each.checkVisibility({visibilityProperty: true})).map(each => each.innerText)"""


@dataclass(frozen=True)
class Picture:
    """One file, and the look at a page that it shows. `height` is in CSS pixels, from the page's top."""

    file: str
    test: str
    look: str
    height: int = 900


PICTURES = (
    Picture("first-page", "journey", "first-page-wide-light", 620),
    Picture("wrong-secret", "journey", "wrong-secret-wide-light", 980),
    Picture("missing-scope", "journey", "missing-scope-wide-light"),
    Picture("fit-report", "journey", "fit-report-wide-light", 1000),
    Picture("map", "journey", "map-wide-light"),
    Picture("map-change", "journey", "map-change-wide-light", 960),
    Picture("preview", "journey", "preview-purchase-wide-light"),
    Picture("flow", "journey", "flow-purchase-wide-light"),
    Picture("home-with-a-task", "journey", "home-with-a-task-wide-light", 760),
    Picture("home-on-a-phone", "journey", "home-with-a-task-phone-light", 740),
    Picture("record", "journey", "record-wide-light", 1200),
    Picture("books", "journey", "books-wide-light", 480),
    Picture("home-in-the-dark", "journey", "home-wide-dark", 660),
    Picture("differences", "journey", "differences-wide-light", 920),
    Picture("desk-found", "desk", "3-found", 620),
    Picture("desk-why", "desk", "6-why"),
    Picture("desk-three-ways", "desk", "8-three-ways"),
)


def taken_anew() -> bool:
    """Whether this run writes the pictures."""
    return os.environ.get("PICTURES") == "write"


@dataclass
class Album:
    """The pictures that one test is to take. `folder` is where they are kept."""

    test: str
    folder: Path = FOLDER
    write: bool = field(default_factory=taken_anew)
    seen: dict[str, list[str]] = field(default_factory=dict)

    def see(self, page: Any, look: str) -> None:
        """Takes note of a page if a picture of it is wanted. The window is as it was afterwards."""
        for picture in PICTURES:
            if (picture.test, picture.look) == (self.test, look):
                self.seen[picture.file] = digest(page.evaluate(VISIBLE, SAID))
                if self.write:
                    self._take(page, picture)

    def _take(self, page: Any, picture: Picture) -> None:
        size = page.viewport_size
        page.set_viewport_size({**size, "height": picture.height})
        devtools = page.context.new_cdp_session(page)
        page.evaluate("window.scrollTo(0, 0)")
        for quality in QUALITIES:
            asked = {"format": "webp", "quality": quality}
            shot = base64.b64decode(devtools.send("Page.captureScreenshot", asked)["data"])
            if len(shot) <= MOST_BYTES:
                break
        devtools.detach()
        page.set_viewport_size(size)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{picture.file}.webp").write_bytes(shot)

    def close(self, *, but: Iterable[str] = ()) -> None:
        """Every picture of this test was seen, but those of the looks that end with one of `but`, and shows what its
        page says now. Raises AssertionError with what to do otherwise."""
        mine = {each.file: each.look for each in PICTURES if each.test == self.test}
        wanted = {file for file, look in mine.items() if not look.endswith(tuple(but))}
        assert wanted <= set(self.seen), f"never seen: {sorted(wanted - set(self.seen))}"
        if self.write:
            note({**noted(self.folder), **self.seen}, self.folder)
        changed = changes(noted(self.folder), self.seen)
        assert not changed, "Run `make pictures`, look at them, and commit them. The pages changed:\n" + changed


def digest(said: Iterable[str]) -> list[str]:
    """What a page says, in its order, each word of it once, without numbers: those differ from day to day."""
    plain = (re.sub(r"\d+", "0", " ".join(text.split())) for text in said)
    return list(dict.fromkeys(text for text in plain if text))


def noted(folder: Path = FOLDER) -> dict[str, list[str]]:
    """What the pages said when their pictures were taken, by the picture's name."""
    path = folder / WORDS.name
    read: dict[str, list[str]] = json.loads(path.read_text()) if path.exists() else {}
    return read


def note(words: dict[str, list[str]], folder: Path = FOLDER) -> None:
    """Keeps them, for the pictures that are declared."""
    kept = {each.file: words[each.file] for each in PICTURES if each.file in words}
    (folder / WORDS.name).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def changes(before: dict[str, list[str]], now: dict[str, list[str]]) -> str:
    """A line for each picture whose page says something else now. Empty if there is none."""
    lines = []
    for name, words in now.items():
        had = before.get(name, [])
        if words != had:
            gone, new = [each for each in had if each not in words], [each for each in words if each not in had]
            lines.append(f"{name}: no longer {gone}, now {new}" if gone or new else f"{name}: in another order")
    return "\n".join(lines)
