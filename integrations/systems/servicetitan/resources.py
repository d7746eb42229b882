"""The collections of the public API in use: where they are, which scope they need, which parameters they know.

Source of every path and parameter: the V2 OpenAPI documents (Inventory, Accounting, Settings, JPM, Pricebook), as
published in March 2026. A parameter that a collection does not know is ignored by the server, which then answers an
unfiltered page; so the client refuses parameters that are not declared here. Scopes: the API reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from integrations.systems.servicetitan.formats import Shape

# The documents name 50 as the most ids (and external-data values) of one call.
MAX_IDS = 50

PAGING = frozenset({"page", "pageSize", "includeTotal"})
_CREATED = frozenset({"createdOnOrAfter", "createdBefore"})
_MODIFIED = frozenset({"modifiedOnOrAfter", "modifiedBefore"})
_TIMES = _CREATED | _MODIFIED
_EXTERNAL = frozenset({"externalDataApplicationGuid", "externalDataKey", "externalDataValues"})
_GUID = frozenset({"externalDataApplicationGuid"})
FEED = frozenset({"from", "includeRecentChanges"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One collection below /{module}/v2/tenant/{tenant}/.

    `parameters`: what its list knows besides page and pageSize. `ids`: how several ids are given ("comma" in one
    parameter, "repeat" the parameter, "" not at all). `single`: the parameters of GET by id, None where there is no
    such call. `feed`: the path of its export feed, "" where there is none.
    """

    title: str
    module: str
    path: str
    scope: str
    parameters: frozenset[str]
    ids: Literal["comma", "repeat", ""] = "comma"
    single: frozenset[str] | None = None
    feed: str = ""
    shape: Shape = field(default_factory=Shape)

    @property
    def hides_inactive(self) -> bool:
        """Whether its list leaves out inactive rows unless asked for active=Any."""
        return "active" in self.parameters

    @property
    def sortable(self) -> bool:
        return "sort" in self.parameters


_ADDRESS = Shape(texts=("street", "unit", "city", "state", "zip", "country"))
_ORDER_ITEM = Shape(
    texts=("description", "skuName", "skuCode", "skuType", "vendorPartNumber", "status"),
    decimals=("quantity", "quantityReceived", "cost", "total"),
    lists={"serialNumbers": None},
)
_RECEIPT_ITEM = Shape(texts=("name", "code", "description"), decimals=("quantity", "cost"))
_BILL_ITEM = Shape(
    texts=("name", "description", "vendorPartNumber", "skuType", "skuCode"), decimals=("quantity", "cost")
)

