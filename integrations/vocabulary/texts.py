"""Texts on a ServiceTitan purchase order by which people and we know where a line came from.

A purchase order's lines carry neither external data nor a line number (ServiceTitan Inventory V2 OpenAPI), so each
line's description begins with the number of the line it came from.
"""

from __future__ import annotations

import html
import re
from fractions import Fraction
from typing import Any

_CONVERSION = re.compile(r"\(\S+ = (\d{1,20}(?:/0*[1-9]\d{0,19})?) [^()]+\)$")
_LINE_NUMBER = re.compile(r"\s*0*(\d+)\s*\|")


def described(number: str, text: str, conversion: str = "") -> str:
    """A line's description: "10 | Copper pipe", "20 | Valve (BX = 12 EA)" where the unit was converted.

    The member's format is HTML, so &, < and > are escaped.
    """
    words = f"{one_line(text)} ({conversion})" if conversion else one_line(text)
    return f"{number} | {html.escape(words, quote=False)}"


def conversion(description: Any) -> Fraction:
    """How many of the line's own units one unit of the source is, as its description says; 1 if it says nothing."""
    found = _CONVERSION.search(readable(description))
    return Fraction(found[1]) if found else Fraction(1)


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
