"""Cost centers in both directions: SAP's on business units, and a new business unit's in SAP."""

from __future__ import annotations

from collections import Counter
from typing import Any

from demo.chapter import Chapter, Scene, States
from demo.world import World

AREA, OPEN_END, KEY = "A000", "9999-12-31", "sap-cost-center-A000-"
UNMAPPED, ADDED, RENAMED = "10101113", "10101114", "10101101"
NEW_NAME = "HVAC Service West"


class CostCenters(Chapter):
    """One cost center has no business unit at first; one business unit has no cost center."""

    echoes = ("cost-centers-to-sap",)

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.units: dict[str, int] = {}  # business unit by cost center
        self.mapped: list[str] = []

    def bend(self) -> None:
        """SAP has a cost center that nobody has mapped yet."""
        self.mapped = sorted({row["CostCenter"] for row in self.world.sap.state()["CostCenter"]})
        self.world.generate(cost_centers=len(self.mapped) + 1)

    def states(self) -> States:
        """Towards SAP nothing is left to do: units are linked to what is there, or to what was made for them."""
        asked = "delivered" if self.world.answered else "quarantined"
        centers = {f"{AREA}/{number}": "delivered" for number in [*self.mapped, *({ADDED} & self.units.keys())]}
        to_sap = {str(unit["id"]): "unchanged" for unit in self.world.business_units()}
        return {"cost-centers": {**centers, f"{AREA}/{UNMAPPED}": asked}, "cost-centers-to-sap": to_sap}

    def claims(self, scene: Scene) -> None:
        """Each business unit bears the cost centers that are mapped to it, by their names in SAP."""
        wanted: dict[int, dict[str, str]] = {unit["id"]: {} for unit in self.world.business_units()}
        known = self.states()["cost-centers"]
        for row in self.periods():
            if known[f"{AREA}/{row['CostCenter']}"] == "delivered":
                wanted[self._unit(row["CostCenter"])][f"{KEY}{row['CostCenter']}"] = row["CostCenterName"]
        found = {row["id"]: _keys(row) for row in self.world.business_units()}
        scene.checks.equal("each business unit bears its cost center, and no other", found, wanted)

    def change(self, scene: Scene) -> Counter[str]:
        """A cost center gets another name in SAP; ServiceTitan gets a business unit that SAP does not know."""
        self.world.change("CostCenter", [AREA, RENAMED, OPEN_END], {"CostCenterName": NEW_NAME})
        self._enter_unit("Solar", ADDED)
        scene.books.save_value("cost-center", ADDED, str(self.units[ADDED]))
        return Counter({"servicetitan PATCH BusinessUnits_Update": 2, "sap POST API_COST_CENTER/A_CostCenter_2": 1})

    def changed(self, scene: Scene) -> None:
        """SAP has the new one, once."""
        names = [row["CostCenterName"] for row in self.periods() if row["CostCenter"] == ADDED]
        scene.checks.equal(f"SAP has cost center {ADDED} for the new business unit, once", names, ["Solar"])

    def answer(self, scene: Scene) -> None:
        """A person makes the business unit that was missing, and maps the cost center to it."""
        self._enter_unit("Drains", UNMAPPED)
        scene.books.save_value("cost-center", UNMAPPED, str(self.units[UNMAPPED]))

    def periods(self) -> list[dict[str, Any]]:
        """The periods of cost centers that hold today."""
        return [row for row in self.world.sap.state()["CostCenter"] if row["ValidityEndDate"] == OPEN_END]

    def _unit(self, number: str) -> int:
        coded = {row["accountCode"]: int(row["id"]) for row in self.world.business_units()}
        return self.units.get(number) or coded[number]

    def _enter_unit(self, name: str, code: str) -> None:
        like = self.world.business_units()[0]
        values = {key: value for key, value in like.items() if key not in ("id", "_hidden", "_external")}
        values |= {"name": name, "officialName": name, "accountCode": code}
        self.units[code] = int(self.world.enter("business-units", values)["id"])


def _keys(unit: dict[str, Any]) -> dict[str, str]:
    pairs = {key: value for entries in unit["_external"].values() for key, value in entries.items()}
    return {key: value for key, value in pairs.items() if key.startswith(KEY)}
