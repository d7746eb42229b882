"""Cells of a file for a spreadsheet: what it would take for a formula is marked as text.

The mark is a ' before it. A text that looks marked already is marked once more, so that `unmarked` gives back exactly
what was written, whatever it is.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """Nothing as "", decimals without an exponent, times as ISO 8601; a text that begins like a formula after a '."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if _is_formula(text) else text


def unmarked(text: str) -> str:
    """The text of a cell that `cell` has written."""
    return text[1:] if text.startswith("'") and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    """Whether it begins like one, behind any marks."""
    return text.lstrip("'").startswith(_FORMULAS)
