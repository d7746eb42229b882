"""How an order of SAP becomes an order of ServiceTitan."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.errors import Misconfigured, NeedsPerson, NotReady, NotTransferable, Unmapped
from integrations.flow import Want
from integrations.flows.purchase_orders import FLOW
from tests.flows.rows import MARKER, Book, account, plan_order, sap_item, sap_order


def created(*items, **options):
    """The body that is posted for an order with these items."""
    (write,) = plan_order(sap_order(*items), **options).writes
    return write.body


def test_a_released_order_is_created_with_everything_that_servicetitan_requires():
    plan = plan_order(sap_order())
    (write,) = plan.writes
    assert (write.action, write.key, write.marker) == ("create", "", MARKER)
    assert plan.notes == ()
    assert write.body == {
        "vendorId": "501",
        "typeId": "7",
        "businessUnitId": "12",
        "inventoryLocationId": "40",
        "shipTo": {
            "description": "Plant 1 US, 3475 Deer Creek, Palo Alto, 94304-1355",
            "address": {
                "street": "3475 Deer Creek", "unit": "", "city": "Palo Alto", "state": "CA", "zip": "94304-1355",
                "country": "US",
            },
        },
        "impactsTechnicianPayroll": False,
        "memo": f"SAP 4500001234 is already ordered: do not send it to the vendor.\nReference {MARKER}",
        "date": "2026-01-31",
        "requiredOn": "2026-02-10",
        "tax": "0",
        "shipping": "0",
        "items": [
            {
                "skuId": "9001", "description": "10 | Copper pipe", "vendorPartNumber": "CP-22", "quantity": "3",
                "cost": "40",
            },
        ],
    }  # fmt: skip


@pytest.mark.parametrize("status", ["02", "05", "", None])
def test_orders_without_a_release_procedure_or_state_and_released_ones_go_over(status):
    assert plan_order(sap_order(PurchasingProcessingStatus=status)).writes


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"PurchasingProcessingStatus": "03"}, "not-released"),
        ({"PurchasingProcessingStatus": "08"}, "not-released"),
        ({"ReleaseIsNotCompleted": True}, "not-released"),
        ({"PurchasingCompletenessStatus": True}, "not-released"),
        ({"PurchaseOrderDeletionCode": "L"}, "deleted"),
        ({"PurchaseOrderDeletionCode": "S"}, "locked"),
        ({"PurchaseOrderType": "UB"}, "stock-transport"),
        ({"SupplyingPlant": "1720"}, "stock-transport"),
        ({"items": [sap_item(IsReturnsItem=True)]}, "returns-item"),
        ({"items": [sap_item(), sap_item("20", PurchaseOrderItemCategory="A", OrderQuantity="0")]}, "limit-item"),
        ({"items": [sap_item(PurchaseOrderItemCategory="7")]}, "stock-transport"),
        ({"items": [sap_item(PurchasingDocumentDeletionCode="S")]}, "locked"),
        ({"items": [sap_item(PurchasingDocumentDeletionCode="L")]}, "deleted"),
        ({"items": []}, "no-items"),
    ],
)
def test_what_cannot_go_over_is_named_and_is_no_failure(values, code):
    with pytest.raises(NotTransferable) as caught:
        plan_order(sap_order(**values))
    assert caught.value.code == code


def test_deleted_items_are_left_out():
    body = created(sap_item(), sap_item("20", PurchasingDocumentDeletionCode="L", Material="UNMAPPED"))
    assert [line["description"] for line in body["items"]] == ["10 | Copper pipe"]


def test_a_missing_vendor_leaves_the_order_waiting():
    with pytest.raises(NotReady) as caught:
        plan_order(sap_order(Supplier="17300099"))
    assert caught.value.needs == "link:vendors:17300099"


def test_an_order_of_a_supplier_that_does_not_come_says_why_and_is_woken_should_it_come():
    book = Book(refused={("vendors", "17300099"): "It is deleted, and ServiceTitan does not know it."})
    with pytest.raises(NotTransferable) as caught:
        plan_order(sap_order(Supplier="17300099"), book=book)
    assert (caught.value.code, caught.value.needs) == ("supplier-not-transferable", "link:vendors:17300099")
    assert caught.value.message == (
        "Its supplier 17300099 is no vendor in ServiceTitan: It is deleted, and ServiceTitan does not know it."
    )


@pytest.mark.parametrize(
    ("values", "needs"),
    [
        ({"Material": "TG0099"}, "map:material:TG0099"),
        ({"PurchaseOrderQuantityUnit": "KG"}, "map:unit:KG"),
        ({"Plant": "1799"}, "map:plant:1799"),
        ({"account_assignments": [account("1", "10109999")]}, "map:cost-center:10109999"),
    ],
)
def test_an_unmapped_code_asks_a_person_for_exactly_that_code(values, needs):
    with pytest.raises(Unmapped) as caught:
        plan_order(sap_order(sap_item(**values)))
    assert caught.value.needs == needs


def test_an_unmapped_order_type_takes_the_default_or_asks():
    assert plan_order(sap_order(PurchaseOrderType="ZNB"), default_order_type="8").writes[0].body["typeId"] == "8"
    with pytest.raises(Unmapped) as caught:
        plan_order(sap_order(PurchaseOrderType="ZNB"))
    assert caught.value.needs == "map:order-type:ZNB"


def test_free_text_and_service_lines_take_the_catch_all_sku_in_the_unit_of_sap():
    body = created(
        sap_item("10", Material="", PurchaseOrderItemText="Crane hire", PurchaseOrderQuantityUnit="HUR"),
        sap_item("20", Material="SRV1", ProductTypeCode="2", PurchaseOrderQuantityUnit="AU", OrderQuantity="1"),
        catch_all_sku="9999",
    )
    assert [(line["skuId"], line["quantity"], line["cost"]) for line in body["items"]] == [
        ("9999", "3", "40"),
        ("9999", "1", "120"),
    ]


def test_without_a_catch_all_sku_a_free_text_line_asks_for_one():
    with pytest.raises(Misconfigured) as caught:
        plan_order(sap_order(sap_item(Material="")))
    assert caught.value.code == "no-sku"


def test_a_code_without_a_value_is_told_before_a_missing_option_that_an_earlier_item_lacks():
    order = sap_order(sap_item("10", Material=""), sap_item("20", Material="NEW1"))
    with pytest.raises(Unmapped) as caught:
        plan_order(order)
    assert caught.value.needs == "map:material:NEW1"


def test_a_zero_price_line_goes_over_with_cost_zero():
    body = created(sap_item(amount="0"), sap_item("20", PurchasingItemIsFreeOfCharge=True))
    assert [line["cost"] for line in body["items"]] == ["0", "0"]


def test_a_line_description_keeps_markup_signs_as_text():
    body = created(sap_item(PurchaseOrderItemText='Elbow 3/4" <90 & tee'))
    assert body["items"][0]["description"] == '10 | Elbow 3/4" &lt;90 &amp; tee'


def test_the_price_of_v2_respects_price_quantity_and_price_unit():
    """12.50 per 1000 kg, 40 bags of 25 kg: a tonne for 12.50, 0.3125 a bag."""
    body = created(
        sap_item(
            NetAmount=None, OrderQuantity="40", NetPriceAmount="12.5", NetPriceQuantity="1000",
            OrderPriceUnit="KG", OrderPriceUnitToOrderUnitNmrtr="25", OrdPriceUnitToOrderUnitDnmntr="1",
        )
    )  # fmt: skip
    assert (body["items"][0]["quantity"], body["items"][0]["cost"]) == ("40", "0.3125")


def test_a_unit_factor_multiplies_the_quantity_and_divides_the_cost():
    body = created(sap_item(PurchaseOrderQuantityUnit="BX"))
    assert body["items"][0]["description"] == "10 | Copper pipe (BX = 12 EA)"
    assert (body["items"][0]["quantity"], body["items"][0]["cost"]) == ("36", "3.3333")


def test_a_unit_mapped_for_one_material_goes_before_the_general_one():
    book = Book()
    book.maps["unit", "BX TG0012"] = "EA*10"
    body = created(sap_item(PurchaseOrderQuantityUnit="BX"), book=book)
    assert (body["items"][0]["quantity"], body["items"][0]["cost"]) == ("30", "4")


def test_what_rounding_leaves_over_is_noted():
    plan = plan_order(sap_order(sap_item(amount="100")))
    assert plan.writes[0].body["items"][0]["cost"] == "33.3333"
    assert plan.notes == ("Line 10: 0.0001 of 100 is lost to rounding.",)


def test_a_cost_that_would_lose_more_than_one_per_cent_is_refused():
    row = sap_order(sap_item(amount="12.5", OrderQuantity="1000"))
    assert plan_order(row).writes[0].body["items"][0]["cost"] == "0.0125"
    with pytest.raises(Misconfigured) as caught:
        plan_order(row, line_cost_decimals=2)
    assert caught.value.code == "cost-too-small"


def test_a_currency_that_is_not_the_business_units_is_refused():
    with pytest.raises(Misconfigured) as caught:
        plan_order(sap_order(DocumentCurrency="EUR"))
    assert caught.value.code == "wrong-currency"


def test_several_account_assignments_give_the_unit_of_the_largest_share_and_name_all_shares():
    item = sap_item(
        account_assignments=[account("1", "10101101", percent="30"), account("2", "10101201", percent="70")]
    )
    body = created(item)
    assert body["businessUnitId"] == "14"
    assert body["memo"].splitlines()[1] == "Cost centers: 10101101 30 % (36), 10101201 70 % (84)."


def test_cost_centers_of_one_business_unit_add_up_and_do_not_disagree():
    items = [
        sap_item("10", amount="40"),
        sap_item("20", amount="40", account_assignments=[account("1", "10101102", "40")]),
        sap_item("30", amount="60", account_assignments=[account("1", "10101201", "60")]),
    ]
    assert created(*items)["businessUnitId"] == "12"
    assert created(*items[:2], items_disagree="refuse")["businessUnitId"] == "12"


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"account_assignments": [account("1", "10101201", "90")]}, "business unit"),
        ({"Plant": "1720"}, "location"),
        ({"delivery_address": {"OrganizationName1": "Site", "StreetName": "Elm St"}}, "ship-to address"),
        ({"RequisitionerName": "2118"}, "job"),
    ],
)
def test_items_that_disagree_are_refused_if_the_customer_says_so(values, what):
    row = sap_order(sap_item(RequisitionerName="2117"), sap_item("20", amount="90", **values))
    with pytest.raises(NeedsPerson) as caught:
        plan_order(row, items_disagree="refuse", job_field="RequisitionerName")
    assert caught.value.code == "items-disagree"
    assert f"disagree on the {what}" in caught.value.message


def test_items_that_disagree_follow_the_largest_net_amount():
    body = created(
        sap_item(amount="90", RequisitionerName="2117"),
        sap_item("20", Plant="1720", RequisitionerName="2118", delivery_address=None),
        job_field="RequisitionerName",
    )
    assert (body["inventoryLocationId"], body["jobId"]) == ("41", "88002")
    assert body["shipTo"]["address"]["street"] == "3475 Deer Creek"
    assert "Plants: 1710 42.9 % (90), 1720 57.1 % (120)." in body["memo"]
    assert "Jobs: 2117 42.9 % (90), 2118 57.1 % (120)." in body["memo"]


def test_the_ship_to_is_the_warehouse_where_no_item_has_an_address():
    ship_to = created(sap_item(delivery_address=None))["shipTo"]
    assert ship_to["description"] == "Main warehouse, 1 Depot Rd, Reno, 89501"
    assert ship_to["address"]["street"] == "1 Depot Rd"


def test_the_required_date_is_the_earliest_or_that_of_the_largest_amount():
    late = [{"ScheduleLine": "1", "ScheduleLineDeliveryDate": "2026-03-01", "ScheduleLineOrderQuantity": "3"}]
    items = [sap_item(), sap_item("20", amount="500", schedule_lines=late)]
    assert created(*items)["requiredOn"] == "2026-02-10"
    assert created(*items, required_date="agreed")["requiredOn"] == "2026-03-01"
    assert created(sap_item(schedule_lines=[]))["requiredOn"] == "2026-01-31"


def test_a_job_number_is_looked_up_and_an_unknown_one_is_a_task():
    body = created(sap_item(RequirementTracking="2117"), job_field="RequirementTracking")
    assert body["jobId"] == "88001"
    with pytest.raises(NeedsPerson) as caught:
        plan_order(sap_order(sap_item(RequirementTracking="9999")), job_field="RequirementTracking")
    assert caught.value.code == "job-not-found"


def test_an_order_without_cost_center_takes_the_default_business_unit_or_asks():
    stock = sap_item(AccountAssignmentCategory="", account_assignments=[])
    assert created(stock, default_business_unit="14")["businessUnitId"] == "14"
    with pytest.raises(Misconfigured) as caught:
        plan_order(sap_order(stock))
    assert caught.value.code == "no-unit"


def test_the_flow_wants_the_vendors_link_jobs_and_units_of_its_items_and_the_requests_behind_it():
    record = FLOW.record(sap_order(sap_item(RequisitionerName="2118"), sap_item("20", RequisitionerName="2117")))
    options = dict(FLOW.options) | {"job_field": "RequisitionerName"}
    link, senders = Want("link:vendors", "17300001"), Want("linked-to:purchase-order-requests", "4500001234")
    unit = Want("business-unit", "10101101", mapped="cost-center")
    assert FLOW.wants(record, options) == (link, Want("job", "2117"), Want("job", "2118"), unit, senders)
    assert FLOW.wants(record, FLOW.options) == (link, unit, senders)


def test_the_label_says_which_order_and_whose():
    assert FLOW.label(FLOW.record(sap_order())) == "SAP order 4500001234 from supplier 17300001"


@pytest.mark.parametrize("options", [{"items_disagree": "Refuse"}, {"job_field": "Foo"}, {"on_target_edit": ""}])
def test_an_option_that_is_none_of_its_choices_is_told(options):
    with pytest.raises(Misconfigured) as caught:
        plan_order(sap_order(), **options)
    assert caught.value.code == "bad-option"


@pytest.mark.parametrize(
    ("items", "is_over"),
    [
        ([sap_item(IsCompletelyDelivered=True, IsFinallyInvoiced=True)], True),
        ([sap_item(IsCompletelyDelivered=True)], False),
        ([sap_item(IsFinallyInvoiced=True)], False),
        ([sap_item(IsFinallyInvoiced=True, GoodsReceiptIsExpected=False)], True),
        ([sap_item(IsCompletelyDelivered=True, InvoiceIsExpected=False)], True),
        ([sap_item(GoodsReceiptIsExpected=False, InvoiceIsExpected=False)], False),
        ([sap_item(IsCompletelyDelivered=True, IsFinallyInvoiced=True), sap_item("20")], False),
    ],
)
def test_an_order_is_over_once_each_item_is_delivered_and_invoiced_as_far_as_that_is_expected(items, is_over):
    assert FLOW.record(sap_order(*items)).is_complete is is_over


def test_cost_centers_by_quantity_share_the_amount_where_sap_states_none():
    shares = [{**account(str(n), center), "Quantity": q} for n, (center, q) in enumerate([("C1", "1"), ("C2", "3")], 1)]
    (item,) = FLOW.record(sap_order(sap_item(account_assignments=shares))).items
    assert item.cost_centers == (("C1", Decimal(30)), ("C2", Decimal(90)))
