"""What the services answer when they refuse: one exception, rendered in the form of either version.

Codes and texts are those of real answers where one is known; the rest follow their form.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from simulators.sap.declare import Service
from simulators.wire import Clock, Response, json_response

_NOTE = "See SAP Note 1797736 for error analysis (https://service.sap.com/sap/support/notes/1797736)"
_BATCH_NOTE = (
    "See SAP Note 1869434 for details about working with $batch (https://service.sap.com/sap/support/notes/1869434)"
)


@dataclass
class ODataError(Exception):
    """A refused request. ``details`` are further messages as (code, text) pairs."""

    status: int
    code: str
    message: str
    target: str = ""
    details: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    category: str = "Client_Error"


def bad_request(message: str, code: str = "/IWBEP/CM_MGW_RT/021", target: str = "") -> ODataError:
    """400: the request cannot be understood."""
    return ODataError(400, code, message, target)


def business(code: str, message: str, target: str = "", *, status: int = 400) -> ODataError:
    """A business rule said no; ``code`` is ``<message class>/<number>``."""
    generic = ("/IWBEP/CX_MGW_BUSI_EXCEPTION", "An exception was raised")
    return ODataError(status, code, message, target, [(code, message), generic], category="Provider_Application_Error")


def not_found(segment: str) -> ODataError:
    """404 as V2 words it for a key that does not exist."""
    return ODataError(404, "/IWBEP/CM_MGW_RT/020", f"Resource not found for segment '{segment}'")


def unknown_property(name: str, type_name: str) -> ODataError:
    """400: a name in a query option or a body that the type does not have."""
    return bad_request(f"Property '{name}' is invalid", "/IWBEP/CM_MGW_RT/022", f"{type_name}/{name}")


def not_allowed(version: int) -> ODataError:
    """405: the operation is not offered."""
    if version == 2:
        return ODataError(405, "CX_SADL_ENTITY_CUD_DISABLED", "Operation is disabled for this entity")
    text = "The specified HTTP method is not allowed for the resource identified by the Data Service Request URI"
    return ODataError(405, "/IWCOR/CX_OD_METHD_NOT_ALLOWED/005056A509B11ED199D8826D151FC0FE", text)


def render(error: ODataError, service: Service, clock: Clock) -> Response:
    """The error's body in the service's version."""
    body = _v2(error, service, clock) if service.version == 2 else _v4(error, service, clock)
    response = json_response(body, error.status, "application/json;charset=utf-8")
    response.headers += error.headers
    return response


def _v2(error: ODataError, service: Service, clock: Clock) -> dict[str, Any]:
    details = error.details or [("/IWBEP/CX_MGW_BUSI_EXCEPTION", error.message)]
    inner = {
        "application": {
            "component_id": "MM-PUR-PO",
            "service_namespace": "/SAP/",
            "service_id": service.name,
            "service_version": "0001",
        },
        "transactionid": secrets.token_hex(16).upper(),
        "timestamp": clock.now().strftime("%Y%m%d%H%M%S.%f0"),
        "Error_Resolution": {"SAP_Transaction": "", "SAP_Note": _NOTE, "Batch_SAP_Note": _BATCH_NOTE},
        "errordetails": [_v2_detail(code, text, error.target) for code, text in details],
    }
    message = {"lang": "en", "value": error.message}
    return {"error": {"code": error.code, "message": message, "innererror": inner}}


def _v2_detail(code: str, text: str, target: str) -> dict[str, Any]:
    return {
        "ContentID": "",
        "code": code,
        "message": text,
        "longtext_url": "",
        "propertyref": "",
        "severity": "error",
        "transition": False,
        "target": target,
    }


def _v4(error: ODataError, service: Service, clock: Clock) -> dict[str, Any]:
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.target:
        body["target"] = error.target
    if error.details:
        body["details"] = [
            {"code": code, "message": text, "@SAP__common.numericSeverity": 4}
            for code, text in error.details
            if code != "/IWBEP/CX_MGW_BUSI_EXCEPTION"
        ]
    application = {
        "ComponentId": "MM-PUR-PO",
        "ServiceRepository": "SRVD_A2X",
        "ServiceId": service.name,
        "ServiceVersion": "0001",
    }
    analysis = 'Use ADT feed reader "SAP Gateway Error Log" or run transaction /IWFND/ERROR_LOG on the hub system'
    body["@SAP__common.ExceptionCategory"] = error.category
    body["innererror"] = {
        "ErrorDetails": {
            "@SAP__common.Application": application,
            "@SAP__common.TransactionId": secrets.token_hex(16).upper(),
            "@SAP__common.Timestamp": clock.now().strftime("%Y%m%d%H%M%S.%f"),
            "@SAP__common.ErrorResolution": {"Analysis": analysis, "Note": _NOTE},
        }
    }
    return {"error": body}


def html(status: int, title: str, headers: list[tuple[str, str]] | None = None) -> Response:
    """A page of the platform in front of the services."""
    page = (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>"
        f"<p>Server: S4H / client 100</p></body></html>"
    )
    return Response(status, [("Content-Type", "text/html; charset=utf-8"), *(headers or [])], page.encode())
