"""What a record is worth on both sides, for flows whose books are compared by amount as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a source record: the day that it belongs to (YYYY-MM-DD, "" for none), its amount and currency."""

    dated_on: str = ""
    amount: Decimal | None = None
    currency: str = ""


@runtime_checkable
class Figured(Protocol):
    """A flow that states figures."""

    def figures(self, record: Any) -> Figures:
        """Of a record as the source has it."""
        ...

    def worth(self, row: Mapping[str, Any]) -> Decimal | None:
        """The amount of a target row; None where it is not to be compared."""
        ...
