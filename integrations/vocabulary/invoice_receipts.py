"""An invoice on one of its orders: what is read there, whether a receipt may be posted, and how it is taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from integrations.errors import Awaiting, NeedsPerson, NotReady, NotTransferable, Rejected, undone_key
from integrations.flow import Bond, Lookups, Row, Situation, Write
from integrations.vocabulary import servicetitan_orders
from integrations.vocabulary import servicetitan_receipts as receipts
from integrations.vocabulary.invoice_twins import is_reversed_twin
from integrations.vocabulary.money import decimal, plain
from integrations.vocabulary.order_references import business_unit
from integrations.vocabulary.sap_invoices import Invoice, Portion
from integrations.vocabulary.servicetitan_bills import compared, is_exported
from integrations.vocabulary.shares import named, totals
from integrations.vocabulary.texts import one_line

MINUTE, QUARTER = 60.0, 900.0

BILLS = "ap-bills"
"""The flow under whose name the bills of invoices are linked."""


@dataclass(frozen=True, slots=True)
class OnOrder:
    """One order of an invoice as it stands in ServiceTitan, and which of its receipts hold the invoice's goods."""

    portion: Portion
    order: Row
    active: tuple[Row, ...]
    lines: tuple[receipts.Wanted, ...]
    held: receipts.Held

    @property
    def is_done(self) -> bool:
        """Whether receipts hold everything that is billed."""
        return not self.held.rest


def active_receipts(flow: str, order: str, situation: Situation) -> dict[str, Row]:
    """The active receipts of an order (its SAP number), by id; ours as it is, since the list shows it with a lag."""
    lookups = situation.lookups
    listed = lookups.reference("receipts-of-order", lookups.linked("purchase-orders", order), fresh=True) or {}
    found = {str(row["id"]): row for row in listed.get("receipts") or ()}
    part = situation.part(order)
    if part.linked and part.current is None:
        raise Awaiting(f"Receipt {part.linked.target_key} is not shown there.", seconds=MINUTE, code="not-visible")
    if part.linked and part.current is not None:
        shown = found.pop(part.linked.target_key, {})
        if not receipts.is_gone(part.current):
            found[part.linked.target_key] = {**part.current, "bill": shown.get("bill")}
    return found


def on_order(flow: str, invoice: Invoice, portion: Portion, alike: Sequence[Row], situation: Situation) -> OnOrder:
    """Reads an order and its receipts. Raises what keeps the invoice from being placed there."""
    lookups = situation.lookups
    number = _order_of(invoice, portion, lookups)
    order = lookups.reference("purchase-order", number, fresh=True)
    if order is None or order.get("status") == "Canceled":
        raise NeedsPerson(f"Order {portion.order} is not there or cancelled in ServiceTitan.", code="order-canceled")
    if str(order.get("vendorId")) != lookups.linked("vendors", invoice.supplier):
        words = f"Supplier {invoice.supplier} sent the invoice, but order {portion.order} is with another vendor there."
        raise NeedsPerson(words, code="other-vendor")
    business_unit(str(order.get("businessUnitId") or ""), invoice.currency, lookups)
    active = active_receipts(flow, portion.order, situation)
    owners = {key: receipts.owner_of(row, flow, lookups) for key, row in active.items()}
    for key, owner in owners.items():
        if owner not in ("", invoice.key) and receipts.has_number(active[key], invoice.number):
            raise _same_number(flow, invoice, active[key], owner, alike)
    # An order that was linked just now has its lines only once it is read back; their descriptions name the items too.
    crosswalk = lookups.lines("purchase-orders", portion.order) or servicetitan_orders.item_ids(order)
    lines = tuple(receipts.wanted(portion, order, crosswalk))
    mine = [active[key] for key, owner in owners.items() if owner == invoice.key]
    free = [active[key] for key, owner in owners.items() if not owner]
    return OnOrder(portion, order, tuple(active.values()), lines, receipts.held(lines, invoice.number, mine, free))


def _order_of(invoice: Invoice, portion: Portion, lookups: Lookups) -> str:
    """The order in ServiceTitan. Raises NotReady, NotTransferable if SAP's order will not come."""
    try:
        return lookups.linked("purchase-orders", portion.order)
    except NotReady as error:
        reason = lookups.why_not("purchase-orders", portion.order)
        if not reason:
            raise
        words = f"It bills order {portion.order}, of which nothing comes to ServiceTitan: {reason}"
        worth = f"{plain(invoice.gross)} {invoice.currency}"
        raise NotTransferable(f"{words} Worth {worth}.", code="order-not-transferable", needs=error.needs) from None


