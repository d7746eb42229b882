"""The same POST again is answered again and not done again: Idempotency-Key, kept for thirty days.

The record of the call is inserted first, in the transaction of the effect: a parallel one with the same key waits at
the unique index until this one has committed (then it is given the same answer) or was rolled back (then it goes
first). So a crash between effect and answer leaves both or neither.

What calls a remote system must not hold a transaction meanwhile. Such a view says `calls_out`, and is safe to repeat by
its nature (it asks, and notes what it learned): its record is committed first, and the answer afterwards. If that never
happens, the call may be repeated once nobody can be at it any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.kernel.authentication import actor_of
from integrations.api.kernel.problems import Problem, invalid
from integrations.models import ApiCall
from integrations.retention import CALLS_KEPT as KEPT
from tenants.models import AnsweredCall, StaffCall

LONGEST_CALL = timedelta(minutes=15)
FORGOTTEN_AT_ONCE = 50
HEADERS = ("Location", "ETag")

Act = Callable[[], HttpResponseBase]

CLAIM = """
    INSERT INTO {table} (id, actor, key, fingerprint, created_at, began_at, answer, headers, made)
    VALUES (%s, %s, %s, %s, %s, %s, '', '{{}}', '') ON CONFLICT (actor, key) DO NOTHING
"""
FORGET = """
    DELETE FROM {table} WHERE (actor = %s AND key = %s AND created_at < %s) OR id IN (
        SELECT id FROM {table} WHERE created_at < %s ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""


class Secretive(Response):
    """An answer that bears a secret, about the thing `made`: it is given once and kept nowhere."""

    def __init__(self, data: Any, *, made: str, status: int = 201, headers: dict[str, str] | None = None) -> None:
        super().__init__(data, status=status, headers=headers)
        self.made = made


class Once:
    """One POST under its Idempotency-Key."""

    def __init__(self, request: Request, key: str) -> None:
        if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
            raise invalid("Idempotency-Key:", "malformed", "An Idempotency-Key has 1 to 255 printable characters.")
        actor = actor_of(request)
        self.actor, self.key = f"{actor.kind}:{actor.id}", key
        self.fingerprint = _fingerprint(request)
        on_customer = getattr(request._request, "customer", None) is not None
        self.calls: type[AnsweredCall] = ApiCall if on_customer else StaffCall

    def answer_before(self) -> HttpResponse | None:
        """The answer that was given already. Raises Problem if the key was used otherwise, or is being used now."""
        row = self._row(timezone.now())
        return None if row is None or row.status is None else self._again(row)

    def in_one_transaction(self, act: Act) -> HttpResponseBase:
        """Record, effect and answer are committed together."""
        now = timezone.now()
        with transaction.atomic():
            if not self._claim(now):
                return self._again(self._row(now))
            answer = act()
            self._keep(answer)
            return answer

    def around_a_call(self, act: Act) -> HttpResponseBase:
        """Record, then effect, then answer; without a transaction around what may take minutes."""
        now = timezone.now()
        if not self._claim(now) and not self._take_over(now):
            return self._again(self._row(now))
        try:
            answer = act()
        except BaseException:
            self._mine().filter(status=None).delete()
            raise
        self._keep(answer)
        return answer

    def _claim(self, now: datetime) -> bool:
        """Whether this call is the first. Waits for one that is under way in a transaction."""
        table = connection.ops.quote_name(self.calls._meta.db_table)
        oldest = now - KEPT
        with connection.cursor() as cursor:
            cursor.execute(FORGET.format(table=table), [self.actor, self.key, oldest, oldest, FORGOTTEN_AT_ONCE])
            cursor.execute(CLAIM.format(table=table), [uuid4(), self.actor, self.key, self.fingerprint, now, now])
            return bool(cursor.rowcount == 1)

    def _take_over(self, now: datetime) -> bool:
        """Whether this call goes on for one whose process died."""
        given_up = self._mine().filter(status=None, fingerprint=self.fingerprint, began_at__lte=now - LONGEST_CALL)
        return bool(given_up.update(began_at=now) == 1)

    def _keep(self, answer: Any) -> None:
        if isinstance(answer, Secretive):
            kept: dict[str, Any] = {"made": answer.made}
        else:
            kept = {"answer": JSONRenderer().render(answer.data).decode() if answer.data is not None else ""}
        headers = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
        self._mine().update(status=answer.status_code, headers=headers, **kept)

    def _again(self, row: AnsweredCall | None) -> HttpResponse:
        if row is None or (row.status is None and row.fingerprint == self.fingerprint):
            detail = "The same call is being answered just now. Ask again in a moment."
            raise Problem("still-in-progress", detail, headers={"Retry-After": "5"})
        if row.fingerprint != self.fingerprint:
            detail = "It was sent before with another method, path or body. Take a new key for a new request."
            raise Problem("idempotency-key-reused", detail)
        if row.made:
            detail = "Its secret was shown once. If you did not get it, revoke what was made, and make another one."
            raise Problem("answer-withheld", detail, made=row.made)
        headers = {**row.headers, "Idempotency-Replayed": "true"}
        return HttpResponse(row.answer, status=row.status, content_type="application/json", headers=headers)

    def _row(self, now: datetime) -> AnsweredCall | None:
        row: AnsweredCall | None = self._mine().filter(created_at__gte=now - KEPT).first()
        return row

    def _mine(self) -> Any:
        return self.calls._default_manager.filter(actor=self.actor, key=self.key)


def _fingerprint(request: Request) -> str:
    body = request._request.body
    parts = [request.method or "", request.get_full_path()]
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + body).hexdigest()
