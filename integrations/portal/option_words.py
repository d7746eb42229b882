"""What each option of a flow means, and what its choices are called. A test holds this against all flows' options."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Texts = str | Promise

WORDS: Mapping[str, tuple[Texts, Texts]] = {
    "approve": (_("Approve a request"), _("When the request in ServiceTitan is approved.")),
    "batch": (_("Records at once"), _("How many records one task takes. Leave it as it is unless support asks.")),
    "budget_codes": (
        _("Budget codes"),
        _("Whether lines get the budget code of their cost center. It is a licensed add-on."),
    ),
    "cancel_reason": (_("Reason of cancellations"), _("What ServiceTitan is told when something is cancelled there.")),
    "catch_all_sku": (
        _("Catch-all SKU"),
        _("The id of the pricebook item for what has no material, for example a service. Empty: you are asked."),
    ),
    "category": (_("Cost center category"), _("Of new cost centers in SAP.")),
    "company_code": (_("Company code"), _("SAP's company code that this is about. Empty: none.")),
    "controlling_area": (_("Controlling area"), _("SAP's controlling area in which the cost centers are.")),
    "country": (_("Country"), _("Of addresses that name none, two letters.")),
    "create_blocked": (
        _("Make blocked suppliers"),
        _("Make suppliers that are blocked in SAP as inactive vendors, too."),
    ),
    "currency": (_("Currency"), _("Of purchase orders in SAP, three letters.")),
    "date_tolerance_days": (_("Days a bill's date may differ"), _("From the posting and the document date in SAP.")),
    "default_business_unit": (
        _("Default business unit"),
        _("The id for orders without any cost center. Empty: you are asked."),
    ),
    "default_cost_center": (
        _("Default cost center"),
        _("For requests whose business unit leads to none. Empty: you are asked."),
    ),
    "default_order_type": (
        _("Default order type"),
        _("The id of ServiceTitan's purchase order type for what the map of order types leaves out."),
    ),
    "default_plant": (_("Default plant"), _("For requests whose location leads to none. Empty: you are asked.")),
    "default_supplier": (_("Default supplier"), _("For requisition items that name none. Empty: they stay behind.")),
    "delivery_option": (
        _("How new vendors get orders"),
        _("Manual: ServiceTitan sends nothing, since SAP has ordered."),
    ),
    "find_minutes": (
        _("Minutes to find the order"),
        _("So long the order of an approval is looked for before you are asked."),
    ),
    "gl_account": (_("G/L account"), _("Of items in SAP. Empty: SAP finds it.")),
    "grouping": (_("Partner grouping"), _("Of new business partners in SAP, one whose numbers SAP gives.")),
    "hierarchy_area": (_("Hierarchy area"), _("Of new cost centers in SAP.")),
    "history": (_("First load"), _("Which orders the first load takes.")),
    "impacts_technician_payroll": (_("Counts for payroll"), _("Whether orders count for technicians' payroll.")),
    "is_truck_replenishment": (_("Truck replenishment"), _("Whether new vendors replenish trucks.")),
    "items_disagree": (
        _("When items differ"),
        _("ServiceTitan has one business unit and location per order; SAP has them per item."),
    ),
    "job_field": (_("Where SAP has the job number"), _("The field of an item that names the job.")),
    "language": (_("Language"), _("Of new business partners in SAP, two letters.")),
    "line_cost_decimals": (_("Decimals of a cost"), _("The most that your ServiceTitan keeps.")),
    "look_seconds": (_("Seconds between looks"), _("How often the order of an approval is looked for.")),
    "mark_exported": (_("Mark bills as exported"), _("It cannot be taken back, and freezes the bill and its order.")),
    "material_group": (_("Material group"), _("Of items in SAP that have no material.")),
    "names": (_("Whose names count"), _("Whether a cost center keeps SAP's name or gets the business unit's.")),
    "near_duplicate_days": (
        _("Days for look-alike invoices"),
        _("Invoices of one amount so close together are noted."),
    ),
    "on_new": (_("Business unit without a cost center"), _("What to do where SAP has no cost center for it.")),
    "on_refusal": (_("When SAP refuses"), _("What happens to the request then.")),
    "on_target_edit": (_("When people edit it there"), _("What happens to edits that were made in the other system.")),
    "order_type": (_("Order type"), _("SAP's type of the orders that are made.")),
    "owners": (
        _("Who owns which field"),
        _("Where both sides changed a field, its owner's value counts. Alike in both vendor flows."),
    ),
    "patch_adds_lines": (
        _("Lines can be added"),
        _("Whether your ServiceTitan adds a line to an order. Not documented: a try in the sandbox tells."),
    ),
    "payment_terms": (_("Payment terms"), _("SAP's key for new suppliers.")),
    "purchasing_group": (_("Purchasing group"), _("SAP's purchasing group of what is ordered.")),
    "purchasing_organization": (_("Purchasing organization"), _("SAP's purchasing organization.")),
    "receipts": (_("Who receives"), _("Whether an invoice books the receipt in ServiceTitan, or your people do.")),
    "receipts_need_sent_order": (
        _("Only orders that were sent"),
        _("Wait with a receipt until the order was sent. Not documented: a try in the sandbox tells."),
    ),
    "reconciliation_account": (_("Reconciliation account"), _("Of new suppliers in SAP.")),
    "rejection_reason": (_("Reason of a rejection"), _("What ServiceTitan is told.")),
    "required_date": (_("Required date"), _("Which of the items' dates the order gets.")),
    "requisition_type": (_("Requisition type"), _("SAP's type of the requisitions that are made.")),
    "responsible": (_("Person responsible"), _("Of new cost centers in SAP.")),
    "restricted_mobile_creation": (_("Not on mobile"), _("New vendors cannot be chosen by technicians.")),
    "tag_type_ids": (_("Tags"), _("Ids of the tags of new vendors, separated by commas.")),
    "target": (_("What is made in SAP"), _("An order at once, or a requisition that SAP's buyers order.")),
    "tax_rate": (_("Tax rate"), _("Of new vendors, for example 0.0825.")),
    "unit": (_("Unit"), _("SAP's unit where the map of units has none.")),
    "unmapped": (_("Cost center without business unit"), _("Ask you, or leave it out.")),
    "valid_from": (
        _("Valid from"),
        _("The first day of new cost centers, as 2026-01-31. Empty: when the business unit was made."),
    ),
}

CHOICES: Mapping[str, Texts] = {
    "Accidental": _("Accidental"),
    "CostTooHigh": _("Cost too high"),
    "Duplicate": _("Duplicate"),
    "JobCanceled": _("Job canceled"),
    "NotRequired": _("Not required"),
    "Other": _("Other"),
    "PurReqnExternalReference": _("External reference of the requisition"),
    "PurReqnItemExternalReference": _("External reference of the item"),
    "RequirementTracking": _("Requirement tracking number"),
    "RequisitionerName": _("Requisitioner"),
    "VendorIssue": _("Vendor issue"),
    "WrongVendor": _("Wrong vendor"),
    "agreed": _("Only if they agree"),
    "all": _("All, the whole history"),
    "ask": _("Ask me"),
    "create": _("Make one in SAP"),
    "created": _("As soon as it is ordered"),
    "dominant": _("The largest amount decides"),
    "earliest": _("The earliest"),
    "invoice": _("The invoice books it"),
    "mapped": _("From the map"),
    "never": _("Never"),
    "none": _("None"),
    "open": _("Open ones only"),
    "overwrite": _("Write our values again"),
    "people": _("Our people receive"),
    "person": _("Our people approve"),
    "purchase-order": _("A purchase order"),
    "refuse": _("Ask me"),
    "reject": _("Reject the request"),
    "released": _("Once SAP has released it"),
    "requisition": _("A requisition"),
    "sap": _("SAP"),
    "servicetitan": _("ServiceTitan"),
    "skip": _("Leave it out"),
}

MEMBERS: Mapping[str, Texts] = {
    "name": _("Name"),
    "address": _("Address"),
    "phone": _("Telephone"),
    "email": _("E-mail"),
    "active": _("Whether it is active"),
}
"""Entries of options that are a table."""
