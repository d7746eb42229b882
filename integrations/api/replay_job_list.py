"""Replays and dismissals of many records: a preview, then a job that shows its progress and can be stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import catalogue, desk
from integrations.api.delivery_list import PREVIEW, PreviewShown, previews_of
from integrations.api.kernel.members import Instant, Strict, Text, Whole
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.problems import invalid
from integrations.api.kernel.resource import Resource, route
from integrations.engine import Selection, replay_jobs, selecting
from integrations.models import Delivery, Progress, ReplayJob

ID = "019535d9-3df7-79fb-b466-fa907fa17f9e"
SELECTION = {"flows": ["purchase-orders"], "states": ["quarantined"], "codes": ["unmapped-cost-center"]}
EXAMPLE = {
    "id": ID,
    "action": "replay",
    "selection": SELECTION,
    "reason": "",
    "state": "running",
    "expected": 812,
    "expected_exactly": True,
    "seen": 250,
    "done": 248,
    "left_alone": 2,
    "started_by": "olga@acme.example.com",
    "created_at": "2026-03-02T08:00:00Z",
    "finished_at": None,
    "error": "",
}
MOST_SAMPLED = 20

BY_SELECTION = [ReplayJob.Action.REPLAY.value, ReplayJob.Action.DISMISS.value]
"""What a job can be asked to do with a selection; a remap is begun where a map is changed."""


class RecordSelection(Strict):
    """Which records, by their newest version. What is left out does not narrow; something has to."""

    flows = serializers.ListField(child=serializers.ChoiceField(choices=sorted(catalogue.flows())), required=False)
    states = serializers.ListField(child=serializers.ChoiceField(choices=Delivery.State.choices), required=False)
    codes = serializers.ListField(child=Text(max_length=60), required=False, max_length=50)
    reason = Text(required=False, max_length=200, help_text="A part of the reason.")
    needs = Text(required=False, max_length=240)
    key = Text(required=False, max_length=120, help_text="The beginning of a source key.")
    since = Instant(required=False)
    until = Instant(required=False)


class NewReplayJob(Strict):
    """A job that is wanted."""

    action = serializers.ChoiceField(choices=BY_SELECTION)
    selection = RecordSelection()
    reason = Text(required=False, default="", allow_blank=True, max_length=500, help_text="A dismissal needs one.")


class ReplayJobLook(Strict):
    """What is to be counted. `sample`: of so many records it is told what would be written; all of one flow."""

    action = serializers.ChoiceField(choices=BY_SELECTION)
    selection = RecordSelection()
    sample = Whole(required=False, default=0, min_value=0, max_value=MOST_SAMPLED)


class ReplayJobShown(serializers.Serializer[ReplayJob]):
    """A job. `seen` = `done` + `left_alone` (a write of theirs is not settled, or they cannot be dismissed)."""

    id = serializers.UUIDField()
    action = serializers.ChoiceField(choices=ReplayJob.Action.choices)
    selection = serializers.JSONField()
    reason = serializers.CharField()
    state = serializers.ChoiceField(choices=Progress.choices)
    expected = serializers.IntegerField(help_text="Records that fitted when it began.")
    expected_exactly = serializers.BooleanField(help_text="False: there were more.")
    seen = serializers.IntegerField()
    done = serializers.IntegerField()
    left_alone = serializers.IntegerField()
    started_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


class JobPreviewShown(serializers.Serializer[Any]):
    """How many records a job would take up, and what would be written of some."""

    records = serializers.IntegerField()
    exactly = serializers.BooleanField(help_text="False: there are more.")
    sample = PreviewShown(many=True)


class ReplayJobList(Resource):
    """All jobs."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "operate"}

    @describes("list_replay_jobs", "List replay jobs", answer=ReplayJobShown, paged=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Replays and dismissals of many, newest first."""
        rows = ReplayJob.objects.all()
        return page(request, rows, order=("-id",), show=ReplayJobShown)

    @describes(
        "start_replay_job",
        "Replay or dismiss many records",
        answer=ReplayJobShown,
        body=NewReplayJob,
        status=202,
        example=EXAMPLE,
        body_example={"action": "replay", "selection": SELECTION, "reason": ""},
    )
    def post(self, request: Request) -> Response:
        """Every record whose newest version fits goes through the ledger again, or is dismissed, in small batches.

        Nothing is doubled: what is at the target already is not written twice. What arrives later is left out.
        """
        wanted = self.body(NewReplayJob)
        selection = _selection(wanted["selection"])
        if wanted["action"] == "dismiss" and not wanted["reason"]:
            raise invalid("/reason", "required", "A dismissal needs a reason.")
        given: dict[str, Any] = {"action": wanted["action"], "reason": wanted["reason"], "actor": self.actor}
        job = desk.start_job(selection, self.customer, **given, now=timezone.now())
        return Response(ReplayJobShown(job).data, status=202, headers={"Location": f"/api/v1/replay-jobs/{job.pk}"})


class ReplayJobPreview(Resource):
    """What a job would do."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}
    calls_out = ("POST",)

    @describes(
        "preview_replay_job",
        "Count what a job would take up",
        answer=JobPreviewShown,
        body=ReplayJobLook,
        example={"records": 812, "exactly": True, "sample": [PREVIEW]},
        body_example={"action": "replay", "selection": SELECTION, "sample": 1},
    )
    def post(self, request: Request) -> Response:
        """Counts, and shows what would be written of a sample. Changes nothing; a sample calls the remote systems."""
        looked = self.body(ReplayJobLook)
        selection = _selection(looked["selection"])
        counted = replay_jobs.preview(selection, looked["action"])
        found = selecting.sample(selection, looked["sample"]) if looked["sample"] else []
        same = [delivery for delivery in found if delivery.sync_id == found[0].sync_id]
        shown = previews_of(same) if same else []
        return Response({"records": counted.records, "exactly": counted.is_exact, "sample": shown})


class OneReplayJob(Resource):
    """One job."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_replay_job", "Read a replay job", answer=ReplayJobShown, example=EXAMPLE)
    def get(self, request: Request, job_id: UUID) -> Response:
        """One job, with its progress."""
        return Response(ReplayJobShown(_find(job_id)).data)


class Stop(Resource):
    """Stopping a job."""

    @describes("stop_replay_job", "Stop a replay job", answer=ReplayJobShown, example={**EXAMPLE, "state": "stopped"})
    def post(self, request: Request, job_id: UUID) -> Response:
        """Ends it after the batch that is under way. What was taken up goes on; one that has ended stays as it is."""
        return Response(ReplayJobShown(desk.stop_job(_find(job_id), actor=self.actor, now=timezone.now())).data)


class Resume(Resource):
    """Resuming a job."""

    @describes("resume_replay_job", "Resume a replay job", answer=ReplayJobShown, status=202, example=EXAMPLE)
    def post(self, request: Request, job_id: UUID) -> Response:
        """Lets a job that was stopped, or has failed, go on where it was."""
        job = desk.resume_job(_find(job_id), self.customer, actor=self.actor, now=timezone.now())
        return Response(ReplayJobShown(job).data, status=202)


def _selection(wanted: Mapping[str, Any]) -> Selection:
    """Raises Problem where nothing narrows."""
    given: dict[str, Any] = {name: tuple(wanted.get(name, ())) for name in ("flows", "states", "codes")}
    given |= {name: wanted[name] for name in ("reason", "needs", "key", "since", "until") if wanted.get(name)}
    selection = Selection(**given)
    if not selection.as_json():
        raise invalid("/selection", "everything", "Say which records: a job for all of them is not offered.")
    return selection


def _find(job_id: UUID) -> ReplayJob:
    job = ReplayJob.objects.filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job


routes = [
    route("replay-jobs", ReplayJobList, "replay-jobs"),
    route("replay-jobs/preview", ReplayJobPreview, "replay-job-preview"),
    route("replay-jobs/<uuid:job_id>", OneReplayJob, "replay-job"),
    route("replay-jobs/<uuid:job_id>/stop", Stop, "replay-job-stop"),
    route("replay-jobs/<uuid:job_id>/resume", Resume, "replay-job-resume"),
]
