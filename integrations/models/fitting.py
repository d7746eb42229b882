"""Whether two accounts fit each other: a report that was made once, strictly reading, and is kept."""

from __future__ import annotations

from django.db import models

from integrations.ids import new_id
from integrations.models.connection import Connection
from integrations.models.jobs import Progress


class FitReport(models.Model):
    """What was found at both systems of a pair, what it means, and how far the finding out has come.

    `ends` names both connections as they were ("sap", "servicetitan": name, environment, address), so that the report
    can be read after they are gone. `flows` are those that it judges. `facts` holds what each step found, by the
    step's name; `findings`, `steps` and `because` are what that means, written once all steps are done. `cursor` is
    what later steps need of earlier ones. `calls` counts the remote calls so far, at most `calls_most`.
    """

    class Verdict(models.TextChoices):
        UNKNOWN = "unknown"  # something has to work first, before it can be told
        FITS = "fits"
        AFTER_STEPS = "after-steps"
        DOES_NOT_FIT = "does-not-fit"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sap = models.ForeignKey(Connection, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    servicetitan = models.ForeignKey(Connection, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    ends = models.JSONField(default=dict)
    flows = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=Progress.choices, default=Progress.RUNNING)
    verdict = models.CharField(max_length=12, choices=Verdict.choices, blank=True, default="")
    steps_done = models.PositiveSmallIntegerField(default=0)
    steps_all = models.PositiveSmallIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    calls_most = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    cursor = models.JSONField(default=dict, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    findings = models.JSONField(default=list, blank=True)
    steps = models.JSONField(default=list, blank=True)
    because = models.JSONField(default=list, blank=True)
    started_by = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sap", "servicetitan"], condition=models.Q(state="running"), name="fit_one_running"
            )
        ]

    def __str__(self) -> str:
        return f"{self.verdict or self.state} {self.started_at:%Y-%m-%d %H:%M}"
