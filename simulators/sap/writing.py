"""Answers to POST, PATCH and DELETE."""

from simulators.log import Seen
from simulators.sap.problems import not_allowed
from simulators.sap.reading import Call
from simulators.sap.resources import Resource
from simulators.sap.tenant import Tenant
from simulators.wire import Response


def write(call: Call, resource: Resource, tenant: Tenant, seen: Seen) -> Response:
    """Answer a write. Raises ODataError."""
    raise not_allowed(call.view.service.version)
