"""From one day to another: the days that a list is narrowed to. They are the reader's."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Window(forms.Form):
    """A first and a last day, both of them part of it, each of them optional."""

    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """A time window has to be one."""
        found: dict[str, Any] = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since > until:
            self.add_error("until", gettext("This day is before the first one."))
        return found

    def moments(self) -> tuple[datetime | None, datetime | None]:
        """From this moment on, and before that one; None for no bound. Of a valid form."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        after = until + timedelta(days=1) if until and until < date.max else None
        return _midnight(since), _midnight(after)


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
