"""Amounts, quantities and units of measure. `Decimal` everywhere; never a float.

One side states a net amount for a line, the other a cost per piece. A cost has only so many decimals, so a small
remainder can be left: it is always returned, never lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Any

from integrations.errors import Misconfigured, Rejected

# ISO 4217: currencies whose smallest unit is not a hundredth.
_DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "XAF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
QUANTITY_DECIMALS = 6
_MEASURE = re.compile(
    r"(?P<name>[^*]+?)\s*(?:\*\s*(?P<top>\d{1,20}(?:\.\d{1,20})?)\s*"
    r"(?:/\s*(?P<bottom>\d{1,20}(?:\.\d{1,20})?))?)?"
)
LARGEST_EXPONENT = 60
"""Of amounts and quantities. Written out, a number of a few characters ("1e999999999") would fill the memory."""


def decimal(value: Any) -> Decimal:
    """A number or a numeric text as a Decimal; nothing at all is 0. Raises Rejected for anything else."""
    if value is None or value == "":
        return Decimal(0)
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Rejected(f"{str(value)[:60]!r} is not an amount.", code="malformed-value")
    return number


def plain(value: Decimal) -> str:
    """A Decimal without exponent and trailing zeros: "120", "1511.63"."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def rounded(value: Decimal, places: int) -> Decimal:
    """Rounded half up, as accountants do."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def currency_decimals(currency: str) -> int:
    """How many decimals amounts of a currency have (ISO 4217); 2 for most."""
    return _DECIMALS.get(currency, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """`amount` for `per` price units; one order unit is `numerator`/`denominator` price units.

    Example: 12.50 per 1000 kg, ordered in bags of 25 kg: amount 12.50, per 1000, numerator 25, denominator 1.
    A zero in `per`, `numerator` or `denominator` means that nothing was stated: 1.
    """

    amount: Decimal
    per: Decimal = Decimal(1)
    numerator: Decimal = Decimal(1)
    denominator: Decimal = Decimal(1)

    def net_amount(self, quantity: Decimal, currency: str) -> Decimal:
        """What `quantity` order units cost, in whole smallest units of the currency."""
        top = quantity * self.amount * (self.numerator or 1)
        return rounded(top / ((self.per or 1) * (self.denominator or 1)), currency_decimals(currency))


@dataclass(frozen=True, slots=True)
class LineCost:
    """A quantity at a cost per piece; cost * quantity + remainder is exactly the net amount."""

    quantity: Decimal
    cost: Decimal
    remainder: Decimal


def line_cost(net_amount: Decimal, quantity: Decimal, *, decimals: int) -> LineCost:
    """The cost per piece with the fewest decimals (two at least, `decimals` at most) that leaves no remainder.

    If none leaves no remainder, the cost has `decimals` decimals and the remainder says what is missing.
    """
    with localcontext(prec=60):
        for places in range(min(2, decimals), decimals + 1):
            cost = rounded(net_amount / quantity, places)
            remainder = net_amount - cost * quantity
            if not remainder:
                break
    return LineCost(quantity, cost, remainder)


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit of the target and how many of it one unit of the source is."""

    name: str
    factor: Fraction = Fraction(1)

    def told(self, unit: str) -> str:
        """The conversion in words, "BX = 12 EA"; "" if there is none."""
        return f"{unit} = {self.factor} {self.name}" if self.factor != 1 else ""

    def convert(self, quantity: Decimal) -> Decimal:
        """A quantity of the source in units of the target, to six decimals where it does not come out even."""
        with localcontext(prec=60):
            exact = quantity * self.factor.numerator / self.factor.denominator
            return Decimal(plain(rounded(exact, QUANTITY_DECIMALS)))


@lru_cache(maxsize=1024)
def measure(text: str) -> Measure:
    """Reads a unit of a value map: "EA" (the same), "EA*12" (a box of twelve), "FT*1/12" (inches to feet).

    Raises Misconfigured if the text is none of these or if the factor is zero.
    """
    match = _MEASURE.fullmatch(text.strip())
    top, bottom = (Fraction(match[part] or 1) for part in ("top", "bottom")) if match else (Fraction(0), Fraction(0))
    if match is None or not top or not bottom:
        raise Misconfigured(
            f'"{text}" is not a unit: write EA, EA*12 or FT*1/12 (target units per SAP unit).', code="bad-unit"
        )
    return Measure(match["name"], top / bottom)
