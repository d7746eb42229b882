"""The small words of the flows: names, units, shares, texts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from integrations.errors import Misconfigured, NeedsPerson, Rejected
from integrations.vocabulary.matching import Identity, match, plain_name, same_phone, same_zip
from integrations.vocabulary.money import Price, currency_decimals, decimal, line_cost, measure, plain
from integrations.vocabulary.shares import agreed, named, sentences
from integrations.vocabulary.texts import conversion, described, line_number, readable


@pytest.mark.parametrize(
    ("name", "normalised"),
    [
        ("ACME Pipe & Supply, Inc.", "acme pipe and supply"),
        ("Müller GmbH & Co. KG", "muller and"),
        ("The Home Depot", "home depot"),
        ("O'Brien Plumbing", "obrien plumbing"),
        ("The Co", "the co"),
    ],
)
def test_a_name_is_compared_without_case_accents_and_legal_form(name, normalised):
    assert plain_name(name) == normalised


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Identity("ACME Pipe", "47305"), Identity("Acme Pipe, LLC", "47305-2757")),
        (Identity("ACME Pipe", "", "+1 999 856 4321"), Identity("Acme Pipe", "", "(999) 856-4321")),
    ],
)
def test_same_name_and_same_zip_or_phone_is_exact(one, other):
    assert match(one, [("1", other)]).exact == ("1",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Identity("ACME Pipe"), Identity("ACME Pipe")),
        (Identity("Ferguson Plumbing"), Identity("Fergusson Plumbing")),
        (Identity("ACME", "47305"), Identity("ACME Pipe", "47305")),
        (Identity("Something", "", "9998564321"), Identity("Else", "", "999-856-4321")),
    ],
)
def test_alike_is_a_suggestion_only(one, other):
    found = match(one, [("1", other)])
    assert (found.exact, found.similar) == ((), ("1",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Identity("Domestic Supplier 10"), Identity("Domestic Supplier 11")),
        (Identity("ACME Pipe", "47305"), Identity("Zenith Steel", "47305")),
        (Identity("ACME Pipe"), Identity("ACME Pipe and Valve Works of Northern Indiana")),
    ],
)
def test_different_companies_are_no_match(one, other):
    found = match(one, [("1", other)])
    assert (found.exact, found.similar) == ((), ())


def test_an_empty_zip_or_a_short_phone_matches_nothing():
    assert not same_zip("", "")
    assert not same_phone("123", "123")


@pytest.mark.parametrize(
    ("text", "quantity", "converted"),
    [
        ("EA", "3", "3"),
        ("EA*12", "3", "36"),
        ("FT*1/12", "6", "0.5"),
        ("EA * 2.5", "4", "10"),
        ("FT*1/3", "1", "0.333333"),
    ],
)
def test_a_unit_of_a_value_map_may_have_a_factor(text, quantity, converted):
    assert plain(measure(text).convert(Decimal(quantity))) == converted


@pytest.mark.parametrize("text", ["", "*12", "EA*", "EA*0", "EA*1/0", "EA*x", "EA*12*2"])
def test_a_malformed_unit_is_told(text):
    with pytest.raises(Misconfigured) as caught:
        measure(text)
    assert caught.value.code == "bad-unit"


@pytest.mark.parametrize(
    ("amount", "quantity", "cost", "remainder"),
    [
        ("120", "3", "40.00", "0"),
        ("100", "3", "33.3333", "0.0001"),
        ("12.5", "1000", "0.0125", "0"),
        ("0", "5", "0", "0"),
    ],
)
def test_a_cost_has_the_fewest_decimals_that_are_exact(amount, quantity, cost, remainder):
    found = line_cost(Decimal(amount), Decimal(quantity), decimals=4)
    assert (found.cost, found.remainder) == (Decimal(cost), Decimal(remainder))


def test_net_amounts_are_whole_smallest_units_of_the_currency():
    price = Price(amount=Decimal("0.335"))
    assert price.net_amount(Decimal(1), "USD") == Decimal("0.34")
    assert price.net_amount(Decimal(10), "JPY") == Decimal(3)
    assert price.net_amount(Decimal(1), "KWD") == Decimal("0.335")
    assert currency_decimals("EUR") == 2


def test_an_unstated_price_unit_is_one():
    assert Price(amount=Decimal(5), per=Decimal(0), numerator=Decimal(0)).net_amount(Decimal(2), "USD") == 10


@pytest.mark.parametrize(
    ("value", "text"), [("1E+3", "1000"), ("0.100", "0.1"), ("-0.00", "0"), ("1511.63", "1511.63")]
)
def test_decimals_are_written_plainly(value, text):
    assert plain(Decimal(value)) == text


def test_an_amount_that_is_none_is_refused():
    assert decimal(None) == decimal("") == 0
    with pytest.raises(Rejected, match="not an amount"):
        decimal("NaN")


def test_of_equal_shares_the_first_wins():
    assert agreed("plant", [("a", Decimal(1)), ("b", Decimal(1))], "dominant") == "a"
    assert agreed("plant", [], "refuse") is None
    with pytest.raises(NeedsPerson):
        agreed("plant", [("a", Decimal(1)), ("b", Decimal(1))], "refuse")


def test_shares_are_told_in_words_and_many_are_cut():
    assert named({"a": Decimal(0), "b": Decimal(0)}) == "a, b"
    many = {str(number): Decimal(1) for number in range(12)}
    assert named(many).endswith("9 8.3 % (1), and 2 more")
    assert sentences(Cost_centers=[("a", Decimal(1)), ("a", Decimal(2))]) == []


@pytest.mark.parametrize("factor", ["12", "1/12", "5/2", "1"])
def test_a_conversion_is_read_back_from_a_description(factor):
    text = described("10", "Pipe (1/2 in)", measure("EA*2.5" if factor == "5/2" else f"EA*{factor}").told("BX"))
    assert conversion(text) == Fraction(factor)
    assert conversion("10 | Pipe (1/2 in)") == 1


def test_a_line_number_is_read_back_from_a_description():
    text = described("10", "Elbow <90 &  tee")
    assert text == "10 | Elbow &lt;90 &amp; tee"
    assert readable(text) == "10 | Elbow <90 & tee"
    assert (line_number(text), line_number("00020|x"), line_number("pipe 10 | x")) == ("10", "20", "")
