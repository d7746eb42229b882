"""Both simulators over real HTTP, one customer, and the product's own engine between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests
from django_tenants.utils import schema_context

from integrations.models import Connection, Delivery, Link, Sync, ValueMap
from integrations.running import run_claim, utc_now
from tenants import schedule
from tenants.models import Customer

LEASE = 300
COST_CENTERS = [f"101011{n:02}" for n in range(1, 13)]


@dataclass
class World:
    """`sync()` polls and delivers as workers would; `sap` and `servicetitan` are the simulators' addresses."""

    customer: Customer
    sap: str
    servicetitan: str
    tenant: int = 1001
    _http: requests.Session = field(default_factory=requests.Session)

    # The simulators' control side

    def control(self, base: str, path: str, body: Any = None, method: str = "") -> Any:
        method = method or ("GET" if body is None else "POST")
        answer = self._http.request(method, f"{base}/_control/{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def titan(self, kind: str) -> list[dict[str, Any]]:
        """The rows of one kind that this customer's ServiceTitan tenant holds."""
        rows: list[dict[str, Any]] = self.control(self.servicetitan, f"state?tenant={self.tenant}&kind={kind}")
        return rows

    def faults(self, *rules: dict[str, Any], sap: bool = False) -> None:
        self.control(self.sap if sap else self.servicetitan, "faults", list(rules))

    def change(self, entity: str, key: Any, values: dict[str, Any] | None = None, **more: Any) -> None:
        """Somebody changes a row in SAP; `stamp` and `touch` say how its change stamp moves, `keys` names several."""
        where = {} if "keys" in more else {"key": key}
        self.control(self.sap, "change", {"entity": entity, **where, "values": values or {}, **more})

    def edit(self, kind: str, key: str, **values: Any) -> None:
        """Somebody edits a row in ServiceTitan's own screens."""
        self.control(self.servicetitan, "edit", {"tenant": self.tenant, "kind": kind, "id": int(key), "values": values})

    def calls(self, *, sap: bool = False) -> list[tuple[str, str]]:
        """Method and path of every request since the log was cleared."""
        log = self.control(self.sap if sap else self.servicetitan, "log")
        return [(request["method"], request["path"]) for request in log["requests"]]

    def clear_log(self) -> None:
        for base in (self.sap, self.servicetitan):
            self.control(base, "log", method="DELETE")

    def no_faults(self) -> None:
        self.control(self.servicetitan, "faults", method="DELETE")
        self.control(self.sap, "faults", method="DELETE")

    # The product

    def connect(self, *, sap_options: dict[str, Any] | None = None, **options: Any) -> None:
        """The customer's connections, value maps and syncs, as `apply` would make them."""
        with schema_context(self.customer.schema_name):
            source = Connection.objects.create(
                name="sap",
                system="sap",
                environment="sandbox",
                base_url=self.sap,
                options={"calls_per_second": 50, **(sap_options or {})},
                credentials={"username": "CONNECTOR", "password": "canary-sap-password"},
            )
            target = Connection.objects.create(
                name="servicetitan",
                system="servicetitan",
                environment="sandbox",
                base_url=self.servicetitan,
                options={
                    "servicetitan_tenant_id": str(self.tenant),
                    "token_url": f"{self.servicetitan}/connect/token",
                    "external_data_guid": "7d9f1c52-3b5e-4c8e-9a51-0c8a5a7f7c11",
                    "list_lag_seconds": 0,
                    "calls_per_second": 60,
                    **options,
                },
                credentials={
                    "client_id": f"cid.canary-{self.tenant}",
                    "client_secret": f"cs1.canary-{self.tenant}",
                    "app_key": "ak1.canary-app-key",
                },
            )
            for flow, flow_options in (("vendors", {}), ("purchase-orders", self.order_options())):
                sync = Sync.objects.create(
                    flow=flow, source=source, target=target, schedule={"every": "2m"}, options=flow_options
                )
                schedule.ensure(customer_id=self.customer.pk, sync_id=sync.pk, due_at=None)
            self._map_everything()

    def order_options(self) -> dict[str, Any]:
        """What purchase orders need to know of this tenant."""
        skus = {row["code"]: row["id"] for row in self.titan("materials")}
        types = {row["name"]: row["id"] for row in self.titan("purchase-order-types")}
        return {"catch_all_sku": str(skus["SERVICE-LINE"]), "default_order_type": str(types["SAP Purchase Order"])}

    def _map_everything(self) -> None:
        ValueMap.objects.bulk_create([ValueMap(map=m, key=k, value=v) for m, k, v in self.map_rows()])

    def map_rows(self) -> list[tuple[str, str, str]]:
        """(map, key, value) of every code that SAP uses, as a customer's people would enter them."""
        units = self.titan("business-units")
        rows = [("cost-center", u["accountCode"], u["id"]) for u in units if u.get("accountCode")]
        rows += [("plant", w["name"].split()[-1], w["id"]) for w in self.titan("warehouses")]
        skus = self.titan("materials") + self.titan("equipment")
        rows += [("material", s["code"], s["id"]) for s in skus if s["code"].startswith("HV-")]
        rows += [("unit", unit, "EA") for unit in ("PC", "EA")] + [("unit", u, u) for u in ("H", "M", "FT")]
        rows += [("unit", "BOX", "EA*12")]
        return [(m, str(k), str(v)) for m, k, v in rows]

    def sync(self, *flows: str) -> None:
        """One poll of each flow, then deliveries until nothing is due now."""
        syncs = self.make_due(*(flows or ("vendors", "purchase-orders")))
        for sync in [*syncs, *syncs]:
            while self.work_on(sync):
                pass

    def make_due(self, *flows: str) -> list[Sync]:
        """These flows are polled next, by whoever ticks."""
        with schema_context(self.customer.schema_name):
            syncs = [Sync.objects.get(flow=flow) for flow in flows]
        for sync in syncs:
            schedule.make_due(customer_id=self.customer.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
        return syncs

    def work_on(self, sync: Sync) -> bool:
        claims = schedule.claim(
            now=utc_now(), limit=2, lease_seconds=LEASE, customer_id=self.customer.pk, sync_id=sync.pk
        )
        for claim in sorted(claims, key=lambda claim: claim.kind, reverse=True):
            run_claim(claim)
        return bool(claims)

    def target_of(self, flow: str, key: str) -> str:
        """The target key that a record is linked to."""
        (link,) = self.rows(Link, flow=flow, source_key=key)
        return str(link.target_key)

    def newest(self, key: str) -> Delivery:
        """The newest version of a record."""
        found: Delivery = max(self.rows(Delivery, source_key=key), key=lambda delivery: delivery.number)
        return found

    def rows(self, model: Any = Delivery, **where: Any) -> list[Any]:
        with schema_context(self.customer.schema_name):
            return list(model.objects.filter(**where))

    def states(self, flow: str) -> dict[str, int]:
        """How many deliveries of a flow are in which state."""
        counts: dict[str, int] = {}
        for delivery in self.rows(Delivery, sync__flow=flow):
            counts[delivery.state] = counts.get(delivery.state, 0) + 1
        return counts