def _same_number(flow: str, invoice: Invoice, receipt: Row, owner: str, alike: Sequence[Row]) -> Awaiting | NeedsPerson:
    words = f"Receipt {receipt.get('number')} with number {invoice.number} is of SAP invoice {owner}"
    undone = undone_key(flow, owner)
    if is_reversed_twin(owner, invoice, alike):
        words += ", which is reversed: waits until it is taken back."
        return Awaiting(words, seconds=QUARTER, code="reversal", needs=undone)
    return NeedsPerson(f"{words}: one of the invoices is a duplicate.", code="duplicate", needs=undone)


def claims(flow: str, invoice: Invoice, placed: Iterable[OnOrder], situation: Situation) -> tuple[Bond, ...]:
    """Links for receipts that others made and that hold this invoice's goods; what another invoice has is let go."""
    found = []
    for place in placed:
        held = {str(receipt["id"]) for receipt in place.held.receipts}
        found += _own_unlinked(flow, invoice, place, held, situation)
        for receipt in (receipt for receipt in place.active if not receipts.is_ours(receipt)):
            number = str(receipt["id"])
            key = f"{invoice.key}#{place.portion.order}/{number}"
            is_claimed = key in situation.lookups.sources(flow, number)
            if number in held and not is_claimed:
                found.append(Bond(flow, key, number, receipts.item_ids(receipt), receipts.observed(receipt)))
            elif is_claimed and number not in held:
                found.append(Bond(flow, key, ""))
    return tuple(found)


def _own_unlinked(
    flow: str, invoice: Invoice, place: OnOrder, held: Collection[str], situation: Situation
) -> list[Bond]:
    """The link of a receipt that we posted for this invoice, where the ledger has lost it (it says so in its memo)."""
    order = place.portion.order
    if situation.part(order).linked is not None:
        return []
    ours = (row for row in place.active if receipts.is_ours(row) and str(row["id"]) in held)
    return [
        Bond(flow, f"{invoice.key}#{order}", str(row["id"]), receipts.item_ids(row), receipts.observed(row))
        for row in islice(ours, 1)
    ]


def posting(invoice: Invoice, place: OnOrder, situation: Situation) -> tuple[Write, tuple[str, ...]]:
    """The receipt for what is still open of an invoice, with notes. Raises what keeps it from being posted."""
    portion, options, part = place.portion, situation.options, situation.part(place.portion.order)
    if options["receipts"] == "people":
        words = f"People receive order {place.order.get('number')} first: {_left(place)} of {invoice.number} is open."
        raise Awaiting(words, seconds=QUARTER, code="receipt-awaited")
    is_pending = place.order.get("status") == "Pending"
    if is_pending and (options["receipts_need_sent_order"] or situation.refused):
        words = f"Mark order {place.order.get('number')} as sent in ServiceTitan: the receipt is posted then."
        raise Awaiting(f"{words} {situation.refused}".rstrip(), seconds=QUARTER, code="order-not-sent")
    if situation.refused:
        raise Rejected(situation.refused)
    if any(receipts.is_ours(receipt) for receipt in place.held.receipts):
        raise NeedsPerson(
            f"The receipt of {invoice.key} holds less than it bills: {_left(place)}.", code="receipt-changed"
        )
    if part.linked and options["on_target_edit"] == "ask":
        words = f"Receipt {part.linked.target_key} was cancelled in ServiceTitan, but the invoice stands in SAP."
        raise NeedsPerson(words, code="receipt-cancelled")
    if place.order.get("status") in ("Received", "Exported"):
        raise _nothing_open(place, situation)
    left = receipts.open_quantities(place.order, place.active)
    over = {line.line.item: held - left[line.id] for line in place.lines
            if (held := place.held.rest.get(line.id, decimal(0))) > left[line.id]}  # fmt: skip
    if over and place.held.strangers:
        names = ", ".join(f"{row.get('number')} ({_numbered(row)})" for row in place.held.strangers)
        words = f"Received by people already, and not as the invoice says: {names}. Open there is less than billed."
        raise NeedsPerson(words, code="received-otherwise")
    body, notes = receipts.receipt_for(portion, place.lines, place.held, place.order, options)
    body |= {
        "dateReceived": invoice.posted_on,
        "vendorDocumentNumber": invoice.number,
        "memo": "\n".join([*_memo(invoice, place), f"Reference {part.marker}"]),
    }
    surplus = tuple(f"Item {item}: billed {plain(more)} more than is open." for item, more in over.items())
    write = Write("create", "", body, receipts.expected(body), part.marker, part=portion.order)
    return write, (*notes, *surplus)


