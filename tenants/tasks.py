"""Housekeeping of the public schema."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from tenants.models import SignInCode, SignInFailures


@shared_task  # type: ignore[untyped-decorator]
def forget_expired() -> None:
    """Removes sessions, sign-in codes and counts of failed sign-ins that have ended. Safe to run at any time."""
    now = timezone.now()
    Session.objects.filter(expire_date__lte=now).delete()
    SignInCode.objects.filter(expires_at__lte=now).delete()
    SignInFailures.objects.filter(window_ends_at__lte=now).delete()
