"""A receiver over real HTTP, and the desks of two customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulators.server import serve
from tenants.models import Customer
from tests.events.receiver import Desk, Receiver


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    program = Receiver()
    with serve(program) as server:  # type: ignore[arg-type]
        program.url = f"{server.url}/hook"
        yield program


@pytest.fixture
def desk(acme: Customer) -> Desk:
    return Desk(acme)


@pytest.fixture
def other_desk(globex: Customer) -> Desk:
    return Desk(globex)
