"""Cost centers to SAP: a business unit of ServiceTitan has its cost center, and may lend it its name. Opt-in.

Reads   business units from ServiceTitan's export feed. The key is the business unit's id.
Needs   value map "cost-center", read backwards: the one number that is mapped to the business unit. Without one, the
        business unit's own account code is the number.
Writes  cost centers in SAP, in the customer's controlling area: a first period of validity, or the name of the period
        that holds today. Only the V4 service (API_COST_CENTER, scenario SAP_COM_0943) takes writes; with the V2 service
        alone each such write is a task that says so.

A cost center that SAP has already is only linked. One that it does not have is a task, is passed over, or is created
with the customer's defaults (`on_new`). A business unit that stands for several cost centers changes none of them.

Names are SAP's own, or those of ServiceTitan (`names`), cut to 20 characters as SAP does. Whoever is not the owner is
not asked: a name changed there is changed back with the next change of the business unit.

A business unit that is not active any more ends no cost center: periods of validity are for controllers to end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.errors import Misconfigured, NeedsPerson, NotTransferable
from integrations.flow import Choices, Flow, Plan, Reader, Row, Situation, Want, Write, Writer, check_choices
from integrations.systems.sap.writers import COST_CENTERS
from integrations.systems.servicetitan.objects import READ_BUSINESS_UNITS
from integrations.vocabulary.texts import one_line

NAME_LENGTH, DESCRIPTION_LENGTH, NUMBER_LENGTH = 20, 40, 10
OPEN_END = "9999-12-31"
DEFAULTS = {
    "company_code": "CompanyCode",
    "category": "CostCenterCategory",
    "responsible": "CostCtrResponsiblePersonName",
    "hierarchy_area": "CostCenterStandardHierArea",
}


@dataclass(frozen=True, slots=True)
class BusinessUnit:
    """A business unit. `code` is its account code, which may be empty."""

    id: str
    name: str
    code: str
    currency: str
    is_active: bool
    created_on: str


def from_servicetitan(row: Row) -> BusinessUnit:
    """A business unit of the export feed."""
    return BusinessUnit(
        id=str(row["id"]),
        name=one_line(row.get("name")),
        code=one_line(row.get("accountCode")),
        currency=row.get("currency") or "",
        is_active=row.get("active") is not False,
        created_on=str(row.get("createdOn") or "")[:10],
    )


def to_sap(unit: BusinessUnit, number: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The first period of a new cost center (action CreateValidityPeriod). Raises Misconfigured without defaults."""
    missing = [name for name in DEFAULTS if not options[name]]
    if missing:
        raise Misconfigured(f"A new cost center needs the options {', '.join(missing)}.", code="defaults-missing")
    return {
        "ControllingArea": options["controlling_area"],
        "CostCenter": number,
        "ValidityStartDate": options["valid_from"] or unit.created_on,
        "ValidityEndDate": OPEN_END,
        "CostCenterName": unit.name[:NAME_LENGTH].rstrip(),
        "CostCenterDescription": unit.name[:DESCRIPTION_LENGTH].rstrip(),
        **{field: options[name] for name, field in DEFAULTS.items()},
        **({"CostCenterCurrency": unit.currency} if unit.currency else {}),
    }


def observed(row: Row) -> dict[str, Any]:
    """What this flow may change of a cost center."""
    return {"CostCenterName": one_line(row.get("CostCenterName"))}


class CostCentersToSap(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "cost-centers-to-sap"
    title = "Business units of ServiceTitan to SAP's cost centers"
    service = "tn.stt.businessunits"
    source_system, target_system = "servicetitan", "sap"
    reader: Reader = READ_BUSINESS_UNITS
    writer: Writer = COST_CENTERS
    needs: tuple[str, ...] = ()
    maps: tuple[str, ...] = ("cost-center",)
    options: Mapping[str, Any] = {
        "controlling_area": "",
        "names": "sap",  # or "servicetitan": the cost center is called like the business unit
        "on_new": "ask",  # or "skip", or "create" with the defaults below
        "company_code": "",
        "category": "",
        "responsible": "",
        "hierarchy_area": "",
        "valid_from": "",  # YYYY-MM-DD; "": the day on which the business unit was made
    }
    choices: Choices = {"names": ("sap", "servicetitan"), "on_new": ("ask", "skip", "create")}
    record = staticmethod(from_servicetitan)
    observe = staticmethod(observed)

    def wants(self, record: BusinessUnit, options: Mapping[str, Any]) -> tuple[Want, ...]:
        return ()

    def plan(self, record: BusinessUnit, situation: Situation) -> Plan:
        """Links the cost center that SAP has, renames it where ServiceTitan owns the name, or creates one."""
        options = situation.options
        check_choices(options, self.choices)
        if not options["controlling_area"]:
            raise Misconfigured("Set the option controlling_area.", code="defaults-missing")
        number = self._number(record, situation)
        key = f"{options['controlling_area']}/{number}"
        if situation.linked and situation.linked.target_key != key:
            words = f"It belongs to cost center {situation.linked.target_key}, but {number} is mapped to it now."
            raise NeedsPerson(words, code="mapped-elsewhere")
        row = situation.current or situation.lookups.reference("cost-center", number, fresh=True)
        if row is None:
            return self._create(record, number, situation)
        return Plan(self._rename(record, key, row, options), adopt="" if situation.linked else key)

    def _number(self, unit: BusinessUnit, situation: Situation) -> str:
        codes = situation.lookups.codes_for("cost-center", unit.id)
        if len(codes) > 1:
            raise NotTransferable(f"It stands for {len(codes)} cost centers, which keep their names.", code="several")
        number = codes[0] if codes else unit.code
        if not number:
            raise NotTransferable("No cost center is mapped to it, and it has no account code.", code="no-number")
        if len(number) > NUMBER_LENGTH or not number.isalnum():
            raise NotTransferable(f'"{number}" cannot be the number of a cost center.', code="no-number")
        return number

    def _create(self, unit: BusinessUnit, number: str, situation: Situation) -> Plan:
        if not unit.is_active or situation.options["on_new"] == "skip":
            raise NotTransferable(f"SAP has no cost center {number}.", code="no-cost-center")
        if situation.options["on_new"] == "ask":
            raise NeedsPerson(f"SAP has no cost center {number} for {unit.name}.", code="no-cost-center")
        body = to_sap(unit, number, situation.options)
        key = f"{body['ControllingArea']}/{number}"
        return Plan((Write("create", "", body, observed(body), marker=key),))

    def _rename(self, unit: BusinessUnit, key: str, row: Row, options: Mapping[str, Any]) -> tuple[Write, ...]:
        ours = {"CostCenterName": unit.name[:NAME_LENGTH].rstrip()}
        if options["names"] == "sap" or not unit.is_active or observed(row) == ours:
            return ()
        return (Write("patch", key, {"ValidityEndDate": row["ValidityEndDate"], **ours}, ours),)

    def is_gone(self, row: Row) -> bool:
        """Never: a cost center that has ended can get a further period."""
        return False

    def lines(self, row: Row) -> dict[str, str]:
        return {}

    def label(self, record: BusinessUnit) -> str:
        return f"Business unit {record.name}"


FLOW = CostCentersToSap()
