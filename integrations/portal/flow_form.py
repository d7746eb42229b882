"""The settings of a flow as a form: its connections, when it looks, and its options by what they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations import catalogue, going_live, schedule_spec, sync_options
from integrations.models import Sync
from integrations.portal.option_words import CHOICES, MEMBERS, WORDS
from integrations.refusals import Fault

UNITS = (
    ("s", gettext_lazy("seconds")),
    ("m", gettext_lazy("minutes")),
    ("h", gettext_lazy("hours")),
    ("d", gettext_lazy("days")),
)
DAYS = dict(
    zip(
        schedule_spec.DAYS,
        (
            gettext_lazy("Monday"),
            gettext_lazy("Tuesday"),
            gettext_lazy("Wednesday"),
            gettext_lazy("Thursday"),
            gettext_lazy("Friday"),
            gettext_lazy("Saturday"),
            gettext_lazy("Sunday"),
        ),
        strict=True,
    )
)
OPTION = "option-"


class SettingsForm(forms.Form):
    """The settings of one flow. After `is_valid`, `members` are the schedule and the options that are not defaults."""

    version = forms.CharField(widget=forms.HiddenInput)
    when = forms.ChoiceField(
        label=gettext_lazy("When it looks for changes"),
        widget=forms.RadioSelect,
        choices=(("every", gettext_lazy("Again and again")), ("at", gettext_lazy("At a time of day"))),
    )
    every = forms.IntegerField(label=gettext_lazy("Every"), min_value=1, max_value=99999, required=False)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=UNITS, required=False)
    at = forms.TimeField(
        label=gettext_lazy("At"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    days = forms.MultipleChoiceField(
        label=gettext_lazy("On these days"),
        help_text=gettext_lazy("None ticked: every day."),
        choices=list(DAYS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, sync: Sync, data: Any = None) -> None:
        super().__init__(data, initial=_initial(sync))
        self.sync = sync
        self.ends = {end: going_live.ends(sync.flow, end) for end in ("source", "target")}
        if sync._state.adding:
            for end, rows in self.ends.items():
                choices = [(str(row.pk), f"{row.name} ({row.get_environment_display()})") for row in rows]
                label = _("Read from") if end == "source" else _("Write to")
                self.fields[end] = forms.ChoiceField(label=label, choices=choices)
        for name, default in sync_options.declared(sync.flow).items():
            for field, control in _controls(sync.flow, name, default):
                self.fields[field] = control

    @property
    def connections(self) -> list[Any]:
        """The fields for the connections, where they are to be chosen."""
        return [self[end] for end in ("source", "target") if end in self.fields]

    @property
    def options(self) -> list[Any]:
        """The fields of the options, the last one being for support only."""
        return [self[name] for name in self.fields if name.startswith(OPTION)]

    def end(self, name: str) -> Any:
        """The connection that was chosen for one end."""
        chosen = self.cleaned_data.get(name)
        return next((row for row in self.ends[name] if str(row.pk) == chosen), None)

    @property
    def members(self) -> dict[str, Any]:
        """What was entered, as a sync holds it."""
        given = self.cleaned_data
        if given["when"] == "every":
            spec: dict[str, Any] = {"every": f"{given['every']}{given['unit']}"}
        else:
            days = given["days"] if len(given["days"]) < len(DAYS) else []
            spec = {"at": f"{given['at']:%H:%M}", **({"days": days} if days else {})}
        return {"schedule": spec, "options": self._options()}

    def _options(self) -> dict[str, Any]:
        found = {}
        for name, default in sync_options.declared(self.sync.flow).items():
            value = self._value(name, default)
            if value != default and not (isinstance(default, tuple) and tuple(value) == default):
                found[name] = value
        return found

    def _value(self, name: str, default: Any) -> Any:
        if isinstance(default, dict):
            start = f"{OPTION}{name}-"
            entries = {
                field.removeprefix(start): value
                for field, value in self.cleaned_data.items()
                if field.startswith(start)
            }
            return {entry: value for entry, value in entries.items() if value}
        value = self.cleaned_data[f"{OPTION}{name}"]
        if isinstance(default, tuple):
            parts = [one.strip() for one in value.split(",")]
            return [int(part) if part.isdecimal() else part for part in parts if part]
        return value if value is not None else default

    def clean(self) -> dict[str, Any]:
        """A schedule is whole: an interval, or a time."""
        given = self.cleaned_data
        if given.get("when") == "every" and not given.get("every"):
            self.add_error("every", _("Enter how often, for example 5."))
        if given.get("when") == "at" and not given.get("at"):
            self.add_error("at", _("Enter a time, for example 06:30."))
        return given

    def blame(self, faults: Iterable[Fault]) -> None:
        """Puts what is wrong beside its field."""
        for place, sentence in faults:
            self.add_error(self._place(place), sentence)

    def _place(self, place: str) -> str | None:
        if place == "schedule":
            return "every" if self.cleaned_data.get("when") == "every" else "at"
        name = f"{OPTION}{place.removeprefix('options/')}" if place.startswith("options/") else place
        return (
            name if name in self.fields else next((each for each in self.fields if each.startswith(f"{name}-")), None)
        )


def _initial(sync: Sync) -> dict[str, Any]:
    spec = schedule_spec.parse(sync.schedule)
    found: dict[str, Any] = {
        "version": going_live.version_of(sync),
        "source": str(sync.source_id),
        "target": str(sync.target_id),
    }
    if isinstance(spec, schedule_spec.Every):
        text = str(sync.schedule["every"])
        found |= {"when": "every", "every": int(text[:-1]), "unit": text[-1]}
    else:
        days = [day for number, day in enumerate(schedule_spec.DAYS) if number in spec.days]
        found |= {"when": "at", "at": spec.at, "days": days if len(days) < len(DAYS) else [], "unit": "m"}
    for name, default in sync_options.declared(sync.flow).items():
        value = sync.options.get(name, default)
        if isinstance(default, dict):
            found |= {f"{OPTION}{name}-{entry}": chosen for entry, chosen in value.items()}
        else:
            found[f"{OPTION}{name}"] = ", ".join(map(str, value)) if isinstance(default, tuple) else value
    return found


def _controls(flow: str, name: str, default: Any) -> Iterable[tuple[str, forms.Field]]:
    label, text = WORDS.get(name, (name.replace("_", " ").capitalize(), ""))
    told: dict[str, Any] = {"label": label, "help_text": text, "required": False}
    if isinstance(default, dict):
        entries: Mapping[str, Any] = catalogue.flows()[flow].tables.get(name, {})
        for entry, values in entries.items():
            choices = [("", _("as usual")), *((value, CHOICES.get(value, value)) for value in values)]
            of_entry = {**told, "label": f"{label}: {MEMBERS.get(entry, entry)}"}
            yield f"{OPTION}{name}-{entry}", forms.ChoiceField(choices=choices, **of_entry)
        return
    if allowed := sync_options.choices(flow, name):
        choices = [(value, CHOICES.get(value, value)) for value in allowed]
        yield f"{OPTION}{name}", forms.ChoiceField(choices=choices, **{**told, "required": True})
    elif isinstance(default, bool):
        yield f"{OPTION}{name}", forms.BooleanField(**told)
    elif isinstance(default, int):
        yield f"{OPTION}{name}", forms.IntegerField(min_value=0, max_value=2_000_000_000, **told)
    elif isinstance(default, float):
        yield f"{OPTION}{name}", forms.FloatField(min_value=0, **told)
    else:
        yield f"{OPTION}{name}", forms.CharField(max_length=400, **told)


class CutOffForm(forms.Form):
    """From which day on documents are read."""

    day = forms.DateField(
        label=gettext_lazy("Documents made on or after"),
        help_text=gettext_lazy("Older ones are left out when everything is read. Empty: all of them."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
