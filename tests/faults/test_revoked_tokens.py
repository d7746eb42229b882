"""A token that another worker has fetched, and that was revoked before anybody used it, is no reason to give up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integrations.connection import Token
from integrations.models import Connection, Delivery
from integrations.running import utc_now
from integrations.tokens import DatabaseTokens
from tests.journeys.conftest import MakeWorld, make_world

__all__ = ["make_world"]


@pytest.fixture
def overtaken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Before the first renewal another worker stores a token, which is revoked by then."""
    handed: list[str] = []
    real = DatabaseTokens.token

    def token(self: DatabaseTokens, fetch: Any, *, stale: str = "") -> Token:
        if stale and not handed:
            handed.append("canary-revoked-meanwhile")
            row = Connection.objects.get(pk=self._row.pk)
            row.token, row.token_expires_at = handed[0], utc_now() + timedelta(minutes=15)
            row.token_renew_at = utc_now() + timedelta(minutes=14)
            row.save(update_fields=["token", "token_expires_at", "token_renew_at"])
        return real(self, fetch, stale=stale)

    monkeypatch.setattr(DatabaseTokens, "token", token)
    return handed


def test_a_read_is_repeated_with_a_token_of_its_own(make_world: MakeWorld, overtaken: list[str]) -> None:
    world = make_world(suppliers=1, orders=0, invoices=0)
    world.faults({"kind": "revoke_token", "method": "GET", "times": 1})
    world.sync("vendors")
    assert overtaken
    assert world.states("vendors") == {"delivered": 1}
    assert {row.state for row in world.rows(Connection)} == {"ok"}


def test_writes_are_repeated_with_a_token_of_their_own(make_world: MakeWorld, overtaken: list[str]) -> None:
    world = make_world(suppliers=6, orders=0, invoices=0)
    world.faults({"kind": "revoke_token", "method": "POST", "path": "/vendors$", "times": 1})
    world.sync("vendors")
    assert overtaken
    assert world.states("vendors") == {"delivered": 6}
    assert {row.state for row in world.rows(Connection)} == {"ok"}
    assert not world.rows(Delivery, code="bad-credentials")


def test_a_connection_whose_new_tokens_are_refused_is_paused_all_the_same(make_world: MakeWorld) -> None:
    world = make_world(suppliers=1, orders=0, invoices=0)
    world.faults({"kind": "revoke_token", "path": "/tenant/"})
    world.sync("vendors")
    assert {row.system: row.pause_code for row in world.rows(Connection)}["servicetitan"] == "bad-credentials"
