"""What MkDocs asks while it builds: the pages of the reference, and links of docs/ that leave it.

The pages of docs/ are read in the checkout as well, where a link to `../connector/settings.py` works; the site has no
such file, so it shows the path instead.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

CHECKOUT = Path(__file__).resolve().parent.parent
DOCS = CHECKOUT / "docs"
LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#]*)(#[^)]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """`folder/*.md` in the navigation is every page of that folder, by name."""
    config.nav = _expanded(config.nav)
    return config


def _expanded(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {title: _expanded(below) for title, below in entry.items()}
    if isinstance(entry, list):
        return [each for below in entry for each in _pages_of(below)]
    return entry


def _pages_of(entry: Any) -> list[Any]:
    if isinstance(entry, str) and entry.endswith("/*.md"):
        return sorted(path.relative_to(DOCS).as_posix() for path in DOCS.glob(entry))
    return [_expanded(entry)]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are made from the code."""
    sys.path.insert(0, str(CHECKOUT))
    from handbook.reference import pages

    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, /, *, page: object, **_: object) -> str:
    """Shows the path of a file where the page links to one outside of docs/."""
    source = (DOCS / str(page.file.src_uri)).parent  # type: ignore[attr-defined]
    return LINK.sub(lambda link: _inside(link, source), markdown)


def _inside(link: re.Match[str], source: Path) -> str:
    target = (source / link[2]).resolve()
    if target.is_relative_to(DOCS):
        return link[0]
    path = target.relative_to(CHECKOUT).as_posix()
    return f"`{path}`" if link[1].strip("`") in {path, path.rstrip("/"), target.name} else f"{link[1]} (`{path}`)"
