"""What SAP says about a supplier invoice: whether a receipt can be made of it, and what it says of each order.

Field names are those of API_SUPPLIERINVOICE_PROCESS_SRV (V2). An invoice is named by document and fiscal year, unique
within a SAP client; its company code stands in the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from integrations.errors import NeedsPerson
from integrations.figures import Figures
from integrations.flow import Row
from integrations.vocabulary.money import currency_decimals, decimal, plain, rounded

POSTED = "5"
"""SupplierInvoiceStatus of a posted invoice; all others are parked, held, deleted or in verification."""

_COST_OBJECTS = {"CostCenter": "Cost centers", "WBSElement": "WBS elements", "InternalOrder": "Internal orders"}


@dataclass(frozen=True, slots=True)
class Line:
    """What an invoice bills of one order item, over all of its lines: quantity in order units, amount without tax."""

    item: str
    text: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Portion:
    """What an invoice bills of one order: lines, tax and shipping, in the currency of the invoice."""

    order: str
    lines: tuple[Line, ...]
    tax: Decimal
    shipping: Decimal

    @property
    def amount(self) -> Decimal:
        """All of it together."""
        return sum((line.amount for line in self.lines), self.tax + self.shipping)


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice. `reverses` is the key of the invoice that this document takes back, "" for ordinary ones.

    `obstacle`: a code and the reason why nothing can be made of it in ServiceTitan. `costs`: (kind, code, amount).
    """

    key: str
    company: str
    number: str
    supplier: str
    currency: str
    dated_on: str
    posted_on: str
    due_on: str
    gross: Decimal
    reverses: str
    is_reversed: bool
    obstacle: tuple[str, str] | None
    portions: tuple[Portion, ...]
    costs: tuple[tuple[str, str, Decimal], ...]

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders whose goods it bills."""
        return tuple(portion.order for portion in self.portions)


def key_of(row: Row) -> str:
    """The name of an invoice: "5100000001/2026"."""
    return f"{row['SupplierInvoice']}/{row['FiscalYear']}"


def obstacle(row: Row) -> tuple[str, str] | None:
    """The first reason why no receipt can be made of an invoice, with a code for it and the amount; None if none."""
    return next(_obstacles(row), None)


def _obstacles(row: Row) -> Iterator[tuple[str, str]]:
    worth = f"{plain(decimal(row['InvoiceGrossAmount']))} {row['DocumentCurrency']}"
    goods = [item for item in row["order_items"] if not item["SuplrInvcDeliveryCostCndnType"]]
    if row["SupplierInvoiceStatus"] != POSTED:
        yield "not-posted", f"It is not posted (status {row['SupplierInvoiceStatus']}): {worth}."
    if row["SupplierInvoiceIsCreditMemo"]:
        yield "credit-memo", f"It is a credit memo over {worth}: ServiceTitan takes no credit from outside."
    if any(item["IsSubsequentDebitCredit"] for item in row["order_items"]):
        yield "subsequent", f"It is a subsequent debit or credit over {worth}, without any goods."
    if not row["order_items"]:
        yield "no-order", f"It has no purchase order, but {worth} on {_ledger_accounts(row['account_items'])}."
    if not goods:
        yield "no-goods", f"It bills only delivery costs, {worth}: there is no line to receive."
    for item in goods:
        if not decimal(item["QuantityInPurchaseOrderUnit"]):
            amount = plain(decimal(item["SupplierInvoiceItemAmount"]))
            yield "no-quantity", f"Line {item['SupplierInvoiceItem']} bills {amount} of {worth} without a quantity."


def _ledger_accounts(items: Iterable[Row]) -> str:
    names = dict.fromkeys(f"account {item['GLAccount']} {item['CostCenter']}".rstrip() for item in items)
    return ", ".join(names) or "no account"


def portions(row: Row) -> tuple[Portion, ...]:
    """What an invoice bills of each order, together its gross amount.

    Planned delivery costs go to the shipping of their order; tax, unplanned delivery costs and what belongs to no
    order with goods go over all of them by net amount.
    """
    lines = _lines(row["order_items"])
    freight = _freight(row["order_items"])
    stray = sum((amount for order, amount in freight.items() if order not in lines), Decimal(0))
    net = {order: sum((line.amount for line in of_order), Decimal(0)) for order, of_order in lines.items()}
    places = currency_decimals(row["DocumentCurrency"])
    tax = spread(sum((decimal(tax["TaxAmount"]) for tax in row["taxes"]), Decimal(0)), net, places)
    shipping = spread(decimal(row["UnplannedDeliveryCost"]) + stray, net, places)
    return tuple(
        Portion(order, tuple(of_order), tax[order], shipping[order] + freight.get(order, Decimal(0)))
        for order, of_order in lines.items()
    )


def check_total(invoice: Invoice) -> None:
    """Raises NeedsPerson if lines, tax and shipping are not the gross amount: then something has no place."""
    total = sum((portion.amount for portion in invoice.portions), Decimal(0))
    if total != invoice.gross:
        words = f"Lines, tax and delivery costs are {plain(total)}, but the invoice is {plain(invoice.gross)}"
        raise NeedsPerson(f"{words} {invoice.currency}: the rest has no place on a receipt.", code="amounts-differ")


def costs(items: Iterable[Row]) -> Iterator[tuple[str, str, Decimal]]:
    """Who bears the cost of an invoice: (kind, code, amount) of each account assignment."""
    for item in items:
        for account in item["account_assignments"]:
            amount = decimal(account["SuplrInvcAcctAssignmentAmount"])
            yield from (
                (kind, account[field], amount) for field, kind in _COST_OBJECTS.items() if _filled(account[field])
            )


def _filled(code: str) -> bool:
    return bool(code.strip("0 "))  # numeric codes are all zeros where nothing was entered


def spread(amount: Decimal, weights: Mapping[str, Decimal], places: int) -> dict[str, Decimal]:
    """An amount over several, by weight, to the last cent: the last one takes what rounding leaves over."""
    whole = sum(weights.values(), Decimal(0))
    shares = {name: rounded(amount * (weight / whole if whole else 0), places) for name, weight in weights.items()}
    if shares:
        last = list(shares)[-1]
        shares[last] += amount - sum(shares.values(), Decimal(0))
    return shares


def _lines(items: Iterable[Row]) -> dict[str, list[Line]]:
    """By order: one line for each order item, however many deliveries of it are billed."""
    found: dict[tuple[str, str], Line] = {}
    for item in items:
        if not item["SuplrInvcDeliveryCostCndnType"] and item["PurchaseOrder"]:
            place = (item["PurchaseOrder"], item["PurchaseOrderItem"])
            before = found.get(place)
            quantity, amount = decimal(item["QuantityInPurchaseOrderUnit"]), decimal(item["SupplierInvoiceItemAmount"])
            found[place] = Line(
                item["PurchaseOrderItem"],
                before.text if before else item["SupplierInvoiceItemText"],
                quantity + (before.quantity if before else 0),
                amount + (before.amount if before else 0),
            )
    orders: dict[str, list[Line]] = {}
    for (order, _), line in found.items():
        orders.setdefault(order, []).append(line)
    return orders


def _freight(items: Iterable[Row]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for item in items:
        if item["SuplrInvcDeliveryCostCndnType"]:
            amount = decimal(item["SupplierInvoiceItemAmount"])
            found[item["PurchaseOrder"]] = found.get(item["PurchaseOrder"], Decimal(0)) + amount
    return found


def figures(invoice: Invoice) -> Figures:
    """What an invoice comes to, by the day it was posted on; nothing once it was reversed."""
    amount = Decimal(0) if invoice.is_reversed or invoice.reverses else invoice.gross
    return Figures(invoice.posted_on, amount, invoice.currency)
