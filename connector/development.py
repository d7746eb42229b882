"""What a developer's checkout gets without being asked: generated keys below `.state`, never used in production."""

from __future__ import annotations

import os
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path


def kept(path: Path, fresh: str) -> str:
    """The text in `path`, which is created with `fresh` (mode 0600) if it is not there. Safe side by side."""
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not path.exists():
        mine = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(fresh)
        try:
            os.link(mine, path)  # unlike a rename, this never replaces what another process has just written
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return path.read_text().strip()


def secret_key(state: Path) -> str:
    """A SECRET_KEY of this checkout."""
    return kept(state / "secret_key", secrets.token_urlsafe(50))


def audit_key(state: Path) -> str:
    """A key for the audit's seals of this checkout: 32 bytes in url-safe base64."""
    return kept(state / "audit_key", urlsafe_b64encode(secrets.token_bytes(32)).decode())


def field_key(state: Path) -> str:
    """A ring key of this checkout: 32 bytes in url-safe base64."""
    return kept(state / "field_key", urlsafe_b64encode(secrets.token_bytes(32)).decode())
