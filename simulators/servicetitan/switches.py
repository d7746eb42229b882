"""Everything about the real service that is not verified, or differs from tenant to tenant, as switches."""

from dataclasses import asdict, dataclass, fields
from typing import Any

_CHOICES: dict[str, tuple[str, ...]] = {
    "duplicate_names": ("accept", "refuse"),
    "patch_adds_lines": ("refuse", "ignore", "accept"),
    "closed_jobs": ("accept", "refuse"),
    "empty_address_members": ("accept", "refuse"),
    "edit_rules": ("manual", "lenient"),
    "gate_shape": ("problem", "gateway", "empty"),
    "rate_shape": ("retry-after", "title", "message", "bare"),
    "approve_answers": ("request", "order"),
    "approved_requests": ("listed", "hidden"),
    "invoice_number_in": ("referenceNumber", "vendorNumber"),
}


@dataclass(slots=True)
class Switches:
    """Times are seconds; a limit of 0 is no limit; ``bill_delay_seconds`` below 0 means that no bill ever appears."""

    list_lag_seconds: float = 0.0
    lag_ids: bool = False
    lag_get: bool = False
    duplicate_names: str = "accept"
    patch_adds_lines: str = "refuse"
    closed_jobs: str = "accept"
    empty_address_members: str = "accept"
    edit_rules: str = "manual"
    receive_requires_sent: bool = False
    external_data_touches: bool = True
    bill_delay_seconds: float = 0.0
    invoice_number_in: str = "referenceNumber"
    approve_answers: str = "request"
    approved_requests: str = "listed"
    gate_shape: str = "problem"
    token_seconds: int = 900
    token_error_status: int = 400
    tokens_per_minute: int = 0
    calls_per_second: int = 0
    rate_shape: str = "title"
    nulls: bool = False
    unknown_enums: bool = False
    export_page_size: int = 50

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def change(self, values: dict[str, Any]) -> None:
        """Set switches, all or none. Raises ValueError for an unknown name or a wrong value."""
        kinds = {it.name: type(getattr(self, it.name)) for it in fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise ValueError(f"unknown switch {name}; there are {', '.join(kinds)}")
            if name in _CHOICES and value not in _CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(_CHOICES[name])}")
            if not isinstance(value, (int, float) if kinds[name] is float else kinds[name]):
                raise TypeError(f"{name} is a {kinds[name].__name__}")
        for name, value in values.items():
            setattr(self, name, kinds[name](value))
