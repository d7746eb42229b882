"""A postal address, read from SAP's address fields and written with ServiceTitan's members."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.flow import Row

# Where the house number stands before the street's name.
NUMBER_FIRST = {"AU", "CA", "FR", "GB", "IE", "IN", "NZ", "US", "ZA"}
MEMBERS = ("street", "unit", "city", "state", "zip", "country")


@dataclass(frozen=True, slots=True)
class Address:
    """`state` and `country` are codes as the source writes them ("IN", "US"). `name` is whose address it is."""

    street: str = ""
    unit: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    name: str = ""

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.street, self.city, self.zip) if part)

    def members(self) -> dict[str, str]:
        """ServiceTitan's AddressRequest: all six are required, an unknown one is an empty text."""
        return {member: getattr(self, member) for member in MEMBERS}


def address_from_sap(row: Row, *, name: str = "") -> Address:
    """An address of API_BUSINESS_PARTNER (A_BusinessPartnerAddress) or of a V4 purchase order item.

    Both use the same field names. A post-office box stands in for a missing street.
    """
    post_box = _text(row, "POBox") if not _text(row, "StreetName") else ""
    return Address(
        street=f"PO Box {post_box}" if post_box else _street(row),
        unit=" ".join(
            filter(None, (_text(row, name) for name in ("Building", "RoomNumber", "HouseNumberSupplementText")))
        ),
        city=_text(row, "CityName"),
        state=_text(row, "Region"),
        zip=(post_box and _text(row, "POBoxPostalCode")) or _text(row, "PostalCode"),
        country=_text(row, "Country"),
        name=name,
    )


def address_from_servicetitan(row: Row | None, *, name: str = "") -> Address:
    """ServiceTitan's AddressResponse: any member may be null."""
    return Address(**{member: _text(row or {}, member) for member in MEMBERS}, name=name)


def _street(row: Row) -> str:
    parts = [_text(row, "HouseNumber"), _text(row, "StreetName")]
    return " ".join(filter(None, parts if _text(row, "Country") in NUMBER_FIRST else reversed(parts)))


def _text(row: Row, name: str) -> str:
    return " ".join(str(row.get(name) or "").split())
