"""What people do with business units in ServiceTitan, and what has to come of it in SAP."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from integrations.flows.cost_centers_to_sap import NAME_LENGTH
from tests.faults.campaign.world import Here

if TYPE_CHECKING:
    from tests.faults.campaign.history import History

MOST = 4
"""So many new business units and no more."""


def rename_unit(h: History, here: Here, chance: random.Random) -> str:
    row = chance.choice(here.titan("business-units"))
    name = f"Trade {chance.randrange(1000)}"
    here.edit("business-units", str(row["id"]), name=name)
    return f"business unit {row['id']} is called {name}"


def new_unit(h: History, here: Here, chance: random.Random) -> str:
    rows = here.titan("business-units")
    made = sum(str(row["accountCode"]).startswith("101099") for row in rows)
    if made >= MOST:
        return ""
    values: dict[str, Any] = {
        name: value for name, value in rows[0].items() if name not in ("id", "_hidden", "_external")
    }
    values |= {"name": f"Solar {chance.randrange(1000)}", "accountCode": f"101099{made + 1:02}"}
    row = here.control(here.servicetitan, "add", {"tenant": here.tenant, "kind": "business-units", "values": values})
    return f"business unit {row['id']} is made"


def problems(h: History, here: Here) -> list[str]:
    """Each business unit has one cost center of its number in SAP, called like it."""
    names: dict[str, list[str]] = {}
    for row in here.stored("CostCenter"):
        names.setdefault(row["CostCenter"], []).append(row["CostCenterName"])
    wanted = {row["accountCode"]: [str(row["name"])[:NAME_LENGTH].rstrip()] for row in here.titan("business-units")}
    found = [
        f"cost center {number} is called {names.get(number)}, not {name}"
        for number, name in wanted.items()
        if names.get(number) != name
    ]
    shared = Counter(number for number in names if number not in wanted)
    return found + [f"cost center {number} is of no business unit" for number in shared]
