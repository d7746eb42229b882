"""Who a business partner of SAP is and how to reach it (API_BUSINESS_PARTNER rows)."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.flow import Row


def partner_name(row: Row) -> str:
    """The name of an organisation (four fields of 40 characters), or of a person; "" where SAP has none."""
    organisation = [f"OrganizationBPName{part}" for part in (1, 2, 3, 4)]
    for fields in (organisation, ["FirstName", "LastName"], ["BusinessPartnerFullName"]):
        if name := " ".join(" ".join(text(row, field) for field in fields).split()):
            return name
    return ""


def address_row(rows: Sequence[Row]) -> Row | None:
    """The standard address (usage XXDEFAULT); without one, the address valid longest, best with a street."""

    def rank(row: Row) -> tuple[bool, str, bool]:
        standard = any(usage["AddressUsage"] == "XXDEFAULT" for usage in row.get("usages") or ())
        return standard, str(row.get("ValidityEndDate") or "9999-12-31")[:10], bool(row.get("StreetName"))

    return max(sorted(rows, key=lambda row: str(row["AddressID"])), key=rank, default=None)


def contact_from_sap(row: Row) -> dict[str, str]:
    """Telephone, e-mail and fax of an address, "" where there is none; a fixed line goes before a mobile."""
    phone = default_entry(row.get("phones")) or default_entry(row.get("mobiles"))
    return {
        "phone": " x".join(filter(None, (text(phone, "PhoneNumber"), text(phone, "PhoneNumberExtension")))),
        "email": text(default_entry(row.get("emails")), "EmailAddress"),
        "fax": text(default_entry(row.get("faxes")), "FaxNumber"),
    }


def why_blocked(row: Row) -> str:
    """Why nothing may be bought from a supplier, "" if it may: blocks of purchasing and deletion, not of payment."""
    supplier = row["supplier"]
    organisations = supplier["purchasing_organizations"]
    closed = [o for o in organisations if o.get("PurchasingIsBlockedForSupplier") or o.get("DeletionIndicator")]
    reasons = {
        "deleted": supplier.get("DeletionIndicator"),
        "blocked for purchasing": supplier.get("PurchasingIsBlocked"),
        "blocked centrally": row.get("BusinessPartnerIsBlocked"),
        "marked for archiving": row.get("IsMarkedForArchiving"),
        "blocked in every purchasing organisation": organisations and len(closed) == len(organisations),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def default_entry(entries: Sequence[Row] | None) -> Row:
    """The entry that is marked as the default one (IsDefaultPhoneNumber, ...), else the first."""
    marked = [e for e in entries or () if any(e[name] is True for name in e if name.startswith("IsDefault"))]
    return next(iter(marked or entries or ()), {})


def text(row: Row, name: str) -> str:
    """A field with its white space collapsed, "" where the row has none."""
    return " ".join(str(row.get(name) or "").split())
