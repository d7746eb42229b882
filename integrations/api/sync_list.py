"""Syncs: flows that are switched on. A sync is addressed by its flow's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import catalogue, steering
from integrations.api.kernel import etags
from integrations.api.kernel.members import Flag, Options, Reason, Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from integrations.models import Connection, Sync
from integrations.refusals import WrongMembers

END = {"id": "019535d9-3df7-79fb-b466-fa907fa17f9e", "name": "sap"}
EXAMPLE = {
    "flow": "purchase-orders",
    "source": END,
    "target": {"id": "019535d9-4a11-7c3e-8b1c-0b9d7a6f5e42", "name": "servicetitan"},
    "enabled": True,
    "schedule": {"every": "2m"},
    "options": {"catch_all_sku": "5001"},
    "state": "active",
    "pause_code": "",
    "pause_reason": "",
    "why_not_running": "",
    "polled_at": "2026-03-02T08:02:00Z",
    "fresh_at": "2026-03-02T08:02:00Z",
    "full_read_at": "2026-03-02T01:00:00Z",
    "failures": 0,
    "last_error": "",
    "created_at": "2026-03-02T08:00:00Z",
}


class EndShown(serializers.Serializer[Connection]):
    """One of a sync's two connections."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class SyncShown(serializers.Serializer[Sync]):
    """A flow that is switched on. `fresh_at`: when the source last said that nothing newer exists."""

    flow = serializers.CharField()
    source = EndShown()  # type: ignore[assignment]
    target = EndShown()
    enabled = serializers.BooleanField()
    schedule = Options()
    options = Options(help_text="What was set; the others have the flow's defaults.")
    state = serializers.ChoiceField(choices=Sync.State.choices)
    pause_code = serializers.CharField()
    pause_reason = serializers.CharField()
    why_not_running = serializers.SerializerMethodField(help_text="Empty: it runs.")
    polled_at = serializers.DateTimeField(allow_null=True)
    fresh_at = serializers.DateTimeField(allow_null=True)
    full_read_at = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField(help_text="Polls in a row that have failed.")
    last_error = serializers.CharField()
    created_at = serializers.DateTimeField()

    def get_why_not_running(self, sync: Sync) -> str:
        """One sentence."""
        return steering.why_not_running(sync)


class SyncChanges(Strict):
    """What may be changed. Of options, those that are named are set, and null takes the default again."""

    schedule = Options(required=False, help_text='{"every": "2m"}, or {"at": "06:30", "days": ["mon", "fri"]}.')
    options = Options(required=False)
    enabled = Flag(required=False)


class NewSync(SyncChanges):
    """A flow that shall be switched on. `source` and `target`: ids, needed where there are several connections."""

    flow = Text(max_length=60)
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]
    target = serializers.UUIDField(required=False)
    schedule = Options(help_text='{"every": "2m"}, or {"at": "06:30", "days": ["mon", "fri"]}.')
    enabled = Flag(default=True)


class RestartShown(serializers.Serializer[steering.Restart]):
    """What a reset would read again. What is unchanged there is recognised, and not written."""

    known = serializers.IntegerField(help_text="Records that were read before, and would be read again.")
    linked = serializers.IntegerField(help_text="Links that stay.")
    on_their_way = serializers.IntegerField(help_text="Deliveries that go on as they are.")
    need_a_person = serializers.IntegerField(
        help_text="Quarantined deliveries, which stay so unless the record changed."
    )
    last_full_read_at = serializers.DateTimeField(allow_null=True)


class SyncList(Resource):
    """All syncs."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "configure"}

    @describes("list_syncs", "List syncs", answer=SyncShown, paged=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Flows that are switched on, by name."""
        return page(request, _syncs(), order=("flow",), show=SyncShown)

    @describes(
        "create_sync",
        "Switch a flow on",
        answer=SyncShown,
        body=NewSync,
        status=201,
        example=EXAMPLE,
        body_example={"flow": "vendors", "schedule": {"every": "2m"}},
    )
    def post(self, request: Request) -> Response:
        """It is polled at once, or at its local time. A flow can be switched on once."""
        sync = _wanted(self.body(NewSync))
        steering.switch_on(sync, self.customer, actor=self.actor, now=timezone.now())
        return _shown(sync, 201)


class OneSync(Resource):
    """One sync."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "PATCH": "configure"}

    @describes("read_sync", "Read a sync", answer=SyncShown, example=EXAMPLE)
    def get(self, request: Request, flow: str) -> Response:
        """How a flow is set up, and how it is doing."""
        return _shown(find(flow))

    @describes(
        "change_sync",
        "Change a sync",
        answer=SyncShown,
        body=SyncChanges,
        example=EXAMPLE,
        body_example={"schedule": {"at": "06:30", "days": ["mon", "fri"]}},
        if_match=True,
    )
    def patch(self, request: Request, flow: str) -> Response:
        """Another schedule, other options, or switched off. A new interval begins at once."""
        changes, sync = self.body(SyncChanges, partial=True), find(flow, lock=True)
        etags.require(request, _etag(sync))
        if "options" in changes:
            given = {**sync.options, **changes["options"]}
            changes["options"] = {name: value for name, value in given.items() if value is not None}
        after = {name: changes.get(name, getattr(sync, name)) for name in ("schedule", "options", "enabled")}
        _check(flow, sync.source, sync.target, after)
        steering.change(sync, self.customer, changes, actor=self.actor, now=timezone.now())
        return _shown(sync)


class RunNow(Resource):
    """Looking for changes now."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes("run_sync", "Run a sync now", answer=SyncShown, status=202, example=EXAMPLE)
    def post(self, request: Request, flow: str) -> Response:
        """A worker looks for changes within seconds. Refused for a sync that is paused or switched off."""
        sync = find(flow, lock=True)
        steering.run_now(sync, self.customer, actor=self.actor, now=timezone.now())
        return _shown(sync, 202)


