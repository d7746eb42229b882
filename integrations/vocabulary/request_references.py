"""What a request in ServiceTitan refers to, in SAP's words: looked up, or the customer's maps read backwards.

Several codes of SAP may lead to one id of ServiceTitan; then a map of its own says which one is meant on the way back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.errors import Misconfigured, NeedsPerson, Unmapped, map_key, reference_key
from integrations.flow import SOURCE, Lookups


def backwards(own_map: str, other_map: str, key: str, lookups: Lookups, *, label: str = "") -> str:
    """The code for an id: what `own_map` says, else the one code that `other_map` leads to this id.

    Raises Unmapped where there is none, and where there are several.
    """
    said = lookups.mapped_or(own_map, key, "")
    codes = (said,) if said else lookups.codes_for(other_map, key)
    if len(codes) == 1:
        return codes[0]
    named = f"{key} ({label})" if label else key
    words = f"leads back to several codes of {other_map}" if codes else f"has no code in {other_map}"
    raise Unmapped(
        f"ServiceTitan's {own_map} {named} {words}: say which one to order with.",
        needs=map_key(own_map, key),
        suggestions=codes,
        code=f"unmapped-{own_map}",
    )


def purchasing_data(options: Mapping[str, Any]) -> dict[str, str]:
    """Company code, purchasing organisation, purchasing group and G/L account. Raises Misconfigured."""
    needed = ("company_code", "purchasing_organization", "purchasing_group")
    if missing := [name for name in needed if not options[name]]:
        raise Misconfigured(f"Nothing can be ordered in SAP: set {', '.join(missing)}.", code="no-purchasing-data")
    return {name: str(options[name]) for name in (*needed, "gl_account")}


def account_and_plant(unit: str, location: str, options: Mapping[str, Any], lookups: Lookups) -> tuple[str, str]:
    """Cost center and plant of a business unit and a location, or the defaults where a request has none of them."""
    center = backwards("business-unit", "cost-center", unit, lookups) if unit else options["default_cost_center"]
    plant = backwards("location", "plant", location, lookups) if location else options["default_plant"]
    if not center:
        raise Misconfigured("The request has no business unit: set default_cost_center.", code="no-account")
    if not plant:
        raise Misconfigured("The request has no location: set default_plant.", code="no-plant")
    return center, plant


def currency_of(unit: str, default: str, lookups: Lookups) -> str:
    """The currency in which a business unit keeps its books; requests carry none of their own."""
    row = lookups.reference(f"{SOURCE}business-unit", unit) if unit else None
    if unit and row is None:
        raise Misconfigured(f"Business unit {unit} does not exist in ServiceTitan.", code="unit-not-found")
    currency = str((row or {}).get("currency") or default)
    if not currency:
        raise Misconfigured("The request has no business unit with a currency: set currency.", code="no-currency")
    return currency


def job_number(job: str, lookups: Lookups) -> str:
    """The number of a job by its id, "" for none."""
    row = lookups.reference(f"{SOURCE}job-by-id", job) if job else None
    if job and row is None:
        words = f"Job {job} does not exist in ServiceTitan."
        raise NeedsPerson(words, code="job-not-found", needs=reference_key("job-by-id", job))
    return str((row or {}).get("jobNumber") or "")
