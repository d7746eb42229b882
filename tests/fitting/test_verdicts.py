"""From facts to findings to a verdict, without anybody being asked."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.fitting import Finding, compare
from integrations.fitting.needs import codes_of, needing
from integrations.fitting.on_access import on_access, on_changes
from integrations.fitting.on_records import Told, duration, first_load_seconds, on_currencies
from integrations.fitting.verdicts import judge


def finding(key: str = "k", **members: Any) -> Finding:
    given: dict[str, Any] = {"area": "maps", "title": key, "state": "attention", "fix": f"Fix {key}.", "who": "you"}
    return Finding(key=key, **{**given, "flows": ("vendors",), **members})


def test_without_anything_to_do_it_fits() -> None:
    assert judge([finding(state="works"), finding(state="info")]).verdict == "fits"


def test_what_needs_nobody_s_flow_is_no_step() -> None:
    assert judge([finding(flows=()), finding(fix="")]).verdict == "fits"


def test_steps_come_in_order_doors_first_then_what_holds_up_most() -> None:
    judged = judge(
        [
            finding("few", records=1),
            finding("many", records=9),
            finding("scope", area="servicetitan", state="missing"),
            finding("service", area="sap", state="missing"),
        ]
    )
    assert judged.verdict == "after-steps"
    assert [step["title"] for step in judged.steps] == ["service", "scope", "many", "few"]


def test_one_fix_is_one_step() -> None:
    judged = judge([finding("a", fix="Same."), finding("b", fix="Same.", flows=("cost-centers",))])
    (step,) = judged.steps
    assert (step["keys"], step["flows"], step["also"]) == (["a", "b"], ["vendors", "cost-centers"], ["b"])


def test_a_wall_outweighs_steps_and_says_why() -> None:
    judged = judge([finding("a"), finding("b", wall=True, fix="", detail="No way.")])
    assert (judged.verdict, judged.because) == ("does-not-fit", ("b: No way.",))
    assert [step["title"] for step in judged.steps] == ["a"]


def test_what_cannot_be_told_yet_is_said_so() -> None:
    judged = judge([finding("a"), finding("door", hides=True, detail="Closed.")])
    assert (judged.verdict, judged.because) == ("unknown", ("door: Closed.",))
    assert judged.steps[0]["title"] == "door"


def test_reports_are_compared_by_what_is_open() -> None:
    before = [finding("gone"), finding("stays"), finding("info", state="info")]
    found = compare([finding("stays"), finding("new"), finding("gone", state="works")], before)
    assert [[one.key for one in some] for some in (found.settled, found.new, found.still)] == [
        ["gone"],
        ["new"],
        ["stays"],
    ]


def test_a_finding_is_kept_and_read_as_it_was() -> None:
    one = finding(more=({"code": "1"},))
    assert Finding.of(one.as_json()) == one


def test_flows_need_their_services_scopes_and_reference_data() -> None:
    assert {"service:purchase-order", "scope:tn.inv.purchaseorders:w", "scope:tn.pb.materials:r"} <= codes_of(
        "purchase-orders"
    )
    assert "scope:tn.acc.apbills:w" not in codes_of("ap-bills")
    assert needing("service:business-partner", ["vendors", "purchase-orders"]) == ("vendors",)


def test_a_release_that_cannot_tell_changes_does_not_fit() -> None:
    way = {"service": "service:purchase-order", "title": "purchase orders", "offers": [], "is_found": False}
    facts = {"ways": [{**way, "lacks": ["LastChangeDateTime"], "follows": "its changes cannot be found"}]}
    (line,) = on_changes("sap", facts, ["vendors", "purchase-orders"])
    assert (line.wall, line.flows) == (True, ("purchase-orders",))
    assert judge([line]).verdict == "does-not-fit"


@pytest.mark.parametrize(
    ("code", "signed_in", "state", "hides"),
    [
        ("scope:tn.inv.vendors:r", True, "missing", False),
        ("not-found", True, "not-licensed", False),
        ("rejected", True, "not-licensed", False),
        ("unreachable", True, "unknown", True),
        ("unreachable", False, "missing", True),
        ("bad-credentials", False, "missing", True),
    ],
)
def test_each_refusal_is_told_apart(code: str, signed_in: bool, state: str, hides: bool) -> None:
    check = {"name": "Reading vendors", "ok": False, "detail": "", "fix": "Do.", "code": code}
    (line,) = on_access("servicetitan", {"checks": [check], "signed_in": signed_in}, ["vendors"])
    assert (line.state, line.hides, line.flows) == (state, hides, ("vendors",))


def told(**facts: Any) -> Told:
    given = {"total": 1000, "page": 50, "read": 10, "writes": 10, "outcomes": {"create": 10}}
    return Told("vendors", "Vendors", {**given, **facts}, 5, 10)


def test_a_first_load_lasts_as_long_as_its_pages_and_writes_take() -> None:
    assert first_load_seconds(told()) == 1000 / 50 / 5 + (1000 + 20) / 10
    assert first_load_seconds(told(writes=0)) == 4
    assert first_load_seconds(told(total=None)) is None


def test_durations_are_no_more_exact_than_they_can_be() -> None:
    assert [duration(seconds) for seconds in (5, 100, 7200, 10 * 86400)] == [
        "a minute",
        "2 minutes",
        "2 hours",
        "10 days",
    ]


def test_some_documents_in_a_strange_currency_are_told_and_no_wall() -> None:
    units = [{"currency": "USD"}, {"currency": ""}]
    (line,) = on_currencies(told(currencies={"USD": 8, "EUR": 2}), units)
    assert (line.state, line.wall, line.records) == ("info", False, 2)
    assert list(on_currencies(told(currencies={"USD": 8}), units)) == []
