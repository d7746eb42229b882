"""The catalogue of flows: what can be switched on, and with which options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import catalogue, sync_options
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import whole
from integrations.api.kernel.resource import Resource, route

EXAMPLE = {
    "name": "purchase-orders",
    "title": "Purchase orders from SAP to ServiceTitan",
    "source_system": "sap",
    "target_system": "servicetitan",
    "needs": ["vendors"],
    "maps": ["cost-center", "plant", "material", "unit", "order-type"],
    "options": [{"name": "required_date", "kind": "a text", "default": "earliest", "choices": ["earliest", "same"]}],
}


class OptionShown(serializers.Serializer[Any]):
    """An option of a flow. `choices` empty: anything of its kind."""

    name = serializers.CharField()
    kind = serializers.CharField()
    default = serializers.JSONField()
    choices = serializers.ListField(child=serializers.CharField())


class FlowShown(serializers.Serializer[Any]):
    """One business object in one direction. `needs`: flows whose links it waits for; `maps`: value maps it asks."""

    name = serializers.CharField()
    title = serializers.CharField()
    source_system = serializers.CharField()
    target_system = serializers.CharField()
    needs = serializers.ListField(child=serializers.CharField())
    maps = serializers.ListField(child=serializers.CharField())
    options = OptionShown(many=True)


class FlowList(Resource):
    """All flows."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("list_flows", "List flows", answer=FlowShown, paged=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Every flow, in an order in which they can be switched on. The list has one page."""
        return whole(request, [flow_as_shown(name) for name in catalogue.in_order(catalogue.flows())])


class OneFlow(Resource):
    """One flow."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_flow", "Read a flow", answer=FlowShown, example=EXAMPLE)
    def get(self, request: Request, flow: str) -> Response:
        """A flow with its options."""
        if flow not in catalogue.flows():
            raise Http404
        return Response(flow_as_shown(flow))


def flow_as_shown(name: str) -> dict[str, Any]:
    """A flow as JSON."""
    flow = catalogue.flows()[name]
    options = [
        {
            "name": option,
            "kind": sync_options.kind(default),
            "default": default,
            "choices": sync_options.choices(name, option),
        }
        for option, default in sync_options.declared(name).items()
    ]
    shown = {"name": name, "title": flow.title, "source_system": flow.source_system}
    return {**shown, "target_system": flow.target_system, "needs": flow.needs, "maps": flow.maps, "options": options}


routes = [
    route("flows", FlowList, "flows"),
    route("flows/<slug:flow>", OneFlow, "flow"),
]
