"""Invoices of one order, in any mixture with receipts that people make: nothing is received or held twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.errors import Awaiting, IntegrationError, NeedsPerson
from integrations.flow import Linked, Part, Plan, Situation
from integrations.flows.supplier_invoices import FLOW
from integrations.vocabulary.servicetitan_receipts import owner_of
from tests.flows.invoice_rows import Books, bill, book, invoice, invoice_item, order, receipt

ORDER = "4500001234"
LINES = {"10": ("70001", 40), "20": ("70002", 4)}  # the order's line and its price there
FACTOR = {"10": 1, "20": 12}
Quantities = dict[str, int]


@dataclass
class Town:
    """ServiceTitan and the ledger, as far as invoices of one order see them."""

    receipts: list[dict[str, Any]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    def receive(self, quantities: Quantities, number: str, memo: str = "") -> str:
        lines = [
            {"purchaseOrderItemId": LINES[item][0], "skuId": "1", "quantity": str(many * FACTOR[item]), "cost": "1"}
            for item, many in quantities.items()
        ]
        body = {"purchaseOrderId": 19001, "vendorDocumentNumber": number, "dateReceived": "2026-02-12", "tax": "0"}
        return self.add({**body, "shipping": "0", "memo": memo, "items": lines})

    def add(self, body: dict[str, Any]) -> str:
        key = 31000 + 100 * len(self.receipts)
        self.receipts.append(receipt(body, key, billId=key + 50, bill=bill(key + 50)))
        return str(key)

    def books(self) -> Books:
        found = book(*self.receipts, there=order(status="PartiallyReceived"))
        found.links |= {(FLOW.name, source): target for source, target in self.links.items()}
        return found

    def plan(self, row: dict[str, Any]) -> Plan | IntegrationError:
        key = f"{row['SupplierInvoice']}/2026"
        there = {str(row["id"]): row for row in self.receipts}
        target = self.links.get(f"{key}#{ORDER}")
        part = Part(
            f"MARK{row['SupplierInvoice']}", Linked(target, {}, {}) if target else None, there.get(target or "")
        )
        situation = Situation(
            lookups=self.books(), options=dict(FLOW.options), marker="", waited=900, part=lambda _: part
        )
        try:
            return FLOW.plan(FLOW.record(row), situation)
        except IntegrationError as error:
            return error

    def carry_out(self, row: dict[str, Any], plan: Plan | IntegrationError) -> bool:
        """Whether anything happened."""
        if isinstance(plan, IntegrationError):
            return False
        before = dict(self.links)
        self.links |= {bond.source_key: bond.target_key for bond in plan.links if bond.flow == FLOW.name}
        for write in plan.writes[:1]:
            self.links[f"{row['SupplierInvoice']}/2026#{ORDER}"] = self.add(write.body)
        return bool(plan.writes) or self.links != before

    def held(self, key: str) -> Quantities:
        found: Quantities = dict.fromkeys(LINES, 0)
        for row in self.receipts:
            if owner_of(row, FLOW.name, self.books()) == key:
                for line in row["items"]:
                    item = next(item for item, (there, _) in LINES.items() if str(line["purchaseOrderItemId"]) == there)
                    found[item] += int(Decimal(line["quantity"])) // FACTOR[item]
        return found


def entered(place: int, quantities: Quantities) -> dict[str, Any]:
    """The invoice number so and so, over these quantities at 40.00 and 48.00."""
    amounts = {item: many * LINES[item][1] * FACTOR[item] for item, many in quantities.items()}
    items = [
        invoice_item(str(n), PurchaseOrderItem=item, QuantityInPurchaseOrderUnit=str(many),
                     SupplierInvoiceItemAmount=str(amounts[item]))
        for n, (item, many) in enumerate(quantities.items(), 1)
    ]  # fmt: skip
    number = f"INV-{place}"
    return invoice(*items, tax="0", SupplierInvoice=f"510560000{place}", SupplierInvoiceIDByInvcgParty=number,
                   InvoiceGrossAmount=str(sum(amounts.values())))  # fmt: skip


some = st.dictionaries(st.sampled_from(["10", "20"]), st.integers(1, 4), min_size=1)
by_hand = st.tuples(some, st.sampled_from(["", "", "INV-1", "inv-2", "SLIP-9"]))


@settings(max_examples=300, deadline=None)
@given(billed=st.lists(some, min_size=1, max_size=4), hands=st.lists(by_hand, max_size=3), order_of=st.randoms())
def test_every_invoice_is_held_once_whoever_received(
    billed: list[Quantities], hands: list[tuple[Quantities, str]], order_of: Any
) -> None:
    town = Town()
    for quantities, number in hands:
        town.receive(quantities, number)
    rows = [entered(place, quantities) for place, quantities in enumerate(billed, 1)]
    for _ in range(12):
        order_of.shuffle(rows)
        plans = [(row, town.plan(row)) for row in rows]  # a batch is planned together, then carried out
        moved = [town.carry_out(row, plan) for row, plan in plans]
        if not any(moved):
            break
    else:
        raise AssertionError("never quiet")
    for row, plan in plans:
        key, place = f"{row['SupplierInvoice']}/2026", int(row["SupplierInvoice"][-1]) - 1
        if isinstance(plan, Plan):
            wanted = dict.fromkeys(LINES, 0) | billed[place]
            held = town.held(key)
            assert all(held[item] >= many for item, many in wanted.items())
            extra = [number for quantities, number in hands if number.casefold() == f"inv-{place + 1}"]
            assert held == wanted or extra  # people may put the number on more than was billed: the amounts tell
        else:
            assert isinstance(plan, NeedsPerson), plan
    ours = [row for row in town.receipts if row["memo"]]
    assert len(ours) == len({row["memo"] for row in ours}) <= len(rows)
    assert not any(isinstance(plan, Awaiting) for _, plan in plans)
