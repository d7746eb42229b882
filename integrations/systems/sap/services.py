"""The SAP services this product uses, where each answers, and which communication scenario opens it.

Names, roots and scenarios: SAP Business Accelerator Hub (API_BUSINESS_PARTNER, CE_PURCHASEORDER_0001,
API_PURCHASEORDER_PROCESS_SRV, CE_PURCHASEREQUISITION_0001, API_PURCHASEREQ_PROCESS_SRV,
API_SUPPLIERINVOICE_PROCESS_SRV, CE_COSTCENTER_0001, API_COSTCENTER_SRV, API_COMPANYCODE_SRV,
CE_PURCHASINGORGANIZATION_0001, CE_PURCHASINGGROUP_0001). No other service is ever called.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.errors import Misconfigured
from integrations.systems.sap.odata import V2, V4, Dialect

_V2 = "sap/opu/odata/sap"
_V4 = "sap/opu/odata4/sap"


@dataclass(frozen=True, slots=True)
class Offer:
    """One version of a service. `document` is SAP's name of its description; `root` is below the base URL."""

    document: str
    dialect: Dialect
    root: str
    scenario: str

    @property
    def version(self) -> str:
        return self.dialect.version


@dataclass(frozen=True, slots=True)
class Service:
    """What a customer's administrator switches on. `offers` are in order of preference."""

    name: str
    title: str
    offers: tuple[Offer, ...]

    @property
    def scenarios(self) -> str:
        """The communication scenarios that open it, for messages: "SAP_COM_0943 or SAP_COM_0087 (read only)"."""
        return " or ".join(dict.fromkeys(offer.scenario for offer in self.offers))

    def offer(self, version: str) -> Offer | None:
        """The offer in that version, if the service has one."""
        return next((offer for offer in self.offers if offer.version == version), None)


def _v2(document: str, scenario: str) -> Offer:
    return Offer(document, V2, f"{_V2}/{document}", scenario)


def _v4(document: str, group: str, name: str, scenario: str) -> Offer:
    return Offer(document, V4, f"{_V4}/{group}/srvd_a2x/sap/{name}/0001", scenario)


_0053 = "SAP_COM_0053 (Purchase Order Integration)"
_0102 = "SAP_COM_0102 (Purchase Requisition Integration)"
_0087 = "SAP_COM_0087 (SAP Analytics Cloud for Planning Integration)"

BUSINESS_PARTNER = Service(
    "business-partner",
    "business partners",
    (_v2("API_BUSINESS_PARTNER", "SAP_COM_0008 (Business Partner, Customer and Supplier Integration)"),),
)
PURCHASE_ORDER = Service(
    "purchase-order",
    "purchase orders",
    (
        _v4("API_PURCHASEORDER_2", "api_purchaseorder_2", "purchaseorder", _0053),
        _v2("API_PURCHASEORDER_PROCESS_SRV", _0053),
    ),
)
PURCHASE_REQUISITION = Service(
    "purchase-requisition",
    "purchase requisitions",
    (
        _v4("API_PURCHASEREQUISITION_2", "api_purchaserequisition_2", "purchaserequisition", _0102),
        _v2("API_PURCHASEREQ_PROCESS_SRV", _0102),
    ),
)
SUPPLIER_INVOICE = Service(
    "supplier-invoice",
    "supplier invoices",
    (_v2("API_SUPPLIERINVOICE_PROCESS_SRV", "SAP_COM_0057 (Supplier Invoice Integration)"),),
)
COST_CENTER = Service(
    "cost-center",
    "cost centers",
    (
        _v4("API_COST_CENTER", "api_cost_center", "costcenter", "SAP_COM_0943 (Cost Center Integration)"),
        _v2("API_COSTCENTER_SRV", f"{_0087}, read only"),
    ),
)
COMPANY_CODE = Service("company-code", "company codes", (_v2("API_COMPANYCODE_SRV", _0087),))
# SAP publishes these two without naming a scenario; whoever may order usually may read them.
PURCHASING_ORGANIZATION = Service(
    "purchasing-organization",
    "purchasing organisations",
    (_v4("API_PURCHASINGORGANIZATION", "api_purchasingorganization", "purchasingorganization", _0053),),
)
PURCHASING_GROUP = Service(
    "purchasing-group",
    "purchasing groups",
    (_v4("API_PURCHASINGGROUP", "api_purchasinggroup", "purchasinggroup", _0053),),
)

SERVICES: tuple[Service, ...] = (
    BUSINESS_PARTNER,
    PURCHASE_ORDER,
    PURCHASE_REQUISITION,
    SUPPLIER_INVOICE,
    COST_CENTER,
    COMPANY_CODE,
    PURCHASING_ORGANIZATION,
    PURCHASING_GROUP,
)

_OFFERS = tuple((service, offer) for service in SERVICES for offer in service.offers)


def service_at(url: str) -> Service | None:
    """The service that answers at a URL or a path below the base URL; None for the token endpoint and the like."""
    return next((service for service, offer in _OFFERS if f"/{offer.root}/" in f"/{url}/"), None)


def root_at(url: str) -> str:
    """The service root of a URL. Raises Misconfigured for any other: nothing else is ever written to."""
    root = next((offer.root for _, offer in _OFFERS if f"/{offer.root}/" in f"/{url}/"), None)
    if root is None:
        raise Misconfigured("Only the services named in this product are written to.", code="unknown-service")
    return root
