"""Secrets of authenticator apps and recovery codes: encrypted under keys derived from FIELD_KEYS, for no customer.

Passkeys need no secret of ours: of them only public keys are kept.
"""

from __future__ import annotations

import base64

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import transaction

from integrations.keyring import CustomerKeys, KeyMissing, purpose_key
from integrations.rotation import Batch

MEMBERS = {"totp": "secret", "recovery_codes": "seed"}
"""Where django-allauth keeps the encrypted text in `Authenticator.data`, by type."""


def keys() -> CustomerKeys:
    """The installation's keys for second factors, newest first."""
    derived = (purpose_key(key, "second-factors") for key in settings.FIELD_KEYS)
    return CustomerKeys([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


@transaction.atomic
def rotate(*, write: bool) -> Batch:
    """Brings all of them under the newest key, or only counts. There are few: one transaction."""
    ring, old, unreadable = keys(), 0, 0
    rows = list(Authenticator.objects.select_for_update().filter(type__in=MEMBERS).order_by("pk"))
    for row in rows:
        member = MEMBERS[row.type]
        try:
            clear, position = ring.read(str(row.data[member]).encode())
        except KeyMissing:
            unreadable += 1
            continue
        if position:
            old += 1
            if write:
                row.data[member] = ring.encrypt(clear).decode("ascii")
                row.save(update_fields=["data"])
    return Batch("Authenticator.data", len(rows), old, old if write else 0, unreadable)