def _nothing_open(place: OnOrder, situation: Situation) -> Awaiting | NeedsPerson:
    """A receipt of a reversed invoice may be taken back in this moment; after a while a person has to look."""
    state, number = place.order.get("status"), place.order.get("number")
    words = f"Order {number} is {state} in ServiceTitan, but {_left(place)} is billed and held by no receipt"
    if situation.waited < QUARTER:
        return Awaiting(f"{words}: waits, in case a receipt is taken back.", seconds=MINUTE, code="nothing-open")
    strangers = ", ".join(f"{row.get('number')} ({_numbered(row)})" for row in place.held.strangers)
    return NeedsPerson(f"{words}. Receipts of no invoice: {strangers or 'none'}.", code="nothing-open")


def _left(place: OnOrder) -> str:
    rest = place.held.rest
    return ", ".join(f"{plain(rest[line.id])} of item {line.line.item}" for line in place.lines if line.id in rest)


def _numbered(receipt: Row) -> str:
    return one_line(receipt.get("vendorInvoiceNumber")) or "no number"


def _memo(invoice: Invoice, place: OnOrder) -> list[str]:
    """What a receipt has no member for: whose costs these are, and on which other orders the invoice stands."""
    texts = [f"SAP invoice {invoice.key}, {invoice.number or 'no number'} of {invoice.dated_on}."]
    if len(invoice.portions) > 1:
        texts.append(f"Part for order {place.portion.order} of {', '.join(invoice.orders)}.")
    for kind in dict.fromkeys(kind for kind, _, _ in invoice.costs):
        texts.append(f"{kind}: {named(totals((code, amount) for one, code, amount in invoice.costs if one == kind))}.")
    return texts


def taking_back(flow: str, key: str, orders: Iterable[str], situation: Situation) -> tuple[list[Write], list[Bond]]:
    """Cancels the receipts that we posted for an invoice, and lets go of those that people made.

    Raises NeedsPerson where the bill was exported: then the receipt stays.
    """
    writes, released = [], []
    for order in orders:
        for receipt in _receipts_if_linked(flow, order, situation):
            if receipts.owner_of(receipt, flow, situation.lookups) != key:
                continue
            if not receipts.is_ours(receipt):
                released += [Bond(flow, f"{key}#{order}/{receipt['id']}", ""), bill_bond(key, order, receipt, None)]
                continue
            released += _bill_to_cancel(receipt, key, order, situation)
            reason = {"canceledReason": situation.options["cancel_reason"]}
            writes.append(Write("cancel", str(receipt["id"]), reason, {"active": False}, part=order))
    return writes, released


def _receipts_if_linked(flow: str, order: str, situation: Situation) -> list[Row]:
    try:
        return list(active_receipts(flow, order, situation).values())
    except NotReady:
        return []  # an order that is not there has no receipts


def bill_of(receipt: Row, situation: Situation) -> Row | None:
    """The bill of a receipt as it is now, None where there is none yet."""
    number = str(receipt.get("billId") or "")
    row: Row | None = receipt.get("bill")
    return row or (situation.lookups.reference("ap-bill", number, fresh=True) if number else None)


def awaited_bill(receipt: Row, situation: Situation) -> Row:
    """The bill of a receipt. They take their time; after a quarter of an hour the reason says what may be the matter.

    Raises Awaiting.
    """
    if (bill := bill_of(receipt, situation)) is not None:
        return bill
    words = f"Receipt {receipt.get('number')} posted, waits for its bill."
    if situation.waited >= QUARTER:
        words = f"receipt posted, bill pending: receipt {receipt.get('number')}; this tenant may create bills by hand."
    seconds = MINUTE if situation.waited < QUARTER else 5 * MINUTE
    raise Awaiting(words, seconds=seconds, code="bill-pending")


def bill_bond(key: str, order: str, receipt: Row, bill: Row | None) -> Bond:
    """The link of a bill with what is compared of it; without a bill, it leads nowhere any more."""
    name = f"{key}#{order}/{receipt['id']}"
    return Bond(BILLS, name, str(bill["id"]), observed=compared(bill)) if bill else Bond(BILLS, name, "")


def _bill_to_cancel(receipt: Row, key: str, order: str, situation: Situation) -> list[Bond]:
    """The bill of a receipt that is taken back, remembered as cancelled. Raises NeedsPerson if it was exported."""
    bill = bill_of(receipt, situation)
    if bill is not None and is_exported(bill):
        words = f"SAP invoice {key} is reversed, but bill {bill['id']} of its receipt was exported: it stays."
        raise NeedsPerson(words, code="bill-exported")
    bond = bill_bond(key, order, receipt, bill)
    return [replace(bond, observed={**bond.observed, "canceled": True})] if bond.observed else []
