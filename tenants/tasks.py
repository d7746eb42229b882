"""Housekeeping of the public schema."""

from __future__ import annotations

from datetime import datetime, timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from tenants.joining_models import Invitation, SignUp
from tenants.models import Person, SignInCode, SignInFailures

UNPROVEN_KEPT = timedelta(days=7)
"""Far longer than the link in the mail works. Whoever comes later signs up anew."""
AT_ONCE, MOST = 200, 2_000
"""Sign-ups that one statement, and one night, removes; the next night goes on."""


@shared_task  # type: ignore[untyped-decorator]
def forget_expired() -> None:
    """Removes what has ended: sessions, sign-in codes, counts of failed sign-ins, invitations, sign-ups that nobody
    has proven. Safe to run at any time."""
    now = timezone.now()
    Session.objects.filter(expire_date__lte=now).delete()
    SignInCode.objects.filter(expires_at__lte=now).delete()
    SignInFailures.objects.filter(window_ends_at__lte=now).delete()
    Invitation.objects.filter(expires_at__lte=now).delete()
    forget_unproven(now=now)


def forget_unproven(*, now: datetime) -> int:
    """Removes old sign-ups, oldest first, and the accounts of those that are nobody else; how many sign-ups.

    Who has proven the address, works somewhere or is staff keeps the account.
    """
    gone = 0
    while gone < MOST and (batch := _forget_some(now - UNPROVEN_KEPT)):
        gone += batch
    return gone


@transaction.atomic
def _forget_some(before: datetime) -> int:
    """One that is being proven at this moment is passed over."""
    old = SignUp.objects.filter(created_at__lte=before).order_by("created_at", "pk")
    rows = list(old.select_for_update(skip_locked=True, of=["self"])[:AT_ONCE])
    people = [row.person_id for row in rows]
    SignUp.objects.filter(pk__in=[row.pk for row in rows]).delete()
    nobody = Person.objects.filter(pk__in=people, is_staff=False, is_superuser=False, memberships=None)
    nobody.exclude(emailaddress__verified=True).delete()
    return len(rows)
