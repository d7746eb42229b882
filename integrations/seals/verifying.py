"""Holds the sealed rows against their seals, and says which one was altered, removed or inserted."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from integrations.models import AuditSeal
from integrations.seals import chain
from integrations.seals.keys import SealKey
from integrations.seals.sealable import ALL, EVENTS, LATE, PURGED, Sealable
from tenants.models import Customer

CONTENTS = {
    "attempts": ("integrations_attempt t", "t.exchange", "t.finished_at"),
    "deliveries": ("integrations_delivery t", "t.payload", "t.closed_at"),
}
BY_NAME = {sealable.what: sealable for sealable in ALL}


@dataclass(slots=True)
class Verdict:
    """A line per finding, and what was held against the seals. `purged`, `sealed`: until where, by kind of rows."""

    findings: list[str] = field(default_factory=list)
    links: int = 0
    rows: int = 0
    purged: dict[str, str] = field(default_factory=dict)
    sealed: dict[str, str] = field(default_factory=dict)
    newest: str = ""

    def add(self, finding: str) -> None:
        """Notes a finding."""
        self.findings.append(finding)


def verify(customer: Customer, *, newest: str = "") -> Verdict:
    """Checks the chain and every sealed row of the customer, whose schema has to be in use. Changes nothing.

    `newest` ("<position>:<mac>", as it was logged) has to be a link of the chain: this is how one finds that the end
    of the chain was removed. Rows younger than the last seal are not judged.
    """
    verdict = Verdict()
    keys = {key.name: key for key in chain.ring(customer)}
    with transaction.atomic():
        _take_your_time()
        _remember_nothing()
        trusted = list(_checked_links(customer, keys, verdict))
        for position in trusted:
            _check_rows(AuditSeal.objects.get(position=position), keys, verdict)
        for sealable in ALL:
            _find_inserted(sealable, verdict)
            _find_emptied(sealable, verdict)
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE sealed_rows")
    _check_end(newest, verdict)
    return verdict


def _take_your_time() -> None:
    """Years of rows are held against years of seals in one statement, which may take longer than others may."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")


def _remember_nothing() -> None:
    """The ids that were met in seals, kept by the database session: there may be many."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE sealed_rows (what text, id uuid, PRIMARY KEY (what, id))")


def _checked_links(customer: Customer, keys: dict[str, SealKey], verdict: Verdict) -> Iterator[int]:
    """The positions of the links whose rows can be judged. What retention purged is taken from genuine links only."""
    expected, previous = 1, ""
    for link in AuditSeal.objects.order_by("position").iterator(chunk_size=100):
        if link.position != expected:
            gap = f"seals {expected} to {link.position - 1}" if link.position > expected + 1 else f"seal {expected}"
            verdict.add(f"{gap}: removed")
        elif link.previous != previous:
            verdict.add(f"seal {link.position}: does not follow the one before it")
        expected, previous = link.position + 1, link.mac
        verdict.links += 1
        verdict.newest = f"{link.position}:{link.mac}"
        key = keys.get(link.key)
        if key is None:
            verdict.add(f"seal {link.position}: made with key {link.key}, which is not in AUDIT_KEYS")
        elif not hmac.compare_digest(key.mac(chain.signed_text(customer, link)), link.mac):
            verdict.add(f"seal {link.position}: altered")
        elif link.kind == AuditSeal.Kind.PURGE:
            verdict.purged[link.what] = max(link.last, verdict.purged.get(link.what, ""))
            continue
        else:
            verdict.sealed[link.what] = max(link.last, verdict.sealed.get(link.what, ""))
        if key is not None and link.kind == AuditSeal.Kind.SEAL:
            yield link.position


def _check_rows(seal: AuditSeal, keys: dict[str, SealKey], verdict: Verdict) -> None:
    """Every row of a seal. A row's MAC stands for itself, so rows are judged even if the link was altered."""
    sealable, key, pairs = BY_NAME.get(seal.what), keys[seal.key], chain.pairs_of(seal)
    if sealable is None:
        return
    digests = sealable.digests(list(pairs))
    verdict.rows += len(pairs)
    for row, mac in pairs.items():
        if row in digests:
            if not hmac.compare_digest(key.row_mac(sealable.what, row, digests[row]), mac):
                verdict.add(f"{_one(sealable)} {row}{_place(sealable, row)}: altered after seal {seal.position}")
        elif not _was_purged(sealable, seal, verdict):
            verdict.add(f"{_one(sealable)} {row}: removed, or opened again, after seal {seal.position}")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sealed_rows SELECT %s, unnest(%s::uuid[]) ON CONFLICT DO NOTHING", [sealable.what, list(pairs)]
        )


def _was_purged(sealable: Sealable, seal: AuditSeal, verdict: Verdict) -> bool:
    """Retention removes events by whole seals; of attempts and deliveries it removes contents only."""
    return sealable is EVENTS and seal.last <= verdict.purged.get(sealable.what, "")


def _find_inserted(sealable: Sealable, verdict: Verdict) -> None:
    """Rows that lie where everything was sealed, and are in no seal."""
    horizon = verdict.sealed.get(sealable.what)
    if not horizon:
        return
    bound = sealable.value(horizon) if sealable.numbered else sealable.value(horizon) - LATE
    statement = (
        f"SELECT t.id, t.{sealable.order} FROM {sealable.table} t WHERE t.{sealable.order} <= %s AND {sealable.closed} "  # noqa: S608 - constants
        "AND NOT EXISTS (SELECT FROM sealed_rows k WHERE k.what = %s AND k.id = t.id) ORDER BY 2, 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [bound, sealable.what])
        for row, order in cursor.fetchall():
            place = f"number {order}" if sealable.numbered else f"closed at {sealable.text(order)}"
            verdict.add(f"{_one(sealable)} {row} ({place}): inserted, it is in no seal")


def _find_emptied(sealable: Sealable, verdict: Verdict) -> None:
    """Contents that were removed although retention had not come so far."""
    if sealable.what not in CONTENTS:
        return
    table, column, order = CONTENTS[sealable.what]
    bound = sealable.value(verdict.purged.get(sealable.what, ""))
    statement = f"SELECT t.id FROM {table} WHERE jsonb_exists({column}, %s) AND {order} > %s ORDER BY 1"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [PURGED, bound])
        for (row,) in cursor.fetchall():
            verdict.add(f"{_one(sealable)} {row}: its content was removed, and not by retention")


def _check_end(newest: str, verdict: Verdict) -> None:
    position, _, mac = newest.partition(":")
    if not newest:
        return
    if not AuditSeal.objects.filter(position=int(position), mac=mac).exists():
        there = f"the chain ends at {verdict.newest.partition(':')[0]}" if verdict.newest else "there are no seals"
        verdict.add(f"seal {position}: not there as it was logged; {there}")


def _one(sealable: Sealable) -> str:
    return {"events": "event", "attempts": "attempt", "deliveries": "delivery"}[sealable.what]


def _place(sealable: Sealable, row: UUID) -> str:
    """Where an altered row stands, as far as it still says so."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sealable.order} FROM {sealable.table} WHERE id = %s", [row])  # noqa: S608 - constants
        found: Any = cursor.fetchone()
    if not found:
        return ""
    return f" (number {found[0]})" if sealable.numbered else f" (closed at {sealable.text(found[0])})"
