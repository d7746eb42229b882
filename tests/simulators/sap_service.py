"""Calling the SAP simulator in the same process."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

from simulators.sap.app import DEFAULT_ACCOUNT, SapSimulator
from simulators.sap.catalog import SERVICES
from simulators.wire import Request, Response

PARTNER = SERVICES["API_BUSINESS_PARTNER"].root
ORDER_V2 = SERVICES["API_PURCHASEORDER_PROCESS_SRV"].root
ORDER_V4 = SERVICES["API_PURCHASEORDER_2"].root
CENTER_V2 = SERVICES["API_COSTCENTER_SRV"].root
CENTER_V4 = SERVICES["API_COST_CENTER"].root
REQUISITION_V2 = SERVICES["API_PURCHASEREQ_PROCESS_SRV"].root
REQUISITION_V4 = SERVICES["API_PURCHASEREQUISITION_2"].root
INVOICE = SERVICES["API_SUPPLIERINVOICE_PROCESS_SRV"].root
COMPANY = SERVICES["API_COMPANYCODE_SRV"].root


def basic(user: str, password: str) -> str:
    """The value of the Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class SapService:
    """One caller with its credentials."""

    def __init__(self, simulator: SapSimulator) -> None:
        self.simulator = simulator
        self.authorization = basic(*DEFAULT_ACCOUNT)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """One call; underscores in header names become dashes."""
        given = {"host": "sap.test", "accept": "application/json", "authorization": self.authorization}
        if body is not None:
            given["content-type"] = "application/json"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = b"" if body is None else json.dumps(body).encode()
        return self.simulator.handle(Request.of(method, quote(path, safe="/?&=$(),:;'*%@"), given, data))

    def get(self, path: str, **headers: str) -> Any:
        """The body of a GET that must succeed."""
        response = self.send("GET", path, **headers)
        assert response.status == 200, response.body
        return response.json()

    def rows(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """The rows of a list in either version."""
        body = self.get(path, **headers)
        found: list[dict[str, Any]] = body["d"]["results"] if "d" in body else body["value"]
        return found

    def error(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and text of a refusal."""
        response = self.send(method, path)
        message = response.json()["error"]["message"]
        return response.status, message["value"] if isinstance(message, dict) else message

    def control(self, name: str, body: Any = None, method: str = "POST") -> Any:
        """A control call that must succeed."""
        response = self.send(method, f"/_control/{name}", body)
        assert response.status == 200, response.body
        return response.json()

    def csrf(self, root: str, **headers: str) -> dict[str, str]:
        """The headers of a write: token and cookies, fetched for one service root."""
        response = self.send("GET", f"{root}/", x_csrf_token="Fetch", **headers)
        cookies = [value.partition(";")[0] for name, value in response.headers if name == "Set-Cookie"]
        return {"x_csrf_token": response.header("x-csrf-token"), "cookie": "; ".join(cookies)}

    def write(self, method: str, root: str, path: str, body: Any = None, **headers: str) -> Response:
        """A write with a fresh CSRF token."""
        return self.send(method, f"{root}/{path}", body, **{**self.csrf(root), **headers})


def refusal(service: SapService, root: str, path: str, body: Any, method: str = "POST") -> tuple[int, str, str]:
    answer = service.write(method, root, path, body)
    error = answer.json()["error"]
    message = error["message"]
    return answer.status, error["code"], message["value"] if isinstance(message, dict) else message
