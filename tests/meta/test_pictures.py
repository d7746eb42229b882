"""The documentation's pictures: each is declared, taken, small, and shown with words for who cannot see it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from devservices.state import CHECKOUT
from tests.album import FOLDER, MOST_BYTES, PICTURES, Album, Picture, changes, digest, noted

SHOWN = re.compile(r"!\[([^\]]*)\]\((?:\.\./)*pictures/screens/([\w-]+)\.webp\)")
PAGES = "\n".join(path.read_text() for path in (CHECKOUT / "docs").rglob("*.md"))


class Page:
    """A page that says this."""

    viewport_size = {"width": 1280, "height": 900}

    def __init__(self, *said: str) -> None:
        self._said = said

    def evaluate(self, *_: Any) -> list[str]:
        return list(self._said)


def test_each_declared_picture_is_there_and_no_other() -> None:
    declared = {each.file for each in PICTURES}
    assert len(declared) == len(PICTURES)
    assert {path.stem for path in FOLDER.glob("*.webp")} == declared
    assert set(noted()) == declared
    assert {path.suffix for path in FOLDER.iterdir()} == {".webp", ".json"}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda each: each.file)
def test_a_picture_is_small_and_shown_with_words(picture: Picture) -> None:
    taken = (FOLDER / f"{picture.file}.webp").read_bytes()
    assert (taken[:4], taken[8:12]) == (b"RIFF", b"WEBP")
    assert len(taken) <= MOST_BYTES
    words = [alt for alt, file in SHOWN.findall(PAGES) if file == picture.file]
    assert words
    assert all(len(alt.split()) >= 5 for alt in words)


def test_no_page_shows_a_picture_that_nobody_takes() -> None:
    assert {file for _, file in SHOWN.findall(PAGES)} <= {each.file for each in PICTURES}


def test_what_a_page_said_holds_no_secret() -> None:
    assert "canary" not in str(noted())


def test_numbers_days_and_repetitions_are_no_change() -> None:
    assert digest(["Books", "7 tasks", " 12\n tasks", ""]) == ["Books", "0 tasks"]


def test_a_page_with_another_button_asks_for_new_pictures(tmp_path: Path) -> None:
    looks = [each.look for each in PICTURES if each.test == "desk"]
    first, second = Album("desk", tmp_path, write=False), Album("desk", tmp_path, write=False)
    for look in looks:
        first.see(Page("Find", "Step in"), look)
    with pytest.raises(AssertionError, match="make pictures"):
        first.close()
    assert changes({"one": ["Find"]}, {"one": ["Find", "Replay"]}) == "one: no longer [], now ['Replay']"
    assert changes({"one": ["Find"]}, {"one": ["Find"]}) == ""
    second.see(Page("Find"), looks[0])
    with pytest.raises(AssertionError, match="never seen"):
        second.close()
