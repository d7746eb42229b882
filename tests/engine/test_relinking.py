"""What people do to links: another target, taken apart, made anew. Nothing is doubled on the way."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.engine import link_by_hand, make_anew, unlink
from integrations.errors import Unknown
from integrations.flow import Bond, Plan, Row, Situation
from integrations.models import Link
from tests.engine.world import Things, World


def delivered(world: World) -> Link:
    world.source.put("a", name="Ada")
    world.go()
    link: Link = Link.objects.get()
    return link


def how(world: World) -> dict[str, Any]:
    return {"by": "person", "reason": "wrong company", "schedule": world.schedule, "now": world.clock()}


def test_a_record_that_was_unlinked_asks_a_person_and_makes_nothing(world: World) -> None:
    unlink(delivered(world), **how(world))
    world.deliver()
    newest = world.newest()
    assert (world.states(), newest.code) == (["delivered", "quarantined"], "unlinked")
    assert newest.reason == (
        "It was unlinked from 1 by person: wrong company. "
        "Link it to a record there, let it be made anew, or dismiss it."
    )
    assert len(world.target.records) == 1


def test_the_next_change_at_the_source_does_not_double_what_was_unlinked(world: World) -> None:
    unlink(delivered(world), **how(world))
    world.source.put("a", "2", name="Bea")
    world.go()
    assert (world.newest().code, world.newest().number, len(world.target.records)) == ("unlinked", 3, 1)


def test_unlinking_twice_is_unlinking_once(world: World) -> None:
    link = delivered(world)
    unlink(link, **how(world))
    again = unlink(link, **how(world))
    assert (again.target_key, [entry["target_key"] for entry in again.previous]) == ("", ["1"])
    assert world.states() == ["delivered", "pending"]


def test_a_record_that_is_to_be_made_anew_bears_another_mark(world: World) -> None:
    link = unlink(delivered(world), **how(world))
    make_anew(link, **how(world))
    make_anew(link, **how(world))
    world.deliver()
    marks = {record["marker"] for record in world.target.records.values()}
    link.refresh_from_db()
    assert (len(marks), link.target_key, link.generation) == (2, "2", 2)
    assert world.newest().state == "delivered"


def test_a_lost_answer_to_what_is_made_anew_does_not_find_the_record_that_was_let_go(world: World) -> None:
    make_anew(unlink(delivered(world), **how(world)), **how(world))
    world.target.faults = ["lose"]
    world.deliver()
    world.clock.advance(600)
    world.deliver()
    world.deliver()
    assert (Link.objects.get().target_key, len(world.target.records)) == ("2", 2)


def test_what_is_linked_cannot_be_made_anew(world: World) -> None:
    with pytest.raises(ValueError, match="a is linked to 1: unlink it first"):
        make_anew(delivered(world), **how(world))


def test_linking_an_unlinked_record_elsewhere_lets_it_go_on_there(world: World) -> None:
    unlink(delivered(world), **how(world))
    world.deliver()
    world.target.records["9"] = {"id": "9", "marker": "", "name": "Ada Ltd"}
    link_by_hand(world.sync(), "a", "9", **how(world))
    world.deliver()
    assert (world.states(), world.target.records["9"]["name"]) == (["delivered", "delivered"], "Ada")
    link = Link.objects.get()
    assert (link.origin, [entry["target_key"] for entry in link.previous]) == ("manual", ["1"])


def test_nothing_is_unlinked_while_a_write_is_unsettled(world: World) -> None:
    link = delivered(world)
    world.source.put("a", "2", name="Bea")
    world.target.faults = [Unknown("lost")]
    world.go()
    with pytest.raises(ValueError, match="A record that is checking cannot be linked otherwise by hand"):
        unlink(link, **how(world))


def test_what_others_wait_for_is_missing_again_once_it_was_unlinked(world: World) -> None:
    world.source.put("p", name="Parent")
    world.go("parents")
    unlink(Link.objects.get(), **how(world))
    world.source.rows.clear()
    world.source.put("a", name="Ada", parent="p")
    world.go()
    assert (world.newest().state, world.newest().needs) == ("waiting", "link:parents:p")


class Telling(Things):
    """Tells which record of "things" stands under 2 at the target."""

    name = "parents"

    def plan(self, record: Row, situation: Situation) -> Plan:
        return Plan(links=(Bond("things", "a", "2"),))


def test_a_mark_that_was_given_away_is_never_used_again_although_another_flow_made_the_link(world: World) -> None:
    link = unlink(delivered(world), **how(world))
    make_anew(link, **how(world))
    world.deliver()
    world.flows["parents"] = Telling()
    world.go("parents")
    link.refresh_from_db()
    assert (link.target_key, link.generation) == ("2", 2)
    world.target.records["2"]["gone"] = True
    world.source.put("a", "2", name="Bea")
    world.go()
    marks = [record["marker"] for record in world.target.records.values()]
    assert (len(marks), len(set(marks))) == (3, 3)
