"""Answers to POST, PATCH and DELETE."""

from simulators.log import Seen
from simulators.sap.problems import not_allowed
from simulators.sap.reading import Call
from simulators.sap.resources import Resource
from simulators.sap.settings import Settings
from simulators.wire import Clock, Response


def write(call: Call, resource: Resource, clock: Clock, settings: Settings, seen: Seen) -> Response:
    """Answer a write. Raises ODataError."""
    raise not_allowed(call.view.service.version)
