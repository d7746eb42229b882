"""The keys under which a customer's secrets are stored.

The installation has a ring of keys, `settings.FIELD_KEYS`: newest first, apart from SECRET_KEY. The newest one
writes, all of them read. Nothing is encrypted under a ring key itself: each customer has keys of its own, derived
by HKDF-SHA256 from a ring key and the customer's `key_id`, an immutable UUID. So a value that is copied from one
customer to another cannot be read there, and renaming a customer's schema changes nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class KeyRingError(Exception):
    """FIELD_KEYS is missing or malformed. The text never contains a key."""


class KeyMissing(Exception):
    """A stored value cannot be read with any key of the ring; it is never taken for an empty one."""

    def __init__(self, what: str = "") -> None:
        where = f"{what}: " if what else ""
        super().__init__(
            f"{where}This value was encrypted under a key that is not in FIELD_KEYS (or for another customer). "
            "Put the missing key back at the end of FIELD_KEYS, or enter the secret again."
        )


class CustomerKeys:
    """One customer's keys, newest first. Encrypts and decrypts bytes; its repr shows nothing."""

    def __init__(self, fernets: Sequence[Fernet]) -> None:
        self._fernets = tuple(fernets)

    def encrypt(self, clear: bytes) -> bytes:
        """A Fernet token under the newest key."""
        return self._fernets[0].encrypt(clear)

    def decrypt(self, stored: bytes) -> bytes:
        """The clear value. Raises KeyMissing."""
        return self.read(stored)[0]

    def position(self, stored: bytes) -> int:
        """Which key of the ring the value needs; 0 is the newest. Raises KeyMissing."""
        return self.read(stored)[1]

    def read(self, stored: bytes) -> tuple[bytes, int]:
        """The clear value and the position of its key. Raises KeyMissing."""
        for position, fernet in enumerate(self._fernets):
            try:
                return fernet.decrypt(stored), position
            except InvalidToken:
                continue
        raise KeyMissing

    def __repr__(self) -> str:
        return f"<CustomerKeys: {len(self._fernets)}>"


def check_ring(ring: Sequence[str]) -> None:
    """Raises KeyRingError unless each key is 32 bytes in url-safe base64, and none stands there twice."""
    if not ring:
        raise KeyRingError("FIELD_KEYS is empty. Set it to 32 random bytes in url-safe base64.")
    for number, key in enumerate(ring, start=1):
        if len(_raw(key)) != 32:
            raise KeyRingError(f"FIELD_KEYS: key {number} of {len(ring)} is not 32 bytes in url-safe base64.")
    if len({_raw(key) for key in ring}) != len(ring):
        raise KeyRingError("FIELD_KEYS: the same key stands there twice.")


@lru_cache(maxsize=4096)
def customer_keys(ring: tuple[str, ...], key_id: UUID) -> CustomerKeys:
    """The keys of one customer. Raises KeyRingError."""
    check_ring(ring)
    return CustomerKeys([Fernet(_derived(key, key_id)) for key in ring])


def purpose_key(key: str, purpose: str) -> bytes:
    """32 bytes for one purpose of the whole installation, derived from a ring key. Raises KeyRingError."""
    check_ring([key])
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"installation:{purpose}".encode()).derive(_raw(key))


def new_key() -> str:
    """A fresh ring key (32 random bytes, url-safe base64), to be put first in FIELD_KEYS."""
    return Fernet.generate_key().decode("ascii")


def _derived(key: str, key_id: UUID) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"customer:{key_id}".encode("ascii"))
    return base64.urlsafe_b64encode(derivation.derive(_raw(key)))


def _raw(key: str) -> bytes:
    try:
        return base64.b64decode(key.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
