"""Vendors that both sides may change: what each says, what was agreed on last, and whose change travels.

Five members are shared: name, address, phone, email and active. Each is compared with the value that both sides had
when they last agreed. A change on one side travels to the other; where both changed, the owner's value wins and the
other one is told. What is empty on one side never empties the other. A value that both sides have is agreed on and
never travels back, whoever wrote it.

The agreement is kept beside the link of the flow `vendors-to-sap`, as the part "agreed" of the vendor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.errors import Awaiting, Misconfigured, Unmapped, map_key
from integrations.flow import Bond, Choices, Lookups, Row, Situation
from integrations.vocabulary.matching import CREATE, digits, same_phone

Shared = Mapping[str, Any]

SAP, SERVICETITAN = "sap", "servicetitan"
DOWN, UP = "vendors", "vendors-to-sap"
"""The flows that carry a vendor from SAP to ServiceTitan, and up to SAP."""

MEMBERS = ("name", "address", "phone", "email", "active")
OWNERS: Mapping[str, str] = {
    "name": SAP,
    "address": SAP,
    "phone": SERVICETITAN,
    "email": SERVICETITAN,
    "active": SAP,
}
OWNER_CHOICES: Choices = dict.fromkeys(MEMBERS, (SAP, SERVICETITAN))
"""What the option `owners` may say."""

_AGREED = "agreed"
_COUNTRIES = {"USA": "US", "UNITED STATES": "US", "UNITED STATES OF AMERICA": "US", "CANADA": "CA", "CAN": "CA"}


def owners_of(options: Mapping[str, Any]) -> Mapping[str, str]:
    """The owner of each member: the customer's choices over the defaults. Raises Misconfigured."""
    given = dict(options["owners"])
    for name, owner in given.items():
        if name not in MEMBERS or owner not in (SAP, SERVICETITAN):
            message = f"The option owners says {name}: {owner}. Choose sap or servicetitan for {', '.join(MEMBERS)}."
            raise Misconfigured(message, code="bad-option")
    return {**OWNERS, **given}


def shared(
    *, name: str, address: Mapping[str, str] | None, phone: str, email: str, active: bool, country: str = ""
) -> dict[str, Any]:
    """The shared members of a vendor as they are compared. An address that names no country has `country`."""
    return {
        "name": name,
        "address": _plain_address(address or {}, country),
        "phone": digits(phone),
        "email": email.lower(),
        "active": active,
    }


@dataclass(slots=True)
class Merged:
    """`forward`: members that travel from the source to the target now. `back`: members that have to travel the other
    way; the target's own changes do that by themselves, but what was never agreed on has nobody else. `agreed` is the
    agreement as far as it goes before any of it."""

    forward: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    agreed: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def merge(source: Shared, target: Shared, agreed: Shared, owners: Mapping[str, str], source_name: str) -> Merged:
    """Whose change of each member travels. `source_name` is "sap" or "servicetitan"."""
    merged = Merged(agreed=dict(agreed))
    for member in MEMBERS:
        _merge_member(merged, member, source[member], target[member], owners[member], source_name)
    return merged


def _merge_member(merged: Merged, member: str, ours: Any, theirs: Any, owner: str, source_name: str) -> None:
    if same(member, ours, theirs):
        merged.agreed[member] = ours
        return
    before, met = merged.agreed.get(member), member in merged.agreed
    changed_here = _filled(member, ours) and not (met and same(member, ours, before))
    changed_there = _filled(member, theirs) and not (met and same(member, theirs, before))
    wins = changed_here and (not changed_there or owner == source_name)
    if changed_here and changed_there:
        merged.notes.append(_conflict(member, ours, theirs, owner, source_name))
    if wins:
        merged.forward.append(member)
    elif changed_there and not met:
        merged.back.append(member)


def same(member: str, one: Any, other: Any) -> bool:
    """Whether two values of a member mean the same: with or without a country code or a country."""
    if member == "phone":
        return bool(one == other or same_phone(one, other))
    if member == "address" and not (one["country"] and other["country"]):
        return bool({**one, "country": ""} == {**other, "country": ""})
    return bool(one == other)


def agreement(lookups: Lookups, vendor: str) -> Shared:
    """What was agreed on last about a vendor of ServiceTitan; {} if it was never compared."""
    part = lookups.known(UP, vendor).parts.get(_AGREED)
    return part.observed if part else {}


def bonds(
    vendor: str, supplier: str, partner: str, *, there: Mapping[str, Row], agreed: Shared
) -> tuple[Bond, Bond, Bond]:
    """The links of both flows, as they are once there is nothing left to write. `there`: what each flow observes."""
    return (
        Bond(DOWN, supplier, vendor, observed=there[DOWN]),
        Bond(UP, vendor, partner, observed=there[UP]),
        Bond(UP, f"{vendor}#{_AGREED}", f"{partner}#{_AGREED}", observed=agreed),
    )


def made_of(partner: Row, situation: Situation) -> str:
    """The vendor of which `vendors-to-sap` made this supplier, "" for none: the partner bears its mark.

    Raises Awaiting where ServiceTitan does not show that vendor.
    """
    mark = str(partner.get("BusinessPartnerIDByExtSystem") or "").upper()
    vendor = situation.lookups.sender(UP, mark) if mark else ""
    if vendor and all(str(row["id"]) != vendor for row in situation.candidates):
        raise Awaiting(f"Waits until vendor {vendor}, of which it was made, is shown.", seconds=60, code="not-visible")
    return vendor


def check_free(supplier: str, vendor: str, lookups: Lookups) -> None:
    """Raises Unmapped where another vendor is linked to that supplier: only one can be."""
    link = lookups.known(DOWN, supplier).parts.get("")
    if link and link.target_key != vendor:
        message = f"It is the same company as supplier {supplier}, which is vendor {link.target_key}: say {CREATE}."
        raise Unmapped(message, needs=map_key("supplier", vendor), code="claimed")


def _plain_address(address: Mapping[str, str], country: str) -> dict[str, str]:
    plain = {member: address.get(member, "") for member in ("street", "unit", "city", "state", "zip", "country")}
    named = (plain["country"] or (country if _filled("address", plain) else "")).upper()
    return plain | {"state": plain["state"].upper(), "country": _COUNTRIES.get(named, named)}


def _filled(member: str, value: Any) -> bool:
    if member == "address":
        return any(value[part] for part in ("street", "city", "zip"))
    return value is not None and value != ""


def _conflict(member: str, ours: Any, theirs: Any, owner: str, source_name: str) -> str:
    values = {source_name: ours, SERVICETITAN if source_name == SAP else SAP: theirs}
    said = {name: _shown(value) for name, value in values.items()}
    return (
        f"Changed on both sides: {member} is {said[SAP]} in SAP and {said[SERVICETITAN]} in ServiceTitan. "
        f"{'SAP' if owner == SAP else 'ServiceTitan'} owns it, its value is kept."
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "active" if value else "inactive"
    text = ", ".join(part for part in value.values() if part) if isinstance(value, Mapping) else str(value)
    return f'"{text}"'
