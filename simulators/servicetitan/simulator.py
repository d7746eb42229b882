"""The ServiceTitan stand-in: one object for all its tenants; the token host and the API host are the same here."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simulators.log import Seen
from simulators.servicetitan import (
    bills,
    controls,
    events,
    purchase_orders,
    receipts,
    reference,
    requests,
    vendors,
)
from simulators.servicetitan import seed as seeding
from simulators.servicetitan.checks import Findings, check_body, check_query
from simulators.servicetitan.contract import CONTRACT
from simulators.servicetitan.contract.notation import Operation
from simulators.servicetitan.gate import Gate
from simulators.servicetitan.order_rules import forgive_missing_ids
from simulators.servicetitan.problems import Refused, no_such_route, problem
from simulators.servicetitan.switches import Switches
from simulators.servicetitan.tenant import Call, Tenant
from simulators.servicetitan.webhooks import Webhooks
from simulators.simulator import Simulator
from simulators.wire import Request, Response

HANDLERS: dict[str, Callable[[Call], Response]] = {
    **vendors.HANDLERS,
    **purchase_orders.HANDLERS,
    **requests.HANDLERS,
    **receipts.HANDLERS,
    **bills.HANDLERS,
    **reference.HANDLERS,
}
_PATH = re.compile(r"^/([a-z]+)/v2/tenant/(\d+)(/.*)$")
_NUMBER = re.compile(r"/(\d+)(?=/|$)")
TOKEN_PATH = "/connect/token"


class ServiceTitan(Simulator):
    """Answers API calls for its tenants. See ``Switches`` for what can be set, ``seed`` for what is there."""

    unlocked = frozenset({"webhooks/deliver"})

    def __init__(
        self, seed: int | None = 7, tenants: Iterable[int] = (1001,), materials: int = seeding.MATERIALS
    ) -> None:
        super().__init__()
        self.switches = Switches()
        self.gate = Gate(self.clock, self.switches)
        self.webhooks = Webhooks(self.clock)
        self.tenants: dict[int, Tenant] = {}
        if seed is not None:
            self.seed(seed, tenants, materials=materials)

    def seed(
        self,
        seed_number: int,
        tenants: Iterable[int],
        existing_vendors: Iterable[Mapping[str, Any]] = (),
        materials: int = seeding.MATERIALS,
    ) -> None:
        """Make these tenants anew, each with its reference data and the given vendors."""
        rows = list(existing_vendors)
        for number in tenants:
            self.tenants[number] = Tenant(number, self.clock, self.switches)
            seeding.populate(self.tenants[number], seed_number, rows, materials)

    def answer(self, request: Request, seen: Seen) -> Response:
        """Answer a token call or an API call."""
        if request.path == TOKEN_PATH:
            seen.route = "token"
            return self.gate.token(request, self.tenants)
        match = _PATH.match(request.path)
        operation = CONTRACT.route(request.method, match[1], match[3]) if match else None
        if match is None or operation is None:
            return no_such_route()
        seen.route, seen.account = operation.name, match[2]
        tenant = self.tenants.get(int(match[2]))
        refusal = self.gate.admit(request, operation, tenant, seen)
        if refusal is not None or tenant is None:
            return refusal or no_such_route()
        bills.make_due(tenant)
        number = _NUMBER.search(match[3])
        call = Call(tenant, operation, seen, id=int(number[1]) if number else 0)
        return self._handled(request, call)

    def _handled(self, request: Request, call: Call) -> Response:
        findings = Findings()
        call.given = check_query(call.operation, request.query, findings)
        call.body = _body(request, call, findings)
        call.seen.ignored.extend(findings.ignored)
        if call.operation.name == "PurchaseOrders_Update":
            forgive_missing_ids(findings.errors, self.switches.patch_adds_lines)
        if findings.errors:
            return problem(400, findings.errors)
        try:
            return HANDLERS[call.operation.name](call)
        except Refused as refused:
            return problem(refused.status, refused.errors, refused.title)

    def revoke_tokens(self) -> None:
        """Every token given out so far is refused from now on."""
        self.gate.revoke_all()

    def settings(self) -> dict[str, Any]:
        """The switches."""
        return self.switches.row()

    def change_settings(self, values: dict[str, Any]) -> None:
        """Set switches. Raises ValueError or TypeError."""
        self.switches.change(values)

    def reset(self, options: dict[str, Any]) -> None:
        """Options: ``seed``, ``tenants`` (those there are), ``materials``, ``existing_vendors``, ``settings``."""
        numbers = options.get("tenants") or list(self.tenants)
        for name, value in Switches().row().items():
            setattr(self.switches, name, value)
        self.gate.forget()
        self.webhooks = Webhooks(self.clock)
        self.tenants.clear()
        materials = int(options.get("materials", seeding.MATERIALS))
        existing = options.get("existing_vendors", ())
        self.seed(int(options.get("seed", 7)), [int(it) for it in numbers], existing, materials)
        self.switches.change(options.get("settings", {}))

    def state(self) -> dict[str, Any]:
        """All rows by tenant and kind, with what the API does not show, and the rates."""
        return {"tenants": controls.state(self.tenants), "rates": self.gate.rates.row()}

    def control(self, request: Request, name: str) -> Response | None:
        """The control endpoints of this system only."""
        if name.startswith("webhooks"):
            return events.answer(self, request, name)
        response = controls.answer(self.tenants, request, name)
        if name in ("edit", "add") and response is not None:
            events.job_changed(self, request, response)
        return response


def _body(request: Request, call: Call, findings: Findings) -> dict[str, Any]:
    operation: Operation = call.operation
    if not operation.writes:
        return {}
    try:
        raw = request.json() if request.body else None
    except ValueError:
        findings.add("$", "The body is not valid JSON.")
        return {}
    call.seen.body = request.body or None
    if not operation.body:
        return {}
    return check_body(operation.module, operation.body, raw, findings)
