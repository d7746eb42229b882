"""Cost centers: each one of SAP stands on the business unit that it belongs to, so that both books speak alike.

Reads   cost centers from SAP with all their periods of validity (V4 API_COST_CENTER, by change; else V2
        API_COSTCENTER_SRV, as a whole). The key is controlling area and number.
Needs   value map "cost-center": number to business unit. A number without a row is a task for a person, with
        suggestions: business units whose account code or name is like the cost center's.
Writes  business units: external data only, merged. ServiceTitan's API can neither create nor rename a business unit
        (Settings V2 OpenAPI), so a new one is made there by people.

Several cost centers may belong to one business unit. So each has a key of its own in the external data,
"sap-cost-center-<controlling area>-<number>", and its name as the value: no cost center ever overwrites another.

When the map moves a cost center to another business unit, the key is taken off the old one first. A cost center that
is not valid today is not transferable; once it was transferred, its key is taken off the business unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.errors import Misconfigured, NotTransferable, Unmapped, map_key
from integrations.flow import Choices, Flow, Plan, Reader, Row, Situation, Want, Write, Writer, check_choices
from integrations.systems.sap.objects import COST_CENTERS
from integrations.systems.servicetitan.objects import BUSINESS_UNITS, COST_CENTER_KEY
from integrations.vocabulary.matching import Identity, match
from integrations.vocabulary.texts import one_line


@dataclass(frozen=True, slots=True)
class CostCenter:
    """A cost center as it is today. `name` is never empty."""

    controlling_area: str
    number: str
    name: str
    is_valid: bool

    @property
    def external_key(self) -> str:
        """Our key on the business unit."""
        return f"{COST_CENTER_KEY}-{self.controlling_area}-{self.number}"


def from_sap(row: Row) -> CostCenter:
    """A cost center in the period that holds today, or the next or last one."""
    return CostCenter(
        controlling_area=row["ControllingArea"],
        number=row["CostCenter"],
        name=one_line(row["CostCenterName"]) or one_line(row["CostCenterDescription"]) or row["CostCenter"],
        is_valid=row["is_valid"],
    )


def to_servicetitan(center: CostCenter, *, present: bool) -> dict[str, Any]:
    """The body of a business unit's PATCH that sets our key, or takes it off."""
    return {"externalData": {center.external_key: center.name if present else None}}


def observed(row: Row) -> dict[str, Any]:
    """All cost centers that stand on a business unit, by our key."""
    entries = row.get("externalData") or ()
    return {str(e["key"]): str(e["value"]) for e in entries if str(e.get("key")).startswith(f"{COST_CENTER_KEY}-")}


def suggestions(center: CostCenter, units: tuple[Row, ...]) -> tuple[str, ...]:
    """Business units whose account code is the cost center's number, then those of a similar name."""
    names = {str(unit["id"]): str(unit.get("name") or "") for unit in units}
    coded = [str(unit["id"]) for unit in units if unit.get("accountCode") == center.number]
    alike = match(Identity(center.name), ((key, Identity(name)) for key, name in names.items())).similar
    return tuple(f"{key}: {names[key]}" for key in dict.fromkeys([*coded, *alike]))


class CostCenters(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "cost-centers"
    title = "Cost centers from SAP to ServiceTitan's business units"
    service = "cost-center"
    source_system, target_system = "sap", "servicetitan"
    reader: Reader = COST_CENTERS
    writer: Writer = BUSINESS_UNITS
    needs: tuple[str, ...] = ()
    maps: tuple[str, ...] = ("cost-center",)
    map_kinds: Mapping[str, str] = {"cost-center": "business-unit"}
    options: Mapping[str, Any] = {"unmapped": "ask"}  # or "skip": most cost centers have nothing to do with field work
    choices: Choices = {"unmapped": ("ask", "skip")}
    match_before_create = True
    record = staticmethod(from_sap)
    observe = staticmethod(observed)

    def wants(self, record: CostCenter, options: Mapping[str, Any]) -> tuple[Want, ...]:
        return ()

    def plan(self, record: CostCenter, situation: Situation) -> Plan:
        """Sets the key on the mapped business unit, and takes it off where it no longer belongs."""
        check_choices(situation.options, self.choices)
        linked, there = situation.linked, observed(situation.current or {})
        carried = linked is not None and record.external_key in there
        if not record.is_valid:
            if linked is None or not carried:
                raise NotTransferable(f"Cost center {record.number} is not valid today.", code="not-valid")
            return Plan((self._write(record, linked.target_key, present=False),))
        unit = self._unit(record, situation)
        if linked is None:
            known = [observed(row) for row in situation.candidates if str(row["id"]) == unit]
            same = any(keys.get(record.external_key) == record.name for keys in known[-1:])
            return Plan(() if same else (self._write(record, unit, present=True),), adopt=unit)
        moved = linked.target_key != unit
        if moved and carried:
            move = self._write(record, linked.target_key, present=False), self._write(record, unit, present=True)
            return Plan(move, notes=(f"Moved from business unit {linked.target_key} to {unit}.",))
        if moved or there.get(record.external_key) != record.name:
            return Plan((self._write(record, unit, present=True),))
        return Plan()

    def _write(self, center: CostCenter, unit: str, *, present: bool) -> Write:
        body = to_servicetitan(center, present=present)
        return Write("patch", unit, body, dict(body["externalData"]))

    def _unit(self, center: CostCenter, situation: Situation) -> str:
        """The business unit of a cost center. Raises Unmapped with suggestions where nobody has said which."""
        unit = situation.lookups.mapped_or("cost-center", center.number, "")
        if not unit and situation.options["unmapped"] == "skip":
            raise NotTransferable(f"Cost center {center.number} has no business unit.", code="unmapped")
        if not unit:
            raise Unmapped(
                f"Cost center {center.number} {center.name} has no business unit yet.",
                needs=map_key("cost-center", center.number),
                suggestions=suggestions(center, tuple(situation.candidates)),
                code="unmapped-cost-center",
            )
        if situation.lookups.reference("business-unit", unit) is None:
            raise Misconfigured(f"Business unit {unit} does not exist in ServiceTitan.", code="unit-not-found")
        return unit

    def is_gone(self, row: Row) -> bool:
        """Never: external data can always be set again."""
        return False

    def lines(self, row: Row) -> dict[str, str]:
        return {}

    def label(self, record: CostCenter) -> str:
        return f"SAP cost center {record.number} {record.name}"


FLOW = CostCenters()
