"""Supplier invoices of SAP and the bills that ServiceTitan makes of their receipts."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from demo.chapter import Chapter, Scene, States

FLOW, BILLS = "supplier-invoices", "ap-bills"
WHOLE, TAXED, FIRST_PART, SECOND_PART = "INV-1001", "INV-1002", "INV-1003", "INV-1004"
PARKED, EARLY, MEMO, NO_ORDER = "INV-1005", "INV-1006", "CM-2001", "INV-1007"


class Payables(Chapter):
    """Invoices over orders that arrive in the first round; one of each kind that cannot be transferred."""

    def bend(self) -> None:
        """Accounts payable has entered invoices."""
        whole, taxed, parked, returned, *more = self.world.sound[10:]
        self.parted = next(number for number in more if self._can_be_parted(number))
        early = next(n for n, row in sorted(self.world.orders.items()) if row["Supplier"] == self.world.looks_alike)
        self.keys: dict[str, str] = {}
        self._enter(WHOLE, order=whole)
        self._enter(TAXED, order=taxed, tax_rate="8.25", freight="50", unplanned="10")
        self._enter(FIRST_PART, items=[self._half()])
        self._enter(PARKED, order=parked, status="A")
        self._enter(EARLY, order=early)
        self._enter(MEMO, order=returned, credit_memo=True)
        self._enter(NO_ORDER, ledger=[["65300000", "10101101", "120.00"]], supplier=self.world.known_already)
        self.twin = self._enter(WHOLE, order=whole)
        self.reversal = ""
        self.bends = {PARKED: "not_transferable", MEMO: "not_transferable", NO_ORDER: "not_transferable"}

    def states(self) -> States:
        """Every invoice; the one of a supplier that nobody has decided about waits for its order."""
        states = {key: self.bends.get(number, "delivered") for number, key in self.keys.items()}
        states[self.keys[EARLY]] = "delivered" if self.world.answered else "waiting"
        states[self.twin] = "dismissed" if self.world.answered else "quarantined"
        return {FLOW: states | ({self.reversal: "not_transferable"} if self.reversal else {})}

    def is_settled(self, scene: Scene) -> bool:
        """Lists show a bill with a lag, so a later poll keeps it; a reversal looks at its invoice again."""
        if scene.books.states(FLOW).get(self.reversal) == "waiting":
            scene.books.replay(FLOW, self.reversal)
        there = {str(row["id"]): row["status"] for row in self.world.rows("ap-bills")}
        return there == {key: row["status"] for key, row in scene.books.kept(BILLS).items()}

    def claims(self, scene: Scene) -> None:
        """Receipts and bills are the invoices that could be transferred, number by number and amount by amount."""
        gross = self._gross()
        states = self.states()[FLOW]
        wanted = {number: gross[key] for number, key in self.keys.items() if states[key] == "delivered"}
        if self.reversal:
            del wanted[TAXED]
        receipts = [row for row in self.world.rows("receipts") if row["active"]]
        found = {row["vendorInvoiceNumber"]: Decimal(str(row["receiptAmount"])) for row in receipts}
        scene.checks.equal("each invoice has its receipt, with its amount", found, wanted)
        scene.checks.equal("and no second one", len(receipts), len(wanted))
        bills = {row["referenceNumber"]: Decimal(row["billAmount"]) for row in self._living_bills()}
        scene.checks.equal("ServiceTitan made a bill of each, with its amount", bills, wanted)
        kept = scene.books.kept(BILLS)
        scene.checks.equal("each bill is kept for the AP team", set(kept), {str(row["id"]) for row in self._bills()})

    def change(self, scene: Scene) -> Counter[str]:
        """The parked invoice is posted, the rest of an order is billed, an invoice is reversed."""
        number, year = self.keys[PARKED].split("/")
        self.world.sap.call("POST", "post", {"invoice": number, "year": year})
        del self.bends[PARKED]
        self._enter(SECOND_PART, items=[self._half()])
        number, year = self.keys[TAXED].split("/")
        made = self.world.sap.call("POST", "reverse", {"invoice": number, "year": year})
        self.reversal = f"{made['invoice']}/{made['year']}"
        return Counter({"servicetitan POST Receipts_CreateReceipt": 2, "servicetitan PATCH Receipts_CancelReceipts": 1})

    def answer(self, scene: Scene) -> None:
        """Somebody has looked: the supplier sent that invoice twice."""
        scene.books.dismiss(FLOW, self.twin, "Entered twice; accounts payable cancels it.")

    def _enter(self, number: str, **values: Any) -> str:
        made = self.world.sap.call("POST", "invoice", {"number": number, **values})
        key = f"{made['invoice']}/{made['year']}"
        self.keys.setdefault(number, key)
        return key

    def _gross(self) -> dict[str, Decimal]:
        rows = self.world.sap.state()["SupplierInvoice"]
        return {f"{r['SupplierInvoice']}/{r['FiscalYear']}": Decimal(r["InvoiceGrossAmount"]) for r in rows}

    def _bills(self) -> list[dict[str, Any]]:
        return self.world.rows("ap-bills")

    def _living_bills(self) -> list[dict[str, Any]]:
        return [row for row in self._bills() if row["status"] != "Canceled"]

    def _can_be_parted(self, number: str) -> bool:
        items = self.world.orders[number]["PurchaseOrderItem"]
        return len(items) == 1 and Decimal(items[0]["OrderQuantity"]) % 2 == 0 and Decimal(items[0]["NetAmount"]) > 0

    def _half(self) -> dict[str, str]:
        item = self.world.orders[self.parted]["PurchaseOrderItem"][0]
        half = str(Decimal(item["OrderQuantity"]) / 2)
        return {"order": self.parted, "item": item["PurchaseOrderItem"], "quantity": half}
