"""The scope each call needs. The documents do not name scopes; the spelling is that of the developer portal."""

from simulators.servicetitan.contract.notation import Operation

_SCOPES = {
    ("inventory", "vendors"): "inv.vendors",
    ("inventory", "purchase-orders"): "inv.purchaseorders",
    ("inventory", "purchase-order-types"): "inv.purchaseordertypes",
    ("inventory", "receipts"): "inv.receipts",
    ("inventory", "warehouses"): "inv.warehouses",
    ("inventory", "trucks"): "inv.trucks",
    ("accounting", "ap-bills"): "acc.apbills",
    ("accounting", "inventory-bills"): "acc.inventorybills",
    ("accounting", "payment-terms"): "acc.paymentterms",
    ("accounting", "gl-accounts"): "acc.glaccounts",
    ("accounting", "tax-zones"): "acc.taxzones",
    ("accounting", "remittance-vendors"): "acc.remittancevendors",
    ("settings", "business-units"): "stt.businessunits",
    ("settings", "tag-types"): "stt.tagtypes",
    ("jpm", "jobs"): "jpm.jobs",
    ("jpm", "projects"): "jpm.projects",
    ("jpm", "work-breakdown-structure"): "jpm.budgetcodes",
    ("pricebook", "materials"): "pb.materials",
    ("pricebook", "equipment"): "pb.equipment",
}
ALL_SCOPES = tuple(f"tn.{name}:{right}" for name in _SCOPES.values() for right in "rw")


def scope_of(operation: Operation) -> str:
    """The scope a call needs, e.g. ``tn.inv.vendors:r``."""
    piece = operation.path.removeprefix("/export").split("/")[1]
    return f"tn.{_SCOPES[operation.module, piece]}:{'w' if operation.writes else 'r'}"
