"""Makes, finds, replaces and revokes the keys that programs call the API with.

A secret looks like mlc_3f9c2ab7_<43 characters>: it is easy to search for in code and logs, its beginning (shown to
people) tells which one it is, and its end is 256 random bits, of which only a hash is stored.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q

from integrations.audit import Actor, record
from integrations.models import ApiKey, ApiKeySecret
from integrations.refusals import CannotBeDone

MARK = "mlc_"
SEEN_EVERY = timedelta(minutes=1)
LONGEST_OVERLAP = timedelta(days=30)


class KeyIsOver(CannotBeDone):
    """The key is revoked or has expired: it cannot be replaced."""


def create(
    *, name: str, scope: str, expires_at: datetime | None, actor: Actor, now: datetime
) -> tuple[ApiKey, ApiKeySecret, str]:
    """A new key, its secret's row, and the secret itself, which nobody can show again. In a transaction."""
    key = ApiKey.objects.create(
        name=name, scope=scope, expires_at=expires_at, created_at=now, created_by=actor.label[:200]
    )
    row, secret = _new_secret(key, now)
    detail = {"scope": scope, "prefix": row.prefix, "expires_at": expires_at.isoformat() if expires_at else None}
    record(actor=actor, action="api-key.created", subject=name, subject_id=str(key.pk), detail=detail)
    return key, row, secret


def rotate(key: ApiKey, *, overlap: timedelta, actor: Actor, now: datetime) -> tuple[ApiKeySecret, str]:
    """A new secret for the same key; older ones stay valid for `overlap`. In a transaction, with the key locked.

    Raises KeyIsOver.
    """
    if not is_valid(key, now):
        raise KeyIsOver("This key is revoked or has expired. Make a new one.")
    until = now + min(overlap, LONGEST_OVERLAP)
    key.secrets.filter(Q(valid_until=None) | Q(valid_until__gt=until)).update(valid_until=until)
    row, secret = _new_secret(key, now)
    detail = {"prefix": row.prefix, "older_valid_until": until.isoformat()}
    record(actor=actor, action="api-key.rotated", subject=key.name, subject_id=str(key.pk), detail=detail)
    return row, secret


def revoke(key: ApiKey, *, actor: Actor, now: datetime) -> None:
    """No call with this key is accepted from now on; twice is as good as once. In a transaction."""
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        record(actor=actor, action="api-key.revoked", subject=key.name, subject_id=str(key.pk))


def rename(key: ApiKey, name: str, *, actor: Actor) -> None:
    """Another name, so that people know what the key is for. In a transaction."""
    before, key.name = key.name, name
    key.save(update_fields=["name"])
    detail = {"name": {"before": before, "after": name}}
    record(actor=actor, action="api-key.renamed", subject=name, subject_id=str(key.pk), detail=detail)


def find(secret: str, *, now: datetime) -> ApiKey | None:
    """The valid key of a secret in the customer's schema that is in use; None for any other. Notes that it was used."""
    if not secret.startswith(MARK):
        return None
    found = ApiKeySecret.objects.select_related("key").filter(digest=digest(secret)).first()
    if found is None or (found.valid_until and found.valid_until <= now) or not is_valid(found.key, now):
        return None
    _note_use(found.key, now)
    return found.key


def is_valid(key: ApiKey, now: datetime) -> bool:
    """Whether the key is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def digest(secret: str) -> str:
    """What is stored of a secret: SHA-256, hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _note_use(key: ApiKey, now: datetime) -> None:
    """Once a minute, so that a busy key does not make each read a write."""
    before = key.last_used_at
    if before is None or now - before >= SEEN_EVERY:
        ApiKey.objects.filter(pk=key.pk, last_used_at=before).update(last_used_at=now)


def _new_secret(key: ApiKey, now: datetime) -> tuple[ApiKeySecret, str]:
    prefix = f"{MARK}{secrets.token_hex(4)}"
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    return ApiKeySecret.objects.create(key=key, digest=digest(secret), prefix=prefix, created_at=now), secret
