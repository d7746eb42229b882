"""The README gives a reason for every dependency, and for none that is not there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

from devservices.state import CHECKOUT

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
README = (CHECKOUT / "README.md").read_text()
TABLE, _, DEVELOPMENT = README.partition("## Dependencies, each with its reason")[2].partition("\nDevelopment: ")


def names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[\[<>=! ]", each, maxsplit=1)[0].lower() for each in requirements}


def without_brackets(text: str) -> str:
    return re.sub(r"\([^)]*\)", "", text)


def test_the_table_names_exactly_what_the_product_is_made_of() -> None:
    cells = re.findall(r"^\| ([a-z].*?) \| (.*?) \|$", TABLE, re.M)[1:]
    named = {name.strip() for cell, _ in cells for name in without_brackets(cell).split(",")}
    assert named == names([*PROJECT["dependencies"], *EXTRAS["sentry"], *EXTRAS["embedded"]])
    assert all(len(reason) > 5 for _, reason in cells)


def test_the_paragraph_names_exactly_what_developing_takes() -> None:
    said = {each.lower() for each in re.findall(r"`([\w-]+)`", DEVELOPMENT)}
    assert said == names(EXTRAS["dev"])
