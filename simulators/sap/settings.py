"""The switches of the simulator, checked by name and type."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from simulators.sap.catalog import SERVICES

# How a service that is not offered answers: an HTML page, JSON naming the missing authorisation, an unregistered
# service version, an unknown address, or (as some on-premise systems do) 401.
ABSENCES = ("html", "json", "unregistered", "unknown", "unauthorised")
_LISTS = {"auth_methods": ("basic", "oauth")}
_WORDS = {"release": ("cloud", "2022", "2021"), "order_release": ("none", "workflow")}


@dataclass
class Settings:
    """Switches.

    ``arrangements`` maps a service to ``offered`` or to one of ABSENCES. ``token_seconds`` and ``csrf_seconds`` are
    lifetimes. ``v2_page_size`` and ``v4_page_size`` cap pages (0: no cap). ``redirect`` answers every call with 302 to
    the identity provider. ``release`` 2022 and 2021 drop fields that came later. ``order_release``
    decides whether orders created by API wait for a release. ``stamp_prefix`` stands before the text time stamps of
    invoices. ``zone_minutes`` is the system's offset from UTC: its dates and times without a zone are local.
    ``warnings`` lets creations succeed with a warning in the header. ``stamp_digits`` is how many digits behind the
    second filters of time stamps compare; those that follow are cut off on both sides.
    """

    arrangements: dict[str, str] = field(default_factory=dict)
    auth_methods: list[str] = field(default_factory=lambda: ["basic", "oauth"])
    token_seconds: int = 43_200
    csrf_seconds: int = 1_800
    bearer_needs_csrf: bool = True
    v2_page_size: int = 0
    v4_page_size: int = 1_000
    redirect: bool = False
    release: str = "cloud"
    order_release: str = "none"
    stamp_prefix: str = ""
    zone_minutes: int = 0
    warnings: bool = False
    stamp_digits: int = 7

    def change(self, values: dict[str, Any]) -> None:
        """Set some switches. Raises ValueError for an unknown name or a wrong value; then nothing is changed."""
        known = {each.name: type(getattr(self, each.name)) for each in fields(self)}
        for name, value in values.items():
            if name not in known or not isinstance(value, known[name]):
                raise ValueError(f"unknown setting or wrong type: {name}")
            _check(name, value)
        for name, value in values.items():
            setattr(self, name, {**self.arrangements, **value} if name == "arrangements" else value)

    def row(self) -> dict[str, Any]:
        """All switches as JSON."""
        return asdict(self)

    def absence(self, service: str) -> str:
        """How a service is missing, or an empty string when it is offered."""
        state = self.arrangements.get(service, "offered")
        return "" if state == "offered" else state


def _check(name: str, value: Any) -> None:
    if name == "arrangements":
        for service, state in value.items():
            if service not in SERVICES or state not in (*ABSENCES, "offered"):
                raise ValueError(f"unknown arrangement: {service} {state}")
    elif name in _WORDS and value not in _WORDS[name]:
        raise ValueError(f"{name} must be one of {', '.join(_WORDS[name])}")
    elif name == "stamp_digits" and not 0 <= value <= 7:
        raise ValueError(f"{name} must be from 0 to 7")
    elif name in _LISTS and not set(value) <= set(_LISTS[name]):
        raise ValueError(f"{name} may hold {', '.join(_LISTS[name])}")
