"""Drives the ServiceTitan simulator in the same process, the way a careful client would over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from simulators.servicetitan.simulator import ServiceTitan
from simulators.wire import Request, Response, dump_json

GUID = "5f0c6f0e-8c1d-4f6a-9f52-3b8f5d1c7a11"
OTHER_GUID = "aaaaaaaa-0000-4000-8000-bbbbbbbbbbbb"
APP_KEY = "ak1.canary-app-key"
FORM = {"content-type": "application/x-www-form-urlencoded"}
ADDRESS = {"street": "1 Main St", "unit": "", "city": "Palo Alto", "state": "CA", "zip": "94304", "country": "US"}
VENDOR = {
    "name": "Copper and Sons",
    "active": True,
    "isTruckReplenishment": False,
    "taxRate": 0,
    "restrictedMobileCreation": False,
    "address": ADDRESS,
}


def token_form(tenant: int = 1001, secret: str = "") -> bytes:
    """The body of a token call."""
    client = {"client_id": f"cid.canary-{tenant}", "client_secret": secret or f"cs1.canary-{tenant}"}
    return urlencode({"grant_type": "client_credentials", **client}).encode()


@dataclass
class Service:
    """One simulator and the tokens taken from it."""

    simulator: ServiceTitan
    tenant: int = 1001
    tokens: dict[int, str] = field(default_factory=dict, repr=False)
    exchanges: list[tuple[Request, Response]] = field(default_factory=list, repr=False)

    def token(self, tenant: int) -> str:
        """A token of that tenant's client, taken once."""
        if tenant not in self.tokens:
            request = Request.of("POST", "/connect/token", FORM, token_form(tenant))
            self.tokens[tenant] = self.simulator.handle(request).json()["access_token"]
        return self.tokens[tenant]

    def send(
        self, method: str, path: str, body: Any = None, *, tenant: int = 0, headers: dict[str, str] | None = None
    ) -> Response:
        """``path`` is ``module/resource?query``; the tenant is put in between."""
        number = tenant or self.tenant
        module, rest = path.split("/", 1)
        sent = {"authorization": f"Bearer {self.token(number)}", "st-app-key": APP_KEY, **(headers or {})}
        raw = b"" if body is None else dump_json(body)
        request = Request.of(method, f"/{module}/v2/tenant/{number}/{rest}", sent, raw)
        response = self.simulator.handle(request)
        self.exchanges.append((request, response))
        return response

    def ok(self, method: str, path: str, body: Any = None, *, tenant: int = 0) -> Any:
        """The JSON of an answer that must be a success."""
        response = self.send(method, path, body, tenant=tenant)
        assert response.status in (200, 201), (response.status, response.body)
        return response.json() if response.body else None

    def rows(self, path: str, *, tenant: int = 0) -> list[dict[str, Any]]:
        """The rows of the first page of a list."""
        data: list[dict[str, Any]] = self.ok("GET", path, tenant=tenant)["data"]
        return data

    def ids(self, path: str) -> list[int]:
        """The ids of the first page of a list."""
        return [row["id"] for row in self.rows(path)]

    def errors(self, method: str, path: str, body: Any = None) -> dict[str, list[str]]:
        """The sentences by member of an answer that must be a 400."""
        response = self.send(method, path, body)
        assert response.status == 400, (response.status, response.body)
        errors: dict[str, list[str]] = response.json()["errors"]
        return errors

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """A control call that must succeed."""
        raw = b"" if body is None else dump_json(body)
        response = self.simulator.handle(Request.of(method, f"/_control/{name}", {}, raw))
        assert response.status == 200, response.body
        return response.json()

    def switch(self, **values: Any) -> None:
        """Set switches."""
        self.control("POST", "settings", values)

    def vendor(self, number: str = "17300001", /, **values: Any) -> int:
        """A new vendor's id; our key is its supplier number."""
        external = {"applicationGuid": GUID, "externalData": [{"key": "sap-supplier", "value": number}]}
        created: int = self.ok("POST", "inventory/vendors", {**VENDOR, "externalData": external, **values})["id"]
        return created

    def order_body(self, **values: Any) -> dict[str, Any]:
        """A complete order of one line; makes a vendor unless one is named."""
        kinds = self.rows("inventory/purchase-order-types")
        return {
            "vendorId": values.pop("vendorId", None) or self.vendor(),
            "typeId": kinds[0]["id"],
            "businessUnitId": self.ids("settings/business-units")[0],
            "inventoryLocationId": self.ids("inventory/warehouses")[0],
            "shipTo": {"description": "Warehouse", "address": ADDRESS},
            "impactsTechnicianPayroll": False,
            "memo": "SAP 4500000001, already ordered",
            "date": "2026-01-31T00:00:00Z",
            "requiredOn": "2026-02-07T00:00:00Z",
            "tax": 0,
            "shipping": 0,
            "items": [self.line()],
            **values,
        }

    def line(self, sku: int = 0, **values: Any) -> dict[str, Any]:
        """One line of an order: 3 pieces at 1.25 each."""
        number = sku or self.ids("pricebook/materials?pageSize=1")[0]
        plain = {"skuId": number, "description": "10 Ball valve", "vendorPartNumber": "", "quantity": 3, "cost": 1.25}
        return {**plain, **values}

    def order(self, **values: Any) -> int:
        """A new order's id."""
        created: int = self.ok("POST", "inventory/purchase-orders", self.order_body(**values))["id"]
        return created

    def get_order(self, number: int) -> dict[str, Any]:
        """An order as it is now."""
        row: dict[str, Any] = self.ok("GET", f"inventory/purchase-orders/{number}")
        return row

    def edit(self, kind: str, number: int, **values: Any) -> None:
        """A person edits a row."""
        self.control("POST", "edit", {"tenant": self.tenant, "kind": kind, "id": number, "values": values})
