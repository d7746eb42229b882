"""The API on the public host: for people of the hosting team who are signed in there.

Sessions only. A key that opens every customer would be the most dangerous secret of an installation, and machines have
`manage.py` for the same. What a person may do is what Django's permissions say, as in the operators' admin; what ends
a customer, or shows what is theirs, is for superusers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from integrations.api.kernel.authentication import SessionScheme, check_csrf, person_actor
from integrations.api.kernel.problems import Problem
from integrations.api.kernel.resource import Resource
from tenants.models import Person

SUPERUSER = "superuser"


class StaffAuthentication(BaseAuthentication):
    """Somebody of the hosting team who is signed in on the public host. Anybody else is a stranger."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The person. Raises Problem."""
        person = request._request.user
        if not isinstance(person, Person) or not person.is_active or not person.is_staff:
            return None
        if request.headers.get("Authorization"):
            raise Problem("forbidden", "No key is accepted on the public host: sign in.")
        check_csrf(request)
        cast(Any, request).actor = person_actor(person)
        return person, None


class StaffScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """The session in the OpenAPI document."""

    target_class = StaffAuthentication  # type: ignore[assignment]


class StaffResource(Resource):
    """One path of the API on the public host. `scopes` names a permission for each method."""

    authentication_classes = (StaffAuthentication,)  # type: ignore[assignment]
    scopes: ClassVar[Mapping[str, str]] = {"GET": "tenants.view_customer"}
    reach: ClassVar[str] = "permission"

    def check_reach(self, request: Request, needed: str) -> None:
        """Raises Problem if the person lacks the permission."""
        person = cast(Person, request.user)
        if not (person.is_superuser if needed == SUPERUSER else person.has_perm(needed)):
            raise Problem("scope-missing", f"This needs the permission {needed}.", needed=needed)
