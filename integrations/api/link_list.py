"""Links: which record here is which record there, and what people do when that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import desk
from integrations.api.kernel.members import Reason, Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from integrations.models import Link

EXAMPLE = {
    "id": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "flow": "purchase-orders",
    "source_key": "4500001234",
    "target_key": "5001",
    "origin": "created",
    "generation": 1,
    "lines": {"10": "7001"},
    "previous": [],
    "linked_at": "2026-03-02T08:00:09Z",
    "verified_at": "2026-03-02T08:00:10Z",
}
WHOLE = {**EXAMPLE, "observed": {"memo": "SAP 4500001234 is already ordered"}}
APART = {**WHOLE, "target_key": "", "origin": "unlinked", "lines": {}, "observed": {}, "verified_at": None}


class LinkShown(serializers.Serializer[Link]):
    """A link. An empty target: it was handed to another flow, or a person took it apart (`origin` unlinked)."""

    id = serializers.UUIDField()
    flow = serializers.CharField()
    source_key = serializers.CharField(help_text="With a part's name behind #, where a record has several targets.")
    target_key = serializers.CharField()
    origin = serializers.ChoiceField(choices=Link.Origin.choices)
    generation = serializers.IntegerField(help_text="Counts how often the record was made anew.")
    lines = serializers.JSONField(help_text="Source line to target line id.")
    previous = serializers.JSONField(help_text="Targets that it led to before.")
    linked_at = serializers.DateTimeField()
    verified_at = serializers.DateTimeField(allow_null=True, help_text="When the target was last read back.")


class WholeLinkShown(LinkShown):
    """A link with what was read back there after the last write."""

    observed = serializers.JSONField()


class LinkFilters(Strict):
    """Which links."""

    flow = Text(required=False)
    source_key = Text(required=False)
    target_key = Text(required=False)


class Relinked(Strict):
    """Where a record is to be linked to."""

    target_key = Text(max_length=120)
    reason = Text(max_length=500)


class LinkList(Resource):
    """All links."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("list_links", "List links", answer=LinkShown, paged=True, filters=LinkFilters, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Links in the order of flows and source keys."""
        rows = Link.objects.filter(**self.filters).defer("observed")
        return page(request, rows, order=("flow", "source_key"), show=LinkShown)


class OneLink(Resource):
    """One link."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_link", "Read a link", answer=WholeLinkShown, example=WHOLE)
    def get(self, request: Request, link_id: UUID) -> Response:
        """One link with what was last read back at the target."""
        return Response(WholeLinkShown(_find(link_id)).data)


class Relink(Resource):
    """Linking a record to another target."""

    @describes(
        "relink",
        "Link a record to another target",
        answer=WholeLinkShown,
        body=Relinked,
        example={**WHOLE, "target_key": "5002", "origin": "manual"},
        body_example={"target_key": "5002", "reason": "It was entered twice there."},
    )
    def post(self, request: Request, link_id: UUID) -> Response:
        """From now on this target record is kept as the source has it. Refused while a write is not settled."""
        wanted = self.body(Relinked)
        desk.relink(_find(link_id), **wanted, customer=self.customer, actor=self.actor, now=timezone.now())
        return Response(WholeLinkShown(_find(link_id)).data)


class Unlink(Resource):
    """Taking a link apart."""

    @describes(
        "unlink",
        "Take a link apart",
        answer=WholeLinkShown,
        body=Reason,
        example=APART,
        body_example={"reason": "It belongs to another company."},
    )
    def post(self, request: Request, link_id: UUID) -> Response:
        """The target record stays as it is. Nothing is made for the source record, now or when it changes, before a
        person links it again, has it made anew, or dismisses it."""
        reason = self.body(Reason)["reason"]
        desk.take_apart(_find(link_id), self.customer, reason=reason, actor=self.actor, now=timezone.now())
        return Response(WholeLinkShown(_find(link_id)).data)


class MakeAnew(Resource):
    """Having a record made anew."""

    @describes(
        "make_anew",
        "Have an unlinked record made anew",
        answer=WholeLinkShown,
        body=Reason,
        example={**APART, "origin": "manual", "generation": 2},
        body_example={"reason": "The first one was removed there."},
    )
    def post(self, request: Request, link_id: UUID) -> Response:
        """The record is created once more at the target, beside the one that was let go. Refused while it is linked."""
        reason = self.body(Reason)["reason"]
        desk.let_make_anew(_find(link_id), self.customer, reason=reason, actor=self.actor, now=timezone.now())
        return Response(WholeLinkShown(_find(link_id)).data)


def _find(link_id: UUID) -> Link:
    link: Any = Link.objects.filter(pk=link_id).first()
    if link is None:
        raise Http404
    found: Link = link
    return found


routes = [
    route("links", LinkList, "links"),
    route("links/<uuid:link_id>", OneLink, "link"),
    route("links/<uuid:link_id>/relink", Relink, "link-relink"),
    route("links/<uuid:link_id>/unlink", Unlink, "link-unlink"),
    route("links/<uuid:link_id>/make-anew", MakeAnew, "link-make-anew"),
]
