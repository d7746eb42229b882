"""What holds for every order: money is never lost, and a plan that was carried out leaves nothing to do."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import NeedsPerson
from integrations.flows.purchase_orders import FLOW
from integrations.vocabulary.money import Price, line_cost, measure, plain
from tests.flows.rows import after, link_to, plan_order, sap_item, sap_order, st_order

amounts = st.decimals("0", "9999999999.99", places=2)
quantities = st.decimals("0.001", "9999999.999", places=3)


@given(amount=amounts, quantity=quantities, decimals=st.integers(0, 8))
def test_cost_times_quantity_and_remainder_are_the_net_amount(amount, quantity, decimals):
    found = line_cost(amount, quantity, decimals=decimals)
    assert found.cost * quantity + found.remainder == amount
    assert abs(found.remainder) <= quantity * Decimal(1).scaleb(-decimals) / 2
    assert found.cost >= 0


@given(cost=st.decimals("0", "99999.99", places=2), quantity=st.integers(1, 10_000))
def test_a_price_in_cents_stays_as_it_is(cost, quantity):
    found = line_cost(cost * quantity, Decimal(quantity), decimals=4)
    assert (found.cost, found.remainder) == (cost, Decimal(0))


@given(quantity=quantities, factor=st.integers(1, 1000))
def test_a_unit_and_its_reverse_lead_back(quantity, factor):
    there = measure(f"EA*{factor}").convert(quantity)
    assert there == quantity * factor
    assert measure(f"BX*1/{factor}").convert(there) == quantity


@given(quantity=quantities, price=amounts, per=st.sampled_from([1, 10, 100, 1000]), top=st.integers(1, 100))
def test_a_price_for_many_is_that_many_times_the_price_for_one(quantity, price, per, top):
    one = Price(amount=price, per=Decimal(1), numerator=Decimal(top))
    many = Price(amount=price * per, per=Decimal(per), numerator=Decimal(top))
    assert one.net_amount(quantity, "USD") == many.net_amount(quantity, "USD")


texts = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=40)
items = st.lists(
    st.builds(
        lambda text, amount, quantity, plant, unit, day: sap_item(
            PurchaseOrderItemText=text,
            amount=plain(amount),
            OrderQuantity=plain(quantity),
            Plant=plant,
            PurchaseOrderQuantityUnit=unit,
            schedule_lines=[{"ScheduleLineDeliveryDate": day}],
        ),
        texts,
        st.decimals("10", "99999", places=2),
        st.decimals("1", "99", places=1),
        st.sampled_from(["1710", "1720"]),
        st.sampled_from(["PC", "BX"]),
        st.sampled_from(["2026-02-10", "2026-03-01", None]),
    ),
    min_size=1,
    max_size=4,
).map(lambda rows: [row | {"PurchaseOrderItem": str(10 * place)} for place, row in enumerate(rows, 1)])


def carry_out(plan, row):
    """The row that ServiceTitan would show after the plan."""
    for write in plan.writes:
        if write.action == "create":
            row = st_order(write.body, number=(row["id"] if row else 19000) + 1)
        else:
            row = row | {"status": "Canceled"} if write.action == "cancel" else after(row, write.body)
        shown = FLOW.observe(row)
        assert {name: shown[name] for name in write.expect} == write.expect
    return row


@given(first=items, second=items)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(first, second):
    row = carry_out(plan_order(sap_order(*first)), None)
    assert plan_order(sap_order(*first), there=row).writes == ()
    before = link_to(row)
    plan = plan_order(sap_order(*second), there=row, linked=before)
    row = carry_out(plan, row)
    if len(plan.writes) < 2:  # a re-creation bears the next marker, which only the engine knows to hand in then
        assert plan_order(sap_order(*second), there=row).writes == ()


@given(first=items, second=items, status=st.sampled_from(["Sent", "PartiallyReceived", "Received", "Exported"]))
def test_an_order_past_pending_is_never_cancelled_or_created_again(first, second, status):
    row = carry_out(plan_order(sap_order(*first)), None) | {"status": status}
    try:
        plan = plan_order(sap_order(*second), there=row)
    except NeedsPerson:
        return
    assert [write.action for write in plan.writes] in ([], ["patch"])
    if status != "Sent":
        assert plan.writes == ()