class Pause(Resource):
    """Pausing."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes(
        "pause_sync",
        "Pause a sync",
        answer=SyncShown,
        body=Reason,
        example={**EXAMPLE, "state": "paused", "pause_code": "by-person", "pause_reason": "Stock-taking"},
        body_example={"reason": "Stock-taking"},
    )
    def post(self, request: Request, flow: str) -> Response:
        """Nothing more is read or written once the batch under way is done, until somebody resumes it."""
        wanted, sync = self.body(Reason), find(flow, lock=True)
        steering.pause(sync, reason=wanted["reason"], actor=self.actor)
        return _shown(sync)


class Resume(Resource):
    """Resuming."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes("resume_sync", "Resume a sync", answer=SyncShown, example=EXAMPLE)
    def post(self, request: Request, flow: str) -> Response:
        """Ends a pause, whatever caused it, and looks for changes at once."""
        sync = find(flow, lock=True)
        steering.resume(sync, self.customer, actor=self.actor, now=timezone.now())
        return _shown(sync)


class Reset(Resource):
    """Starting over."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "configure"}

    @describes(
        "preview_reset",
        "Preview a reset",
        answer=RestartShown,
        example={
            "known": 1250,
            "linked": 1240,
            "on_their_way": 3,
            "need_a_person": 7,
            "last_full_read_at": "2026-03-02T01:00:00Z",
        },
    )
    def get(self, request: Request, flow: str) -> Response:
        """What a reset would read again. Nothing is changed."""
        return Response(RestartShown(steering.preview_restart(find(flow))).data)

    @describes(
        "reset_sync",
        "Reset a sync",
        answer=SyncShown,
        body=Reason,
        status=202,
        example={**EXAMPLE, "full_read_at": None},
        body_example={"reason": "The history was extended"},
    )
    def post(self, request: Request, flow: str) -> Response:
        """Forgets how far the source was read: everything is read again. Nothing is doubled, and links stay."""
        wanted, sync = self.body(Reason), find(flow)
        steering.restart(sync, self.customer, reason=wanted["reason"], actor=self.actor, now=timezone.now())
        return _shown(sync, 202)


def find(flow: str, *, lock: bool = False) -> Sync:
    """The sync of a flow, with its connections. Raises Http404."""
    sync: Sync | None = steering.locked(flow) if lock else _syncs().filter(flow=flow).first()
    if sync is None:
        raise Http404
    return sync


def _syncs() -> Any:
    return Sync.objects.select_related("source", "target").defer(*steering.HIDDEN)


def _wanted(wanted: Mapping[str, Any]) -> Sync:
    flow = wanted["flow"]
    if flow not in catalogue.flows():
        raise WrongMembers([("flow", f"There is no flow {flow}; there are {', '.join(sorted(catalogue.flows()))}.")])
    declared = catalogue.flows()[flow]
    ends = {name: _end(wanted.get(name), getattr(declared, f"{name}_system")) for name in ("source", "target")}
    options = {name: value for name, value in wanted.get("options", {}).items() if value is not None}
    members = {"schedule": wanted["schedule"], "options": options, "enabled": wanted["enabled"]}
    _check(flow, ends["source"], ends["target"], members)
    return Sync(flow=flow, **ends, **members)


def _end(given: Any, system: str) -> Connection | None:
    """The connection that is named, else the only one to that system."""
    rows = Connection.objects.defer("credentials", "token")
    found = list(rows.filter(pk=given) if given else rows.filter(system=system)[:2])
    return found[0] if len(found) == 1 else None


def _check(flow: str, source: Connection | None, target: Connection | None, members: Mapping[str, Any]) -> None:
    if faults := steering.faults(flow, source, target, members):
        raise WrongMembers(faults)


def _etag(sync: Sync) -> str:
    return etags.etag(sync.schedule, sync.options, sync.enabled)


def _shown(sync: Sync, status: int = 200) -> Response:
    headers = {"ETag": _etag(sync), **({"Location": f"/api/v1/syncs/{sync.flow}"} if status == 201 else {})}
    return Response(SyncShown(sync).data, status=status, headers=headers)


routes = [
    route("syncs", SyncList, "syncs"),
    route("syncs/<slug:flow>", OneSync, "sync"),
    route("syncs/<slug:flow>/run", RunNow, "sync-run"),
    route("syncs/<slug:flow>/pause", Pause, "sync-pause"),
    route("syncs/<slug:flow>/resume", Resume, "sync-resume"),
    route("syncs/<slug:flow>/reset", Reset, "sync-reset"),
]
