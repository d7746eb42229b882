"""Texts on a ServiceTitan purchase order by which people and we know where a line came from.

A purchase order's lines carry neither external data nor a line number (ServiceTitan Inventory V2 OpenAPI), so each
line's description begins with the number of the line it came from.
"""

from __future__ import annotations

import html
import re
from typing import Any

_LINE_NUMBER = re.compile(r"\s*0*(\d+)\s*\|")


def described(number: str, text: str) -> str:
    """A line's description: "10 | Copper pipe". The member's format is HTML, so &, < and > are escaped."""
    return f"{number} | {html.escape(one_line(text), quote=False)}"


def readable(description: Any) -> str:
    """A description as people see it, however it is escaped."""
    return one_line(html.unescape(str(description or "")))


def line_number(description: Any) -> str:
    """The number that a description begins with, "" if it begins with none (a line that a person added)."""
    found = _LINE_NUMBER.match(str(description or ""))
    return found[1] if found else ""


def one_line(text: Any) -> str:
    """White space collapsed: systems differ in how they keep line ends and blanks."""
    return " ".join(str(text or "").split())
