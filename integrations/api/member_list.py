"""Members: who works at the customer, and as what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.core.validators import EmailValidator
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import members
from integrations.api.kernel import etags
from integrations.api.kernel.members import Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from tenants.models import Membership, Role

EXAMPLE = {
    "id": "0b6f3a52-6a0c-4e8e-9f4e-3a7c2f0f6f11",
    "email": "olga@acme.example.com",
    "name": "Olga Owner",
    "role": "owner",
    "member_since": "2026-03-02T08:00:00Z",
}


class MemberShown(serializers.Serializer[Membership]):
    """A person with a role."""

    id = serializers.UUIDField(source="person_id")
    email = serializers.CharField(source="person.email")
    name = serializers.CharField(source="shown_name")
    role = serializers.ChoiceField(choices=Role.choices)
    member_since = serializers.DateTimeField(source="created_at")


class NewMember(Strict):
    """A person who shall work here. `name` is what they are called here until they come for the first time."""

    email = Text(max_length=254, validators=[EmailValidator("This is no e-mail address.")])
    name = Text(max_length=200, required=False, allow_blank=True, default="")
    role = serializers.ChoiceField(choices=Role.choices)


class MemberChanges(Strict):
    """What may be changed of a member."""

    role = serializers.ChoiceField(choices=Role.choices)


class MemberList(Resource):
    """All members."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "configure"}

    @describes("list_members", "List members", answer=MemberShown, paged=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """People with a role here, by their e-mail addresses."""
        rows = Membership.objects.select_related("person").filter(customer=self.customer)
        return page(request, rows, order=("person__email",), show=MemberShown)

    @describes(
        "add_member",
        "Add a member",
        answer=MemberShown,
        body=NewMember,
        status=201,
        example=EXAMPLE,
        body_example={"email": "olga@acme.example.com", "name": "Olga Owner", "role": "owner"},
    )
    def post(self, request: Request) -> Response:
        """Gives a person a role. Somebody who is new gets an account without a password; the hosting team sets one."""
        wanted = self.body(NewMember)
        member = members.add(self.customer, **{**wanted, "role": Role(wanted["role"])}, actor=self.actor)
        return _shown(member, 201)


class OneMember(Resource):
    """One member."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "PATCH": "configure", "DELETE": "configure"}

    @describes("read_member", "Read a member", answer=MemberShown, example=EXAMPLE)
    def get(self, request: Request, person_id: UUID) -> Response:
        """A person's role here."""
        return _shown(self._find(person_id))

    @describes(
        "change_member",
        "Change a member's role",
        answer=MemberShown,
        body=MemberChanges,
        example=EXAMPLE,
        body_example={"role": "operator"},
        if_match=True,
    )
    def patch(self, request: Request, person_id: UUID) -> Response:
        """Another role, from the next request on. The last owner stays one."""
        changes, member = self.body(MemberChanges), self._find(person_id, lock=True)
        etags.require(request, _etag(member))
        members.change_role(member, Role(changes["role"]), actor=self.actor)
        return _shown(member)

    @describes("remove_member", "Remove a member", status=204, if_match=True)
    def delete(self, request: Request, person_id: UUID) -> Response:
        """Locks a person out from the next request on. The last owner cannot be removed."""
        member = self._find(person_id, lock=True)
        etags.require(request, _etag(member))
        members.remove(member, actor=self.actor)
        return Response(status=204)

    def _find(self, person_id: UUID, *, lock: bool = False) -> Membership:
        member = members.find(self.customer, person_id, lock=lock)
        if member is None:
            raise Http404
        return member


def _etag(member: Membership) -> str:
    return etags.etag(str(member.person_id), str(member.role))


def _shown(member: Membership, status: int = 200) -> Response:
    headers: dict[str, Any] = {"ETag": _etag(member)}
    if status == 201:
        headers["Location"] = f"/api/v1/members/{member.person_id}"
    return Response(MemberShown(member).data, status=status, headers=headers)


routes = [
    route("members", MemberList, "members"),
    route("members/<uuid:person_id>", OneMember, "member"),
]
