"""Cells of a file for a spreadsheet: what it would take for a formula is marked as text."""

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
    return f"'{text}" if text[:1] in _FORMULAS else text
