"""Links of other flows that remember what was agreed on."""

from __future__ import annotations

import pytest

from integrations.engine.work import digest
from integrations.flow import Bond, Plan, Row, Situation
from integrations.models import Link
from tests.engine.world import Things, World


class Agreeing(Things):
    """Makes a link of another flow that remembers the name, or says nothing of what it remembers."""

    def plan(self, record: Row, situation: Situation) -> Plan:
        observed = None if record["name"] == "Unsaid" else {"name": record["name"]}
        return Plan(links=(Bond("others", "b", "9", observed=observed),))


@pytest.fixture
def agreeing(world: World) -> World:
    world.flows["things"] = Agreeing()
    return world


def test_a_link_made_by_a_plan_remembers_what_was_agreed_on_until_something_else_is(agreeing: World) -> None:
    for version, (name, remembered) in enumerate((("Ada", "Ada"), ("Bea", "Bea"), ("Unsaid", "Bea"))):
        agreeing.source.put("a", str(version), name=name)
        agreeing.go()
        link = Link.objects.get(flow="others", source_key="b")
        assert (link.target_key, link.observed) == ("9", {"name": remembered})
        assert link.digest == digest({"name": remembered})
        assert link.verified_at is not None
