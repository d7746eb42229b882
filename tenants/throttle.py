"""Slows down guessing: after some failed sign-ins, an account (and an address) has to wait for its window to end."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connection
from django.http import HttpRequest

from tenants.models import SignInFailures
from tenants.proxies import comes_from_our_proxy

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5  # from one address
PER_ADDRESS = 30  # over all accounts

COUNT = """
    INSERT INTO public.tenants_signinfailures AS f (key_hash, count, window_ends_at) VALUES (%(key)s, 1, %(ends)s)
    ON CONFLICT (key_hash) DO UPDATE SET
        count = CASE WHEN f.window_ends_at <= %(now)s THEN 1 ELSE f.count + 1 END,
        window_ends_at = CASE WHEN f.window_ends_at <= %(now)s THEN excluded.window_ends_at ELSE f.window_ends_at END
"""


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; from a proxy of ours, what the proxy says (its own addition is the last one)."""
    if comes_from_our_proxy(request):
        return str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def is_blocked(*, email: str, address: str, now: datetime) -> bool:
    """Whether a sign-in may not even be tried now."""
    limits = {_account(email, address): PER_ACCOUNT, _address(address): PER_ADDRESS}
    found = SignInFailures.objects.filter(key_hash__in=limits, window_ends_at__gt=now)
    return any(count >= limits[key] for key, count in found.values_list("key_hash", "count"))


def failed(*, email: str, address: str, now: datetime) -> None:
    """Counts a failed sign-in, and forgets windows that have ended."""
    SignInFailures.objects.filter(window_ends_at__lte=now - WINDOW).delete()
    with connection.cursor() as cursor:
        for key in sorted({_account(email, address), _address(address)}):
            cursor.execute(COUNT, {"key": key, "ends": now + WINDOW, "now": now})


def succeeded(*, email: str, address: str) -> None:
    """Forgets the failures of this account from this address."""
    SignInFailures.objects.filter(key_hash=_account(email, address)).delete()


def _account(email: str, address: str) -> str:
    return hashlib.sha256(f"account:{email.strip().lower()}:{address}".encode()).hexdigest()


def _address(address: str) -> str:
    return hashlib.sha256(f"address:{address}".encode()).hexdigest()
