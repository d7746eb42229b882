"""Programs that call the API of acme."""

from __future__ import annotations

from typing import Any

import pytest

from tests import databases
from tests.api.caller import Caller, caller_of


@pytest.fixture(autouse=True)
def _much_is_allowed(settings: Any) -> None:
    """Rate limits have tests of their own."""
    databases.start_broker()
    settings.API_CALLS_PER_MINUTE = 60_000


@pytest.fixture
def api(acme: Any) -> Caller:
    """A program of acme that may do everything."""
    return caller_of(acme)


@pytest.fixture
def reader(acme: Any) -> Caller:
    """A program of acme that may only read."""
    return caller_of(acme, "read")
