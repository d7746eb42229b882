"""What a code may mean: suggestions, best first, never more than a few."""

from __future__ import annotations

from integrations.suggestions import Candidate, best

UNITS = [
    Candidate("11", "Plumbing West", ("10101101",)),
    Candidate("12", "Plumbing East", ("10101102",)),
    Candidate("13", "Accounting"),
]


def test_the_same_code_comes_first_whatever_the_names_say() -> None:
    first = best("10101102", "Plumbing West", UNITS)[0]
    assert (first.value, first.score, first.reason) == ("12", 1.0, "the same code")


def test_leading_zeros_and_case_make_no_other_code() -> None:
    assert best("00hv-1", "", [Candidate("1", "Pipe", ("HV-1",))])[0].score == 1.0


def test_a_code_within_a_name_is_nearly_as_good() -> None:
    (found,) = best("1710", "", [Candidate("40", "Warehouse 1710"), Candidate("41", "Warehouse 17100")])
    assert (found.value, found.score, str(found)) == ("40", 0.95, "40: Warehouse 1710 (the code is part of the name)")


def test_names_that_are_alike_follow_in_their_order() -> None:
    found = best("999", "West Plumbing", UNITS)
    assert [suggestion.value for suggestion in found] == ["11", "12"]
    assert found[0].score > found[1].score
    assert found[0].reason == "the names are alike"


def test_nothing_alike_is_no_suggestion() -> None:
    assert best("999", "Fleet", UNITS) == ()
    assert best("999", "", UNITS) == ()


def test_there_are_never_more_than_five() -> None:
    assert len(best("", "Plumbing", [Candidate(str(n), "Plumbing") for n in range(20)])) == 5


def test_the_code_that_our_own_external_data_holds_counts() -> None:
    vendor = Candidate.of("501", "ACME", {"externalData": [{"key": "sap-supplier", "value": "17300001"}]})
    assert best("17300001", "", [vendor])[0].value == "501"
