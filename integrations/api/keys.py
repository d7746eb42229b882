"""API keys: made, shown without their secrets, replaced, revoked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import api_keys
from integrations.api.kernel import etags
from integrations.api.kernel.idempotency import Secretive
from integrations.api.kernel.members import Instant, Strict, Text, Whole
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.problems import invalid
from integrations.api.kernel.resource import Resource, route
from integrations.models import ApiKey

ID = "019535d9-3df7-79fb-b466-fa907fa17f9e"
EXAMPLE = {
    "id": ID,
    "name": "Data warehouse",
    "scope": "read",
    "state": "valid",
    "created_at": "2026-03-02T08:00:00Z",
    "created_by": "olga@acme.example.com",
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": "2026-03-02T09:15:00Z",
    "secrets": [{"prefix": "mlc_3f9c2ab7", "created_at": "2026-03-02T08:00:00Z", "valid_until": None}],
}
MADE = {**EXAMPLE, "last_used_at": None, "secret": "mlc_3f9c2ab7_..."}


class SecretShown(serializers.Serializer[Any]):
    """What is left to see of a secret."""

    prefix = serializers.CharField()
    created_at = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(allow_null=True, help_text="Null: as long as the key.")


class ApiKeyShown(serializers.Serializer[ApiKey]):
    """A key."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=ApiKey.Scope.choices)
    state = serializers.SerializerMethodField(help_text="valid, expired or revoked")
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    secrets = SecretShown(many=True, source="secrets.all", help_text="Newest first.")

    def get_state(self, key: ApiKey) -> str:
        """Whether it opens anything."""
        if key.revoked_at:
            return "revoked"
        return "valid" if api_keys.is_valid(key, timezone.now()) else "expired"


class ApiKeyMade(ApiKeyShown):
    """A key with its secret, which is shown this once."""

    secret = serializers.CharField()


class NewApiKey(Strict):
    """A key that is wanted."""

    name = Text(max_length=80)
    scope = serializers.ChoiceField(choices=ApiKey.Scope.choices)
    expires_at = Instant(required=False, allow_null=True, default=None)


class ApiKeyChanges(Strict):
    """What may be changed of a key."""

    name = Text(max_length=80)


class Rotation(Strict):
    """How long the old secret stays valid."""

    overlap_seconds = Whole(min_value=0, max_value=int(api_keys.LONGEST_OVERLAP.total_seconds()), default=3600)


class ApiKeyList(Resource):
    """All keys of the customer."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "configure", "POST": "configure"}

    @describes("list_api_keys", "List API keys", answer=ApiKeyShown, paged=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Keys, newest first, also those that are over."""
        return page(request, _keys(), order=("-created_at", "-id"), show=ApiKeyShown)

    @describes(
        "create_api_key",
        "Make an API key",
        answer=ApiKeyMade,
        body=NewApiKey,
        status=201,
        example=MADE,
        body_example={"name": "Data warehouse", "scope": "read", "expires_at": None},
    )
    def post(self, request: Request) -> Response:
        """The secret is in this answer and nowhere else: a repeated Idempotency-Key is refused with the id."""
        wanted, now = self.body(NewApiKey), timezone.now()
        _check_expiry(wanted["expires_at"], now)
        key, _, secret = api_keys.create(**wanted, actor=self.actor, now=now)
        return _secretive(key, secret, 201)


class OneApiKey(Resource):
    """One key."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "configure", "PATCH": "configure", "DELETE": "configure"}

    @describes("read_api_key", "Read an API key", answer=ApiKeyShown, example=EXAMPLE)
    def get(self, request: Request, key_id: UUID) -> Response:
        """Without its secret, which nobody can show again."""
        return _shown(_find(key_id))

    @describes(
        "rename_api_key",
        "Rename an API key",
        answer=ApiKeyShown,
        body=ApiKeyChanges,
        example=EXAMPLE,
        body_example={"name": "Data warehouse"},
        if_match=True,
    )
    def patch(self, request: Request, key_id: UUID) -> Response:
        """Another name. The scope of a key never changes: make another key."""
        changes, key = self.body(ApiKeyChanges), _find(key_id, lock=True)
        etags.require(request, _etag(key))
        api_keys.rename(key, changes["name"], actor=self.actor)
        return _shown(key)

    @describes("revoke_api_key", "Revoke an API key", status=204, if_match=True)
    def delete(self, request: Request, key_id: UUID) -> Response:
        """From now on no call with it is accepted. It stays in the list."""
        key = _find(key_id, lock=True)
        etags.require(request, _etag(key))
        api_keys.revoke(key, actor=self.actor, now=timezone.now())
        return Response(status=204)


class ApiKeyRotation(Resource):
    """A new secret for a key."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "configure"}

    @describes(
        "rotate_api_key",
        "Give an API key a new secret",
        answer=ApiKeyMade,
        body=Rotation,
        example=MADE,
        body_example={"overlap_seconds": 86400},
    )
    def post(self, request: Request, key_id: UUID) -> Response:
        """The key keeps its id; secrets before stay valid for the overlap, one hour unless you say otherwise."""
        overlap = timedelta(seconds=self.body(Rotation)["overlap_seconds"])
        key = _find(key_id, lock=True)
        _, secret = api_keys.rotate(key, overlap=overlap, actor=self.actor, now=timezone.now())
        return _secretive(key, secret, 200)


def _keys() -> Any:
    return ApiKey.objects.prefetch_related("secrets")


def _find(key_id: UUID, *, lock: bool = False) -> ApiKey:
    rows = _keys().select_for_update() if lock else _keys()
    key: ApiKey | None = rows.filter(pk=key_id).first()
    if key is None:
        raise Http404
    return key


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise invalid("/expires_at", "past", "A key expires in the future, or never (null).")


def _etag(key: ApiKey) -> str:
    return etags.etag(str(key.pk), key.name, str(key.revoked_at))


def _shown(key: ApiKey) -> Response:
    return Response(ApiKeyShown(key).data, headers={"ETag": _etag(key)})


def _secretive(key: ApiKey, secret: str, status: int) -> Secretive:
    data = {**ApiKeyShown(_find(key.pk)).data, "secret": secret}
    return Secretive(data, made=str(key.pk), status=status, headers={"Location": f"/api/v1/api-keys/{key.pk}"})


routes = [
    route("api-keys", ApiKeyList, "keys"),
    route("api-keys/<uuid:key_id>", OneApiKey, "key"),
    route("api-keys/<uuid:key_id>/rotate", ApiKeyRotation, "key-rotation"),
]
