"""Connections: a customer's accounts at both systems. Credentials go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import catalogue, connections, setting_up
from integrations.api.kernel import etags
from integrations.api.kernel.members import Options, Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.problems import Problem
from integrations.api.kernel.resource import Resource, route
from integrations.fields import reveal
from integrations.keyring import KeyMissing
from integrations.models import Connection
from integrations.refusals import Fault, WrongMembers

EXAMPLE = {
    "id": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "name": "sap",
    "system": "sap",
    "environment": "sandbox",
    "base_url": "https://my300001-api.s4hana.cloud.sap",
    "ca_bundle": "",
    "options": {"sap_client_number": "100"},
    "credentials_changed_at": "2026-03-02T08:00:00Z",
    "state": "ok",
    "pause_code": "",
    "pause_reason": "",
    "checked_at": "2026-03-02T08:01:00Z",
    "created_at": "2026-03-02T08:00:00Z",
}
NEW = {
    "name": "sap",
    "system": "sap",
    "environment": "sandbox",
    "base_url": "https://my300001-api.s4hana.cloud.sap",
    "options": {"sap_client_number": "100"},
    "credentials": {"username": "CONNECTOR", "password": "..."},
}
EDITED = ("name", "base_url", "ca_bundle", "options")
HIDDEN = ("credentials", "token")


class ConnectionShown(serializers.Serializer[Connection]):
    """An account at one system. `options` holds what was set; what was not has the system's default."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    system = serializers.CharField()
    environment = serializers.ChoiceField(choices=Connection.Environment.choices)
    base_url = serializers.CharField()
    ca_bundle = serializers.CharField(help_text="Certificates (PEM) of a CA of the company's own.")
    options = Options()
    credentials_changed_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=Connection.State.choices)
    pause_code = serializers.CharField()
    pause_reason = serializers.CharField()
    checked_at = serializers.DateTimeField(allow_null=True, help_text="When it was pinged last.")
    created_at = serializers.DateTimeField()


class Credentials(serializers.DictField):
    """Names and texts; null removes one."""

    child = Text(max_length=4000, allow_null=True)


class ConnectionChanges(Strict):
    """What may be changed. Of options and credentials, those that are named are set, and null takes one away."""

    name = Text(max_length=80, required=False)
    base_url = Text(max_length=400, allow_blank=True, required=False)
    ca_bundle = serializers.CharField(max_length=100_000, allow_blank=True, required=False, trim_whitespace=False)
    options = Options(required=False)
    credentials = Credentials(required=False, write_only=True)


class NewConnection(ConnectionChanges):
    """A connection that is wanted. System and environment never change."""

    name = Text(max_length=80)
    system = serializers.ChoiceField(choices=sorted(catalogue.systems()))
    environment = serializers.ChoiceField(choices=Connection.Environment.choices)


class ConnectionFilters(Strict):
    """Which connections."""

    name = Text(required=False)
    system = Text(required=False)


class CheckShown(serializers.Serializer[Any]):
    """One thing that was asked. `fix` says what to do."""

    name = serializers.CharField()
    ok = serializers.BooleanField()
    detail = serializers.CharField()
    fix = serializers.CharField()
    code = serializers.CharField()


class PingShown(serializers.Serializer[Any]):
    """What the live system answered."""

    signed_in = serializers.BooleanField()
    checked_at = serializers.DateTimeField()
    checks = CheckShown(many=True)


class CapabilitiesShown(serializers.Serializer[Any]):
    """What the last ping found: services, versions, change fields."""

    checked_at = serializers.DateTimeField(allow_null=True)
    capabilities = Options()


