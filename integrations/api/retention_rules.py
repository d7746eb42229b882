"""For how long a customer's data are kept, by class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import retention
from integrations.api.kernel import etags
from integrations.api.kernel.members import Strict
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.resource import Resource, route
from integrations.models import RetentionRule
from integrations.refusals import Fault, WrongMembers

DEFAULTS = {"payloads": 400, "exchanges": 400, "runs": 400, "audit": 2557, "inbound": 30, "events": 90}
EXAMPLE = {"days": DEFAULTS | {"exchanges": 90}, "own": ["exchanges"], "installation": DEFAULTS}


class Days(serializers.DictField):
    """Days by class of data; 0 is for ever."""

    child = serializers.IntegerField(min_value=0, max_value=retention.LONGEST)


class WantedDays(serializers.DictField):
    """Days by class of data; 0 is for ever, null as the installation does."""

    child = serializers.IntegerField(min_value=0, max_value=retention.LONGEST, allow_null=True)


class RetentionShown(serializers.Serializer[Any]):
    """Days by class of data as they count, those the customer has chosen, and those of the installation."""

    days = Days()
    own = serializers.ListField(child=serializers.CharField(), help_text="Classes for which the customer has days.")
    installation = Days()


class RetentionChanges(Strict):
    """Classes that are left out stay as they are."""

    days = WantedDays(allow_empty=False)


class Retention(Resource):
    """The customer's retention."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "PATCH": "configure"}

    @describes("read_retention", "Read for how long data are kept", answer=RetentionShown, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Days by class of data. What is older is removed every night."""
        return _shown()

    @describes(
        "change_retention",
        "Change for how long data are kept",
        answer=RetentionShown,
        body=RetentionChanges,
        example=EXAMPLE,
        body_example={"days": {"exchanges": 90}},
        if_match=True,
    )
    def patch(self, request: Request) -> Response:
        """What is too old by then is removed in the next night, for good."""
        wanted: dict[str, int | None] = self.body(RetentionChanges)["days"]
        etags.require(request, _etag())
        if faults := list(_faults(wanted)):
            raise WrongMembers(faults)
        for data, days in wanted.items():
            retention.set_days(data, days, actor=self.actor)
        return _shown()


def _faults(wanted: Mapping[str, int | None]) -> Iterator[Fault]:
    for data, days in wanted.items():
        try:
            retention.check_days(data, days)
        except retention.BadDays as error:
            yield f"days/{data}", str(error)


def _own() -> list[str]:
    return sorted(RetentionRule.objects.values_list("data", flat=True))


def _etag() -> str:
    return etags.etag(str(sorted(retention.days_of().items())), str(_own()))


def _shown() -> Response:
    shown = {"days": retention.days_of(), "own": _own(), "installation": settings.RETAIN_DAYS}
    return Response(RetentionShown(shown).data, headers={"ETag": _etag()})


routes = [route("retention", Retention, "retention")]
