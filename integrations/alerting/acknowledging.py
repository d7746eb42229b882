"""What people do with alerts: say that they know, and choose what they are told of, and where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from integrations import audit, outgoing
from integrations.alerting.kinds import KINDS
from integrations.models import Alert, AlertSettings

MOST_RECIPIENTS = 20
CHANGEABLE = (
    "recipients",
    "to_owners",
    "muted",
    "failures_over",
    "failed_polls",
    "overdue_minutes",
    "stalled_hours",
    "expiry_days",
)


def acknowledge(alert: Alert, *, actor: audit.Actor, now: datetime) -> Alert:
    """Somebody knows and takes care: no mail about its beginning any more. One that ended stays as it is."""
    with transaction.atomic():
        alert = Alert.objects.select_for_update().get(pk=alert.pk)
        if alert.state == Alert.State.OPEN:
            alert.state, alert.acknowledged_at = Alert.State.ACKNOWLEDGED, now
            alert.acknowledged_by = actor.label[:120]
            alert.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
            audit.record(
                actor=actor,
                action="alert.acknowledged",
                subject=f"{alert.kind} {alert.subject}",
                subject_id=str(alert.pk),
            )
    return alert


def current_settings() -> AlertSettings:
    """The customer's choices; the defaults where nothing was chosen yet (then it is not stored)."""
    return AlertSettings.objects.filter(id=1).first() or AlertSettings(id=1)


def locked_settings() -> AlertSettings:
    """The customer's choices, stored, for a change in this transaction."""
    AlertSettings.objects.get_or_create(id=1)
    return AlertSettings.objects.select_for_update().get(id=1)


def change_settings(values: Mapping[str, Any], *, actor: audit.Actor, now: datetime) -> AlertSettings:
    """Stores other choices. Raises ValidationError, by field, for what cannot be."""
    with transaction.atomic():
        chosen = locked_settings()
        before = {name: getattr(chosen, name) for name in CHANGEABLE}
        for name, value in values.items():
            setattr(chosen, name, value)
        _check(chosen)
        changed = {
            name: [before[name], getattr(chosen, name)] for name in before if before[name] != getattr(chosen, name)
        }
        if changed:
            chosen.save()
            audit.record(actor=actor, action="alert-settings.changed", subject="Alert settings", detail=changed)
            outgoing.look_at_alerts(now, after=timedelta())
    return chosen


def _check(chosen: AlertSettings) -> None:
    problems: dict[str, str] = {}
    if len(chosen.recipients) > MOST_RECIPIENTS:
        problems["recipients"] = f"There can be {MOST_RECIPIENTS} addresses; a mailing list takes more."
    for address in chosen.recipients:
        try:
            validate_email(address)
        except ValidationError:
            problems["recipients"] = f"{address!r} is not a mail address."
    unknown = sorted(set(chosen.muted) - set(KINDS))
    if unknown:
        problems["muted"] = f"There is no alert {unknown[0]!r}; there are: {', '.join(sorted(KINDS))}."
    if problems:
        raise ValidationError(problems)
    chosen.full_clean(validate_constraints=False, validate_unique=False)
