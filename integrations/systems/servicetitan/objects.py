"""The objects of ServiceTitan that flows read and write, each a declaration of facts.

Which calls exist stands in the V2 OpenAPI documents of Inventory, Accounting and Settings. Bills have no write call
but "mark as exported"; business units can only be given external data; requests can only be decided.
"""

from __future__ import annotations

from integrations.systems.servicetitan import bodies, resources
from integrations.systems.servicetitan.reading import ExportFeed, ModifiedWindow
from integrations.systems.servicetitan.requests import RequestWriter, undecided
from integrations.systems.servicetitan.writing import Action, ByExternalData, ByText, ExportMarker, ObjectWriter

SUPPLIER_KEY = "sap-supplier"
"""Our key in a vendor's external data; its value is the marker of the create, or the supplier number."""

COST_CENTER_KEY = "sap-cost-center"
"""Our key in a business unit's external data."""

VENDORS = ObjectWriter(
    resource=resources.VENDORS,
    actions={
        "create": Action(method="POST", creates=True, body=bodies.CREATE_VENDOR, missing="route"),
        "patch": Action(method="PATCH", path="{key}", body=bodies.UPDATE_VENDOR),
    },
    finder=ByExternalData(SUPPLIER_KEY),
    external_key=SUPPLIER_KEY,
)

PURCHASE_ORDERS = ObjectWriter(
    resource=resources.PURCHASE_ORDERS,
    actions={
        "create": Action(method="POST", creates=True, body=bodies.CREATE_PURCHASE_ORDER, missing="route"),
        "patch": Action(method="PATCH", path="{key}", body=bodies.UPDATE_PURCHASE_ORDER),
        "cancel": Action(method="PATCH", path="{key}/cancellation", body=bodies.CANCEL_PURCHASE_ORDER),
    },
    # The memo of the request comes back as the summary of the order.
    finder=ByText("summary"),
)

RECEIPTS = ObjectWriter(
    resource=resources.RECEIPTS,
    actions={
        # 404 is documented for a create: the purchase order is unknown.
        "create": Action(method="POST", creates=True, body=bodies.CREATE_RECEIPT),
        "cancel": Action(method="PATCH", path="{key}/cancellation", body=bodies.CANCEL_RECEIPT),
    },
    finder=ByText("memo"),
)

PURCHASE_ORDER_REQUESTS = RequestWriter(
    resource=resources.PURCHASE_ORDER_REQUESTS,
    actions={
        "approve": Action(method="PATCH", path="{key}/approve"),
        "reject": Action(method="PATCH", path="{key}/reject", body=bodies.REJECT_REQUEST),
    },
)

BUSINESS_UNITS = ObjectWriter(
    resource=resources.BUSINESS_UNITS,
    actions={"patch": Action(method="PATCH", path="{key}", body=bodies.UPDATE_BUSINESS_UNIT)},
    external_key=COST_CENTER_KEY,
)

AP_BILLS = ExportMarker(
    resource=resources.AP_BILLS,
    actions={
        "mark-exported": Action(method="POST", path="markasexported", body=bodies.MARK_BILLS_EXPORTED, missing="route")
    },
)

READ_VENDORS = ModifiedWindow(resources.VENDORS)
READ_PURCHASE_ORDERS = ModifiedWindow(resources.PURCHASE_ORDERS)
# All are read and the decided ones left out here: a filter by status would move rows while their pages are read.
READ_PURCHASE_ORDER_REQUESTS = ModifiedWindow(resources.PURCHASE_ORDER_REQUESTS, keep=undecided)
READ_RECEIPTS = ModifiedWindow(resources.RECEIPTS)
# The list answers only the bills of procurement unless asked for the other type as well.
READ_AP_BILLS = ModifiedWindow(resources.AP_BILLS, variants=((("billType", "Procurement"),), (("billType", "ApBill"),)))
READ_BUSINESS_UNITS = ExportFeed(resources.BUSINESS_UNITS)
READ_JOBS = ExportFeed(resources.JOBS)