class ConnectionList(Resource):
    """All connections."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "configure"}

    @describes(
        "list_connections",
        "List connections",
        answer=ConnectionShown,
        paged=True,
        filters=ConnectionFilters,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """Connections by name."""
        rows = Connection.objects.defer(*HIDDEN).filter(**self.filters)
        return page(request, rows, order=("name",), show=ConnectionShown)

    def prepare(self, request: Request) -> tuple[Connection, dict[str, str]]:
        """Checks the connection, and asks the name servers."""
        wanted = self.body(NewConnection)
        row = Connection(name=wanted["name"], system=wanted["system"], environment=wanted["environment"])
        row.base_url, row.ca_bundle = wanted.get("base_url", ""), wanted.get("ca_bundle", "")
        row.options = merged({}, wanted.get("options", {}))
        credentials = merged({}, wanted.get("credentials", {}))
        _check(setting_up.faults(row, credentials))
        return row, credentials

    @describes(
        "create_connection",
        "Add a connection",
        answer=ConnectionShown,
        body=NewConnection,
        status=201,
        example=EXAMPLE,
        body_example=NEW,
    )
    def post(self, request: Request) -> Response:
        """Checked completely before it is saved. Whether the system can be reached is for the ping to tell."""
        row, credentials = self.prepared
        setting_up.create(row, credentials, self.customer, actor=self.actor, now=timezone.now())
        return shown(row, 201)


class OneConnection(Resource):
    """One connection."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "PATCH": "configure", "DELETE": "configure"}

    @describes("read_connection", "Read a connection", answer=ConnectionShown, example=EXAMPLE)
    def get(self, request: Request, connection_id: UUID) -> Response:
        """An account with its state, without its credentials."""
        return shown(find(connection_id))

    def prepare(self, request: Request, connection_id: UUID) -> Any:
        """Checks the connection as it will be, and asks the name servers."""
        before = find(connection_id)
        if request.method != "PATCH":
            return None
        etags.require(request, _etag(before))
        given = self.body(ConnectionChanges, partial=True)
        credentials = given.pop("credentials", None)
        changes = {**given, **({"options": merged(before.options, given["options"])} if "options" in given else {})}
        after = copy(before)
        for name, value in changes.items():
            setattr(after, name, value)
        known = _credentials(before)
        _check(setting_up.missing_again(after, before, known, credentials or {}))
        all_of_them = merged(known, credentials or {})
        _check(setting_up.faults(after, all_of_them, before=before))
        return changes, all_of_them if credentials is not None else None

    @describes(
        "change_connection",
        "Change a connection",
        answer=ConnectionShown,
        body=ConnectionChanges,
        example=EXAMPLE,
        body_example={"options": {"calls_per_second": 10}, "credentials": {"password": "..."}},
        if_match=True,
    )
    def patch(self, request: Request, connection_id: UUID) -> Response:
        """Another address needs all credentials again: they are never sent anywhere else than they were entered for."""
        row = find(connection_id, lock=True)
        etags.require(request, _etag(row))
        changes, credentials = self.prepared
        setting_up.change(row, changes, credentials, self.customer, actor=self.actor, now=timezone.now())
        return shown(row)

    @describes("remove_connection", "Remove a connection", status=204, if_match=True)
    def delete(self, request: Request, connection_id: UUID) -> Response:
        """Refused while a flow uses it."""
        row = find(connection_id, lock=True)
        etags.require(request, _etag(row))
        setting_up.remove(row, self.customer, actor=self.actor)
        return Response(status=204)


class Ping(Resource):
    """Asking the live system."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}
    calls_out = ("POST",)

    @describes(
        "ping_connection",
        "Ping a connection",
        answer=PingShown,
        example={
            "signed_in": True,
            "checked_at": "2026-03-02T08:01:00Z",
            "checks": [{"name": "Signing in", "ok": True, "detail": "Accepted.", "fix": "", "code": ""}],
        },
    )
    def post(self, request: Request, connection_id: UUID) -> Response:
        """Asks, read-only, what this connection may do. Ends a pause because of credentials that work now."""
        row, now = find(connection_id), timezone.now()
        checks = connections.ping(row, self.customer, now=now, actor=self.actor)
        body = {"signed_in": connections.is_signed_in(checks), "checked_at": now, "checks": checks}
        return Response(PingShown(body).data)


class Capabilities(Resource):
    """What is known of the live system."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "read_capabilities",
        "Read a connection's capabilities",
        answer=CapabilitiesShown,
        example={"checked_at": "2026-03-02T08:01:00Z", "capabilities": {"services": {}, "checks": []}},
    )
    def get(self, request: Request, connection_id: UUID) -> Response:
        """What the last ping, and the clients since then, have found."""
        return Response(CapabilitiesShown(find(connection_id)).data)


def merged(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Names that are given are set, and null takes one away."""
    return {name: value for name, value in {**before, **given}.items() if value is not None}


def find(connection_id: UUID, *, lock: bool = False) -> Connection:
    """The connection, with what is secret left in the database until it is asked for. Raises Http404."""
    rows = Connection.objects.defer(*HIDDEN)
    row = setting_up.locked(connection_id) if lock else rows.filter(pk=connection_id).first()
    if row is None:
        raise Http404
    return row


def shown(row: Connection, status: int = 200) -> Response:
    """A connection as it is answered."""
    headers = {"ETag": _etag(row), **({"Location": f"/api/v1/connections/{row.pk}"} if status == 201 else {})}
    return Response(ConnectionShown(row).data, status=status, headers=headers)


def _credentials(row: Connection) -> dict[str, str]:
    try:
        return reveal(row.credentials) or {}
    except KeyMissing:
        detail = "The stored credentials cannot be read: the installation lacks the key they were stored under."
        raise Problem("conflict", detail) from None


def _check(faults: list[Fault]) -> None:
    if faults:
        raise WrongMembers(faults)


def _etag(row: Connection) -> str:
    return etags.etag(*(getattr(row, name) for name in EDITED), str(row.credentials_changed_at))


routes = [
    route("connections", ConnectionList, "connections"),
    route("connections/<uuid:connection_id>", OneConnection, "connection"),
    route("connections/<uuid:connection_id>/ping", Ping, "connection-ping"),
    route("connections/<uuid:connection_id>/capabilities", Capabilities, "connection-capabilities"),
]
