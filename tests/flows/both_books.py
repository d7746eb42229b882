"""Both systems' books and our ledger as plain dictionaries: two vendor flows run over them, one write at a time."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from integrations.errors import NeedsPerson, NotTransferable
from integrations.flow import Known, Linked, Plan, Row, Situation, Write
from integrations.flows.vendors import FLOW as DOWN
from integrations.flows.vendors_to_sap import FLOW as UP

FLOWS: Mapping[str, Any] = {DOWN.name: DOWN, UP.name: UP}
DEFAULTS = {
    "grouping": "BP02",
    "company_code": "1710",
    "reconciliation_account": "21100000",
    "purchasing_organization": "1710",
    "currency": "USD",
}


def new_titan(number: int, **values: Any) -> dict[str, Any]:
    """A vendor as a person enters it in ServiceTitan."""
    contact = {name: values.pop(name, "") for name in ("phone", "email")}
    row: dict[str, Any] = {
        "id": number, "name": f"Vendor {number}", "active": True,
        "contactInfo": {"firstName": "", "lastName": "", "fax": "", **contact},
        "address": dict.fromkeys(("street", "unit", "city", "state", "zip", "country"), ""), "externalData": [],
    }  # fmt: skip
    return row | values


def new_sap(number: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """A business partner as SAP shows it after a create with this body."""
    supplier = str(17_300_000 + number)
    contact = {"Person": "", "OrdinalNumber": "1"}
    addresses = [
        address
        | {"AddressID": str(100 + place), "usages": [{"AddressUsage": "XXDEFAULT"}], "mobiles": [], "faxes": []}
        | {kind: [one | contact for one in address.get(kind, ())] for kind in ("phones", "emails")}
        for place, address in enumerate(body["addresses"])
    ]
    flags = dict.fromkeys(("PurchasingIsBlocked", "DeletionIndicator", "PaymentIsBlockedForSupplier"), False)
    return {
        **body, "BusinessPartner": str(1_000_000 + number), "Supplier": supplier, "addresses": addresses,
        "supplier": {"Supplier": supplier, "companies": [], "purchasing_organizations": [], **flags},
    }  # fmt: skip


@dataclass
class Books:
    """`sap` and `titan` are the systems' rows by key; `owners` is the option of both flows."""

    owners: Mapping[str, str]
    sap: dict[str, dict[str, Any]] = field(default_factory=dict)
    titan: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[tuple[str, str], Linked] = field(default_factory=dict)
    unread: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in FLOWS})
    queue: dict[tuple[str, str], Row] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    persons: int = 0

    def touched(self, side: str, key: str) -> None:
        """A row changed: the flow that reads it will find it, whoever changed it."""
        row = self.sap[key] if side == "sap" else self.titan[key]
        self.unread[DOWN.name if side == "sap" else UP.name].add(row["Supplier"] if side == "sap" else key)

    def poll(self, flow: str) -> None:
        """Changed rows become deliveries as they are now; a newer version overtakes an older one."""
        for key in sorted(self.unread[flow]):
            self.queue[flow, key] = copy.deepcopy(self._source(flow, key))
        self.unread[flow].clear()

    def step(self, flow: str, key: str) -> None:
        """One pass over one delivery: a plan, and its first write; without a write the delivery ends."""
        link = self.links.get((flow, key))
        try:
            plan = self._plan(flow, key, link)
        except (NotTransferable, NeedsPerson):
            self.persons += 1
            del self.queue[flow, key]
            return
        for bond in plan.links:
            known = self.links.get((bond.flow, bond.source_key))
            seen = bond.observed if bond.observed is not None else known.observed if known else {}
            self.links[bond.flow, bond.source_key] = Linked(bond.target_key, copy.deepcopy(seen), {})
        if plan.adopt:
            self.links.setdefault((flow, key), Linked(plan.adopt, {}, {}))
        if not plan.writes or plan.then:
            del self.queue[flow, key]
        if plan.writes:
            self._write(flow, key, plan.writes[0])

    def _plan(self, flow: str, key: str, link: Linked | None) -> Plan:
        target = self.titan if flow == DOWN.name else self.sap
        options = {**FLOWS[flow].options, **DEFAULTS, "owners": self.owners}
        if flow == DOWN.name:
            options["company_code"] = ""
        situation = Situation(
            lookups=cast(Any, Asked(self)), options=options,
            marker=f"MARK{key}", linked=link, current=copy.deepcopy(target[link.target_key]) if link else None,
            candidates=() if link else copy.deepcopy(list(target.values())),
        )  # fmt: skip
        plan: Plan = FLOWS[flow].plan(FLOWS[flow].record(self.queue[flow, key]), situation)
        return plan

    def _source(self, flow: str, key: str) -> dict[str, Any]:
        if flow == UP.name:
            return self.titan[key]
        return next(row for row in self.sap.values() if row["Supplier"] == key)

    def _write(self, flow: str, key: str, write: Write) -> None:
        """Carries a write out, reads back and compares, as the engine does."""
        self.writes += 1
        into_sap = (flow == UP.name) == (write.side == "target")
        target = self._write_sap(write, key) if into_sap else self._write_titan(write)
        seen = UP.observe(self.sap[target]) if into_sap else DOWN.observe(self.titan[target])
        assert {name: seen[name] for name in write.expect} == write.expect
        if write.side == "target":
            self.links[flow, key] = Linked(target, seen, {})
        self.touched("sap" if into_sap else "titan", target)

    def _write_titan(self, write: Write) -> str:
        key = write.key or str(500 + len(self.titan))
        row = self.titan.setdefault(key, new_titan(int(key)))
        for name, value in write.body.items():
            if name in row["contactInfo"]:
                row["contactInfo"][name] = value
            elif name == "externalData":
                kept = [entry for entry in row[name] if entry["key"] not in value]
                row[name] = [*kept, *({"key": one, "value": value[one]} for one in value)]
            else:
                row[name] = copy.deepcopy(value)
        return key

    def _write_sap(self, write: Write, source: str) -> str:
        body = copy.deepcopy(write.body)
        if write.action == "create":
            row = new_sap(len(self.sap) + 1, body) | {"BusinessPartnerIDByExtSystem": write.marker}
            self.sap[row["BusinessPartner"]], self.marks[write.marker] = row, source
            return str(row["BusinessPartner"])
        row = self.sap[write.key]
        place = {"patch-supplier": row["supplier"], "patch": row}.get(write.action)
        if write.action == "patch-address":
            place = row["addresses"][0]
        elif write.action in ("patch-phone", "patch-email"):
            place = row["addresses"][0][f"{write.action.removeprefix('patch-')}s"][0]
        elif place is None:
            row["addresses"][0][f"{write.action.removeprefix('add-')}s"] = [body | {"OrdinalNumber": "1"}]
        if place is not None:
            place.update(body)
        return write.key


@dataclass
class Asked:
    """`integrations.flow.Lookups` over the books, as far as these flows ask."""

    books: Books

    def reference(self, kind: str, key: str, *, fresh: bool = False) -> Row | None:
        flow = {"source:supplier": DOWN.name, "source:vendor": UP.name}[kind]
        return copy.deepcopy(self.books._source(flow, key))

    def known(self, flow: str, source_key: str) -> Known:
        named = ((key.partition("#"), link) for (name, key), link in self.books.links.items() if name == flow)
        return Known({part: link for (record, _, part), link in named if record == source_key})

    def why_not(self, flow: str, source_key: str) -> str:
        return ""

    def sources(self, flow: str, target_key: str) -> tuple[str, ...]:
        links = self.books.links.items()
        return tuple(key for (name, key), link in links if (name, link.target_key) == (flow, target_key))

    def sender(self, flow: str, marker: str) -> str:
        return self.books.marks.get(marker, "")

    def claim(self, target_key: str) -> bool:
        return all(link.target_key != target_key for link in self.books.links.values())

    def mapped_or(self, value_map: str, key: str, default: str) -> str:
        return default

    def mapped(self, value_map: str, key: str, *, label: str = "") -> str:
        raise LookupError("nothing is mapped")
