"""The cached access token of a connection: stored encrypted in its row, fetched by one process at a time.

Whoever has to fetch holds an advisory lock of the database session, not a row lock: the remote call can take two
minutes, and during it nobody else who reads or writes the connection's row should have to wait. If the process dies,
PostgreSQL gives the lock back with the session. Whoever waited reads again what the other one stored.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable, QueryCanceled

from integrations import outgoing, telemetry
from integrations.audit import PLATFORM, record
from integrations.connection import Token
from integrations.errors import BadCredentials, Transient
from integrations.fields import reveal
from integrations.models import Connection

log = logging.getLogger(__name__)

PAUSED_FOR_CREDENTIALS = BadCredentials.default_code
PAUSED_BY_PERSON = "by-person"
# Longer than a token call can take (integrations.http.Timeouts), so that the waiting ones read its result.
PATIENCE = 130.0
# Only what concerns the token: another process may have changed the rest for good reasons.
FIELDS = [
    "token",
    "token_expires_at",
    "token_renew_at",
    "state",
    "pause_code",
    "pause_reason",
    "credentials_changed_at",
]


def utc_now() -> datetime:
    return datetime.now(UTC)


class DatabaseTokens:
    """`integrations.connection.TokenStore` over a connection's row. For the task's own thread, outside transactions.

    `conceal` is told every token that is handed out, so that it can be kept out of what is recorded. `probing` (a
    ping) tries the credentials although the connection is paused because of them. `patience`: seconds to wait for
    another process that is fetching.
    """

    def __init__(
        self,
        row: Connection,
        *,
        conceal: Callable[[str], None] = lambda secret: None,
        probing: bool = False,
        clock: Callable[[], datetime] = utc_now,
        patience: float = PATIENCE,
    ) -> None:
        self._row = row
        self._made_of = row.credentials_changed_at
        self._conceal = conceal
        self._probing = probing
        self._clock = clock
        self._patience = patience

    def token(self, fetch: Callable[[], Token], *, stale: str = "") -> Token:
        """The cached token, or a fetched one.

        Raises what `fetch` raises, BadCredentials without a call if they were refused a moment ago, and Transient if
        another process fetches for too long, or somebody replaced the credentials since the row was read.
        """
        token = self._fresh(stale) or self._renewed(fetch, stale)
        self._conceal(token.value)
        return token

    def _renewed(self, fetch: Callable[[], Token], stale: str) -> Token:
        _outside_transactions()
        with self._turn():
            self._row.refresh_from_db(fields=FIELDS)
            self._check_credentials()
            return self._fresh(stale) or self._fetched(fetch, stale)

    def _check_credentials(self) -> None:
        """`fetch` signs in with those the row had when it was read: its outcome says nothing about new ones."""
        if self._row.credentials_changed_at != self._made_of:
            self._row.credentials_changed_at = self._made_of
            message = f"{self._row.name}'s credentials were replaced a moment ago; the next try takes the new ones."
            raise Transient(message, code="credentials-replaced")

    def _fresh(self, stale: str) -> Token | None:
        token = _stored(self._row)
        return token if token and token.value != stale and self._clock() < token.renew_at else None

    def _fetched(self, fetch: Callable[[], Token], stale: str) -> Token:
        row = self._row
        # Each refused sign-in brings an SAP user nearer to being locked: one process asks, the others believe it.
        if not self._probing and row.state == Connection.State.PAUSED and row.pause_code == PAUSED_FOR_CREDENTIALS:
            raise BadCredentials(row.pause_reason)
        try:
            token = fetch()
        except BadCredentials as error:
            telemetry.count("connector_token_fetches", row.system, "refused")
            pause_for_credentials(row, error.message)
            raise
        except Transient as error:
            telemetry.count("connector_token_fetches", row.system, "failed")
            still_good = _stored(row)
            if still_good is None or still_good.value == stale or self._clock() >= still_good.expires_at:
                raise
            log.warning("token-renewal-failed (%s): the cached token is used until it expires", error.code)
            return still_good
        telemetry.count("connector_token_fetches", row.system, "fetched")
        _save(row, token=token.value, token_expires_at=token.expires_at, token_renew_at=token.renew_at)
        return token

    @contextmanager
    def _turn(self) -> Iterator[None]:
        number = _lock_number(self._row)
        try:
            # A short transaction of its own, so that the time-out ends with it; the lock stays with the session.
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{int(self._patience * 1000)}ms"])
                cursor.execute("SELECT pg_advisory_lock(%s)", [number])
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable | QueryCanceled):  # statements may end before locks do
                raise
            message = f"Another process has been signing in to {self._row.name} for {self._patience:.0f} seconds."
            raise Transient(message, code="token-wait") from error
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


class PassingTokens:
    """A token store for one client of a connection that is not stored (yet): the token ends with the client."""

    def __init__(self, conceal: Callable[[str], None]) -> None:
        self._conceal = conceal
        self._token: Token | None = None

    def token(self, fetch: Callable[[], Token], *, stale: str = "") -> Token:
        """The token, fetched at the first call and if it was refused. Raises what `fetch` raises."""
        if self._token is None or self._token.value == stale:
            self._token = fetch()
            self._conceal(self._token.value)
        return self._token


def pause_for_credentials(row: Connection, reason: str) -> None:
    """Pauses a connection whose credentials were refused, unless they were replaced meanwhile."""
    with transaction.atomic():
        # As it is in the table, and held: of two processes that were refused together, one tells of it.
        rows = Connection.objects.select_for_update().filter(pk=row.pk)
        state, code = rows.values_list("state", "pause_code").first() or ("", "")
        if code == PAUSED_BY_PERSON:
            return  # whoever has paused it finds out with the ping that they resume it with
        known = state == Connection.State.PAUSED
        values = {"state": Connection.State.PAUSED, "pause_code": PAUSED_FOR_CREDENTIALS, "pause_reason": reason}
        if _save(row, **values) and not known:
            detail = {"code": PAUSED_FOR_CREDENTIALS, "reason": reason}
            record(actor=PLATFORM, action="connection.paused", subject=row.name, subject_id=str(row.pk), detail=detail)
            outgoing.connection_broken(row.pk, row.name, code=PAUSED_FOR_CREDENTIALS, reason=reason)


def _save(row: Connection, **values: Any) -> bool:
    """Writes what was learned with these credentials; False if they were replaced since the row was read."""
    same = Connection.objects.filter(pk=row.pk, credentials_changed_at=row.credentials_changed_at)
    if row.credentials_changed_at is None:
        same = Connection.objects.filter(pk=row.pk, credentials_changed_at__isnull=True)
    if not same.update(**values):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    return True


def _stored(row: Connection) -> Token | None:
    value = reveal(row.token)
    if not value or row.token_expires_at is None or row.token_renew_at is None:
        return None
    return Token(value, row.token_expires_at, row.token_renew_at)


def _lock_number(row: Connection) -> int:
    """A connection's id as a 64-bit number; customers' connections never share an id."""
    return int.from_bytes(hashlib.blake2b(row.pk.bytes, digest_size=8, person=b"token").digest(), signed=True)


def _outside_transactions() -> None:
    """A remote call inside of a transaction would hold its locks for minutes. A test's own transaction is no matter."""
    if any(not getattr(block, "_from_testcase", False) for block in getattr(connection, "atomic_blocks", ())):
        raise transaction.TransactionManagementError("A token is fetched outside of transactions only.")
