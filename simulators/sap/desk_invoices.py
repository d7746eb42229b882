"""What accounts payable does, as control calls: enter, post and reverse invoices."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from simulators.sap.rules import invoices
from simulators.sap.rules.amounts import CENT
from simulators.sap.rules.checks import document
from simulators.sap.store import Row
from simulators.sap.tenant import Tenant
from simulators.sap.values import Value, from_plain
from simulators.simulator import control_body
from simulators.wire import Request


def invoice(tenant: Tenant, request: Request) -> Any:
    """Enter an invoice over ``items`` of (``order``, ``item``, ``quantity``, ``amount``), by default all of an item.

    ``order`` alone takes all its items. More: ``number`` (the supplier's), ``date``, ``tax_rate``, ``unplanned``,
    ``freight`` (planned, on the first item), ``ledger`` of (account, center, amount), ``status``, ``credit_memo``,
    ``subsequent``, ``values`` of the header.
    """
    given = control_body(request)
    lines = [_line(tenant, each) for each in given.get("items", [])]
    if "order" in given:
        items = document(tenant, "PurchaseOrder", given["order"]).children("PurchaseOrderItem")
        lines += [_whole(item) for item in items if not item["PurchasingDocumentDeletionCode"]]
    if given.get("freight"):
        lines.append(invoices.Line(lines[0].item, lines[0].quantity, Decimal(str(given["freight"])), "FRB1"))
    header = lines[0].item.root() if lines else None
    kinds = tenant.store["SupplierInvoice"].kinds
    draft = invoices.Draft(
        supplier=given.get("supplier") or (header["InvoicingParty"] if header is not None else ""),
        company=given.get("company") or (header["CompanyCode"] if header is not None else "1710"),
        currency=given.get("currency") or (header["DocumentCurrency"] if header is not None else "USD"),
        reference=given["number"],
        day=date.fromisoformat(given["date"]) if "date" in given else tenant.clock.now().date(),
        lines=lines,
        ledger=[(account, center, Decimal(str(amount))) for account, center, amount in given.get("ledger", [])],
        tax_rate=Decimal(str(given.get("tax_rate", 0))),
        unplanned=Decimal(str(given.get("unplanned", 0))),
        status=given.get("status", invoices.POSTED),
        credit_memo=bool(given.get("credit_memo", False)),
        subsequent=bool(given.get("subsequent", False)),
        more={name: from_plain(kinds[name], value) for name, value in given.get("values", {}).items()},
    )
    return _named(invoices.enter(tenant, draft))


def _line(tenant: Tenant, given: Mapping[str, Any]) -> invoices.Line:
    key: dict[str, Value] = {"PurchaseOrder": given["order"], "PurchaseOrderItem": str(given["item"])}
    item = tenant.store.find("PurchaseOrderItem", key)
    if item is None:
        raise KeyError(f"no order item {given['order']} {given['item']}")
    whole = _whole(item)
    quantity = Decimal(str(given.get("quantity", whole.quantity)))
    share = (whole.amount * quantity / whole.quantity).quantize(CENT) if whole.quantity else whole.amount
    return invoices.Line(item, quantity, Decimal(str(given.get("amount", share))))


def _whole(item: Row) -> invoices.Line:
    return invoices.Line(item, item["OrderQuantity"], item["NetAmount"])


def _named(row: Row) -> dict[str, str]:
    return {"invoice": row["SupplierInvoice"], "year": row["FiscalYear"]}


def reverse(tenant: Tenant, request: Request) -> Any:
    """Reverse ``invoice`` of ``year``; ``date`` of posting, today by default."""
    given = control_body(request)
    row = invoices.find_invoice(tenant, given["invoice"], given["year"])
    day = date.fromisoformat(given["date"]) if "date" in given else tenant.clock.now().date()
    return _named(invoices.reverse(tenant, row, day))


def post(tenant: Tenant, request: Request) -> Any:
    """Post a parked ``invoice`` of ``year``."""
    given = control_body(request)
    return _named(invoices.post(tenant, invoices.find_invoice(tenant, given["invoice"], given["year"])))
