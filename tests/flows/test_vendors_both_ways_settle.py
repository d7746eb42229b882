"""Whatever people change on both sides, in whatever order our flows run: it settles, and then nothing is written."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.flows.vendors import FLOW as DOWN
from integrations.flows.vendors_to_sap import FLOW as UP
from integrations.vocabulary.sap_partners import partner_shares
from integrations.vocabulary.servicetitan_vendors import vendor_shares
from integrations.vocabulary.vendor_agreement import MEMBERS, same
from tests.flows.both_books import Books, new_sap, new_titan

STEPS, MOST = 1_000, 6
owners = st.fixed_dictionaries({member: st.sampled_from(["sap", "servicetitan"]) for member in MEMBERS})


def address(chance: Random) -> dict[str, str]:
    return {
        "street": f"{chance.randrange(1, 99)} Mill St", "unit": chance.choice(["", "B"]), "state": "NV",
        "city": chance.choice(["Reno", "Elko"]), "zip": f"895{chance.randrange(10, 99)}",
        "country": chance.choice(["US", "USA", ""]),
    }  # fmt: skip


def somebody_edits_servicetitan(books: Books, chance: Random) -> None:
    key = chance.choice(sorted(books.titan))
    row, member = books.titan[key], chance.choice(MEMBERS)
    if member in ("phone", "email"):
        row["contactInfo"][member] = chance.choice(["", word(member, int(key), chance)])
    else:
        new = {"name": word("name", int(key), chance), "active": chance.random() < 0.7, "address": address(chance)}
        row[member] = new[member]
    books.touched("titan", key)


def somebody_edits_sap(books: Books, chance: Random) -> None:
    key = chance.choice(sorted(books.sap))
    row, member = books.sap[key], chance.choice(MEMBERS)
    place = row["addresses"][0]
    if member == "name":
        row["OrganizationBPName1"] = word("name", int(key), chance)
    elif member == "active":
        row["supplier"]["PurchasingIsBlocked"] = chance.random() < 0.3
    elif member == "address":
        new = address(chance)
        place |= {"StreetName": new["street"], "HouseNumber": "", "CityName": new["city"], "PostalCode": new["zip"]}
    else:
        field = {"phone": "PhoneNumber", "email": "EmailAddress"}[member]
        entry = {field: word(member, int(key), chance), "Person": "", "OrdinalNumber": "1"}
        place[f"{member}s"] = [entry] if chance.random() < 0.8 else []
    books.touched("sap", key)


def word(member: str, number: int, chance: Random) -> str:
    """A value that no other vendor has; long names need several of SAP's lines."""
    some = chance.randrange(1, 99)
    if member == "phone":
        return f"({some:02}5) {number % 1000:03}-{number % 7}{some:03}"
    if member == "email":
        return f"Sales{some}@v{number}.example"
    return f"Valves {number} {some} " + " ".join(["Fittings"] * chance.randrange(8))


def somebody_adds(books: Books, chance: Random) -> None:
    number = len(books.titan) + len(books.sap) + 1
    if len(books.titan) + len(books.sap) >= 2 * MOST:
        return
    if chance.random() < 0.5:
        key = str(500 + len(books.titan))
        books.titan[key] = new_titan(int(key), name=word("name", 7_000 + number, chance), address=address(chance))
        books.touched("titan", key)
    else:
        place = {"StreetName": "Depot Rd", "CityName": "Elko", "PostalCode": "89801", "Region": "NV", "Country": "US"}
        body = {"BusinessPartnerCategory": "2", "OrganizationBPName1": word("name", 8_000 + number, chance)}
        roles = [{"BusinessPartnerRole": role} for role in ("FLVN00", "FLVN01")]
        row = new_sap(len(books.sap) + 1, {**body, "addresses": [place], "roles": roles})
        books.sap[row["BusinessPartner"]] = row
        books.touched("sap", row["BusinessPartner"])


def our_flows_go_on(books: Books, chance: Random) -> None:
    if chance.random() < 0.4 or not books.queue:
        books.poll(chance.choice([DOWN.name, UP.name]))
    if books.queue:
        books.step(*chance.choice(sorted(books.queue)))


def until_quiet(books: Books) -> None:
    for _ in range(200):
        for flow in (DOWN.name, UP.name):
            books.poll(flow)
        if not books.queue:
            return
        for one in sorted(books.queue):
            if one in books.queue:
                books.step(*one)
    pytest.fail("it never settles")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), owners=owners)
def test_vendors_changed_on_both_sides_for_a_thousand_steps_settle_and_stay_quiet(seed, owners):
    chance, books, edits = Random(seed), Books(owners), 0
    for _ in range(STEPS):
        if not (books.sap and books.titan) or chance.random() < 0.02:
            somebody_adds(books, chance)
        elif chance.random() < 0.4:
            edit = chance.choice([somebody_edits_sap, somebody_edits_servicetitan])
            edit(books, chance)
            edits += 1
        our_flows_go_on(books, chance)
    until_quiet(books)
    everyone_has_one_counterpart(books)
    assert books.writes <= edits + 4 * len(books.titan)
    before = books.writes
    for key in books.sap:
        books.touched("sap", key)
    for key in books.titan:
        books.touched("titan", key)
    until_quiet(books)
    assert books.writes == before


def everyone_has_one_counterpart(books: Books) -> None:
    """Links of both flows agree, nobody is there twice, and what both sides have filled is the same."""
    pairs = {key: link.target_key for (flow, key), link in books.links.items() if flow == UP.name and "#" not in key}
    back = {link.target_key: key for (flow, key), link in books.links.items() if flow == DOWN.name}
    assert len(set(pairs.values())) == len(pairs) == len(books.sap)
    for vendor, partner in pairs.items():
        assert back[vendor] == books.sap[partner]["Supplier"]
        ours, theirs = vendor_shares(books.titan[vendor], "US"), partner_shares(books.sap[partner])
        differ = [member for member in MEMBERS if not same(member, ours[member], theirs[member])]
        assert [member for member in differ if ours[member] not in ("",) and theirs[member] not in ("",)] == []
