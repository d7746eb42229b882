"""The keys of seals: one per customer, derived from the installation's ring AUDIT_KEYS (newest first).

Like the ring of encrypted fields it is no part of the database; unlike it, nobody needs it to serve a page.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from integrations.keyring import check_ring

ROW_BYTES = 16
"""Of a row's MAC so many bytes are kept: 128 bits cannot be guessed, and a row costs no more than it has to."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """One key. `name` is a fingerprint that tells which one it is, and nothing else."""

    name: str
    secret: bytes = field(repr=False)

    def mac(self, text: str) -> str:
        """HMAC-SHA256 in hex, of a link."""
        return hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()

    def row_mac(self, what: str, row: UUID, digest: bytes) -> bytes:
        """The MAC of a row's digest, bound to the row's id."""
        return hmac.new(self.secret, what.encode() + row.bytes + digest, hashlib.sha256).digest()[:ROW_BYTES]


@lru_cache(maxsize=4096)
def keys_of(ring: tuple[str, ...], key_id: UUID) -> tuple[SealKey, ...]:
    """A customer's keys, newest first. Raises integrations.keyring.KeyRingError."""
    check_ring(ring)
    return tuple(_derived(urlsafe_b64decode(key), key_id) for key in ring)


def _derived(key: bytes, key_id: UUID) -> SealKey:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"audit:{key_id}".encode("ascii"))
    secret = derivation.derive(key)
    return SealKey(hmac.new(secret, b"name", hashlib.sha256).hexdigest()[:16], secret)
