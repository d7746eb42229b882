"""Both books compared: what agrees, what differs and why, and what needs no counterpart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.engine import reconcile
from integrations.errors import NotTransferable
from integrations.figures import Figures
from integrations.flow import Plan, Row, Situation
from integrations.models import Link
from tests.engine.test_wider_flows import Split
from tests.engine.world import Things, World


def _differences(world: World) -> list[tuple[str, str, str]]:
    return [(d.source_key, d.target_key, d.cause) for d in reconcile(world.work()).differences]


def test_books_agree_after_everything_was_delivered(world: World) -> None:
    world.source.put("a", name="Ada")
    world.source.put("b", name="Bea")
    world.go()
    report = reconcile(world.work())
    assert (report.agree, report.source_records, report.agreeing) == (True, 2, 2)


def test_each_difference_has_its_cause(world: World) -> None:
    for key in "abcde":
        world.source.put(key, name=key)
    world.source.put("f", name="f", refuse=True)
    world.source.put("g", name="g", parent="p")
    world.go()
    world.target.records["1"]["name"] = "edited"
    del world.target.records["2"]
    world.source.put("c", "2", name="other")
    world.source.put("z", name="new")
    assert _differences(world) == [
        ("a", "1", "changed in right"),
        ("b", "2", "missing in right"),
        ("c", "3", "late"),
        ("f", "", "quarantined"),
        ("g", "", "waiting"),
        ("z", "", "late"),
    ]


def test_the_parts_of_a_record_are_compared_one_by_one(world: World) -> None:
    world.flows["things"] = Split()
    world.source.put("a", name="Ada", parts=["x", "y"])
    world.go()
    assert reconcile(world.work()).agree
    world.target.records["2"]["name"] = "edited"
    assert _differences(world) == [("a", "2", "changed in right")]


def test_a_read_model_agrees_if_it_holds_what_the_source_holds(world: World) -> None:
    class Kept(Things):
        keeps = "kept"

    world.flows["things"] = Kept()
    world.source.put("a", name="Ada")
    world.go()
    assert reconcile(world.work()).agree
    world.source.put("a", "2", name="Bea")
    assert _differences(world) == [("a", "", "late")]


def test_a_record_taken_over_as_it_was_agrees_without_any_write(world: World) -> None:
    class Matching(Things):
        match_before_create = True

        def plan(self, record: Row, situation: Situation) -> Plan:
            twins = [row["id"] for row in situation.candidates if row["name"] == record["name"]]
            return Plan(adopt=twins[0]) if twins else super().plan(record, situation)

    world.flows["things"] = Matching()
    world.target.records["9"] = {"id": "9", "marker": "", "name": "Ada"}
    world.source.put("a", name="Ada")
    world.go()
    link: Any = Link.objects.get()
    assert (world.states(), link.target_key, link.observed) == (["unchanged"], "9", {"name": "Ada"})
    assert reconcile(world.work()).agree


def test_a_row_that_was_only_touched_is_no_difference(world: World) -> None:
    world.source.put("a", name="Ada")
    world.source.put("b", name="Bea")
    world.go()
    world.source.put("a", "2", name="Ada", seen="by us")
    world.source.put("b", "2", name="Bob")
    assert _differences(world) == [("b", "2", "late")]
    world.target.records["1"]["name"] = "edited"
    assert _differences(world) == [("a", "1", "late"), ("b", "2", "late")]


def test_what_a_late_change_makes_untransferable_is_explained(world: World) -> None:
    class Picky(Things):
        def record(self, row: Row) -> Row:
            if row.get("odd"):
                raise NotTransferable("It is odd.", code="odd")
            return row

    world.flows["things"] = Picky()
    world.source.put("a", name="a", odd=True)
    world.go()
    world.source.put("a", "2", name="a", odd=True, more=True)
    report = reconcile(world.work())
    assert (report.agree, dict(report.explained)) == (True, {"odd": 1})


def test_what_waits_for_a_map_is_called_unmapped(world: World) -> None:
    world.source.put("a", name="a", code="K1")
    world.go()
    assert _differences(world) == [("a", "", "unmapped")]


class Priced(Things):
    """Things with a price on both sides."""

    def figures(self, record: Row) -> Figures:
        return Figures("2026-03-02", Decimal(record["price"]), "USD")

    def worth(self, row: Row) -> Decimal | None:
        return Decimal(row["price"])


def test_amounts_that_differ_by_rounding_are_explained_and_others_are_not(world: World) -> None:
    world.flows["things"] = Priced()
    for key, here, there in (("a", "100", "100"), ("b", "100", "99.5"), ("c", "100", "90")):
        world.source.put(key, name=key, price=here)
        world.go()
        world.target.records[str("abc".index(key) + 1)]["price"] = there
    report = reconcile(world.work())
    assert dict(report.explained) == {"rounding": 1}
    assert [(d.source_key, d.cause, d.detail) for d in report.differences] == [
        ("c", "amounts differ", "100 here is 90 there.")
    ]
