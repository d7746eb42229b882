"""What one connection may do: each service and scope, what is licensed, how changes are found, and the clock."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from integrations import connections
from integrations.connection import Check
from integrations.errors import IntegrationError
from integrations.fitting.metering import Meter
from integrations.models import Connection

Facts = dict[str, Any]


def access(row: Connection, meter: Meter) -> tuple[Facts, Facts]:
    """What was found, and what the client learned of the system. A system that cannot be asked says so in a check."""
    try:
        client = connections.open_client(row, read_only=True, probing=True, priority="backfill", watch=meter.tick)
    except IntegrationError as error:
        return _of([_failed("Settings", error)]), {}
    system = connections.system_of(row.system)
    checks: list[Check] = []
    ways: list[Any] = []
    try:
        checks += system.ping(client)
        if connections.is_signed_in(checks):
            ways = [asdict(way) for way in system.ways(client)]
            checks += system.licensed(client)
    except IntegrationError as error:
        checks.append(_failed("Reaching it", error))
    finally:
        client.session.close()
    return _of(checks, ways), dict(getattr(client, "capabilities", {}))


def _of(checks: list[Check], ways: list[Any] | None = None) -> Facts:
    signed_in = connections.is_signed_in(checks)
    return {"signed_in": signed_in, "checks": [asdict(check) for check in checks], "ways": ways or []}


def _failed(name: str, error: IntegrationError) -> Check:
    fix = "Correct the connection, and ping it." if name == "Settings" else "Try again in a few minutes."
    return Check(name, ok=False, detail=error.message, fix=fix, code=error.code)