VENDORS = Resource(
    title="vendors",
    module="inventory",
    path="vendors",
    scope="tn.inv.vendors",
    parameters=_TIMES | _EXTERNAL | {"ids", "active", "sort"},
    ids="repeat",
    single=_EXTERNAL,
    shape=Shape(
        texts=("name", "memo", "deliveryOption"),
        decimals=("defaultTaxRate",),
        lists={"externalData": None, "customFields": None},
        nested={"contactInfo": Shape(texts=("firstName", "lastName", "phone", "email", "fax")), "address": _ADDRESS},
    ),
)
PURCHASE_ORDERS = Resource(
    title="purchase orders",
    module="inventory",
    path="purchase-orders",
    scope="tn.inv.purchaseorders",
    parameters=_TIMES | {"ids", "status", "number", "jobId", "projectId", "sort"},
    single=frozenset(),
    feed="export/purchase-orders",
    shape=Shape(
        texts=("number", "status", "vendorDocumentNumber", "summary"),
        decimals=("total", "tax", "shipping"),
        days=("date", "requiredOn"),
        lists={"items": _ORDER_ITEM, "customFields": None},
        nested={"shipTo": _ADDRESS},
    ),
)
PURCHASE_ORDER_TYPES = Resource(
    title="purchase order types",
    module="inventory",
    path="purchase-order-types",
    scope="tn.inv.purchaseordertypes",
    parameters=_TIMES | {"active", "sort"},
    ids="",
    shape=Shape(texts=("name",)),
)
PURCHASE_ORDER_REQUESTS = Resource(
    title="purchase order requests",
    module="inventory",
    path="purchase-orders/requests",
    scope="tn.inv.purchaseorders",
    parameters=_TIMES | {"ids", "requestStatus", "requestNumber", "jobId", "sort"},
    shape=Shape(
        texts=("requestNumber", "requestStatus", "vendorDocumentNumber", "summary"),
        decimals=("total", "tax", "shipping"),
        days=("date", "requiredOn"),
        lists={"items": _ORDER_ITEM, "customFields": None},
        nested={"shipTo": _ADDRESS},
    ),
)
RECEIPTS = Resource(
    title="receipts",
    module="inventory",
    path="receipts",
    scope="tn.inv.receipts",
    parameters=_TIMES | {"ids", "active", "number", "vendorInvoiceNumber", "purchaseOrderIds", "billId", "sort"},
    shape=Shape(
        texts=("number", "vendorInvoiceNumber", "memo", "syncStatus", "shipToDescription"),
        decimals=("receiptAmount", "taxAmount", "shippingAmount"),
        days=("receivedOn",),
        lists={"items": _RECEIPT_ITEM, "customFields": None},
    ),
)
WAREHOUSES = Resource(
    title="warehouses",
    module="inventory",
    path="warehouses",
    scope="tn.inv.warehouses",
    parameters=_TIMES | _EXTERNAL | {"ids", "active", "sort"},
    shape=Shape(texts=("name",), lists={"externalData": None}, nested={"address": _ADDRESS}),
)
TRUCKS = Resource(
    title="trucks",
    module="inventory",
    path="trucks",
    scope="tn.inv.trucks",
    parameters=_TIMES | _EXTERNAL | {"ids", "active", "sort"},
    shape=Shape(texts=("name", "memo"), lists={"externalData": None, "technicianIds": None}),
)
AP_BILLS = Resource(
    title="AP bills",
    module="accounting",
    path="ap-bills",
    scope="tn.acc.apbills",
    parameters=_TIMES
    | {"ids", "billType", "billNumber", "purchaseOrderNumber", "jobNumber", "syncStatuses", "statuses"},
    single=frozenset(),
    shape=Shape(
        texts=("syncStatus", "status", "source", "billType", "referenceNumber", "vendorNumber", "summary", "termName"),
        decimals=("billAmount", "vendorInvoiceTotal", "taxAmount", "shippingAmount"),
        days=("billDate", "dueDate", "postDate", "earlyDiscountDate"),
        lists={
            "items": _BILL_ITEM,
            "expenseItems": Shape(texts=("description",), decimals=("amount",)),
            "customFields": None,
        },
    ),
)
PAYMENT_TERMS = Resource(
    title="payment terms",
    module="accounting",
    path="payment-terms",
    scope="tn.acc.paymentterms",
    parameters=_TIMES | {"ids", "sort"},
    single=frozenset(),
    shape=Shape(texts=("name",)),
)
BUSINESS_UNITS = Resource(
    title="business units",
    module="settings",
    path="business-units",
    scope="tn.stt.businessunits",
    parameters=_TIMES | _GUID | {"ids", "name", "active"},
    single=_GUID,
    feed="export/business-units",
    shape=Shape(
        texts=("name", "officialName", "currency", "accountCode"),
        decimals=("defaultTaxRate",),
        lists={"externalData": None, "tagTypeIds": None},
    ),
)
JOBS = Resource(
    title="jobs",
    module="jpm",
    path="jobs",
    scope="tn.jpm.jobs",
    parameters=_TIMES | _EXTERNAL | {"ids", "number", "jobStatus", "projectId", "businessUnitId", "sort"},
    single=_GUID,
    feed="export/jobs",
    shape=Shape(
        texts=("jobNumber", "jobStatus"), decimals=("total",), lists={"externalData": None, "customFields": None}
    ),
)
# Licensed per tenant: where it is not, ServiceTitan answers 400, 403 or 404. What its scope is called is not published.
BUDGET_CODES = Resource(
    title="budget codes",
    module="jpm",
    path="work-breakdown-structure/budget-codes",
    scope="tn.jpm.budgetcodes",
    parameters=frozenset({"budgetCodeIds"}),
    ids="",
    shape=Shape(texts=("code", "description"), lists={"segments": None}),
)
_SKU = Shape(
    texts=("code", "displayName", "description", "unitOfMeasure"),
    decimals=("cost", "price"),
    lists={"externalData": None, "otherVendors": None},
)
MATERIALS = Resource(
    title="materials",
    module="pricebook",
    path="materials",
    scope="tn.pb.materials",
    parameters=_TIMES | _EXTERNAL | {"ids", "active", "searchText", "sort"},
    single=_GUID,
    feed="export/materials",
    shape=_SKU,
)
EQUIPMENT = Resource(
    title="equipment",
    module="pricebook",
    path="equipment",
    scope="tn.pb.equipment",
    parameters=_TIMES | _EXTERNAL | {"ids", "active", "searchText", "sort"},
    single=_GUID,
    feed="export/equipment",
    shape=_SKU,
)

RESOURCES: tuple[Resource, ...] = (
    VENDORS,
    PURCHASE_ORDERS,
    PURCHASE_ORDER_TYPES,
    PURCHASE_ORDER_REQUESTS,
    RECEIPTS,
    WAREHOUSES,
    TRUCKS,
    AP_BILLS,
    PAYMENT_TERMS,
    BUSINESS_UNITS,
    JOBS,
    MATERIALS,
    EQUIPMENT,
)
"""What every tenant has."""
LICENSED: tuple[Resource, ...] = (BUDGET_CODES,)
"""What only some tenants have; a ping does not ask for it."""
