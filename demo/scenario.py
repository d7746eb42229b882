"""The scenario: a first round, an idle one, people at work in SAP, a lost answer, a replay, and a person's answers."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from demo.books import COUNTS, Books, utc_now
from demo.checks import Checks, table
from demo.installation import Installation, wait_for
from demo.target import Target, total
from demo.world import SPARE_SKU, UNMAPPED_MATERIAL, Expected, World, net_amount

ROUND_SECONDS = 90.0
FLOWS = ("vendors", "purchase-orders")


class Scenario:
    """Plays the scenario on a running installation and collects what holds and what does not."""

    def __init__(self, installation: Installation, books: Books, world: World) -> None:
        self.installation, self.books, self.world = installation, books, world
        self.target = Target(installation.servicetitan)
        self.checks = Checks()

    def play(self, began_at: datetime) -> int:
        """All acts in order; returns the exit code."""
        self.first_round(began_at)
        self.idle_round()
        self.people_at_work()
        self.replay()
        self.person_answers()
        self.both_books()
        return self.checks.verdict()

    def first_round(self, began_at: datetime) -> None:
        """The schedule polls and delivers everything that SAP holds."""
        self.wait_until_quiet(began_at, "the first round")
        title("First round: what the schedule moved")
        standings = self.books.standings()
        rows: list[tuple[str | int, ...]] = [(flow, *(standings[flow][name] for name in COUNTS)) for flow in FLOWS]
        print(table(("flow", *(name.replace("_", " ") for name in COUNTS)), rows))
        title("One example of each unhappy kind, in the ledger's own words")
        for flow, state, key, label, reason in self.books.examples():
            print(f"  {flow}, {state.replace('_', ' ')}: {label or key}\n      {reason}")
        title("Is that as it should be?")
        expected = self.world.expected()
        self.states(expected)
        for flow in FLOWS:
            read = len(self.world.suppliers if flow == "vendors" else self.world.orders)
            wanted = {"read": read, "written": expected.count(flow, "delivered"), "unchanged": 0}
            wanted |= {name: expected.count(flow, name) for name in COUNTS[3:]}
            self.checks.equal(f"{flow}: the counts are exact", {k: standings[flow][k] for k in COUNTS}, wanted)
        self.both_sides(expected)

    def idle_round(self) -> None:
        """A further poll of each flow finds nothing to do."""
        mark, standings = self.installation.servicetitan.mark(), self.books.standings()
        self.books.poll_now()
        self.wait_until_quiet(utc_now(), "the second round")
        title("Second round: the same data")
        self.checks.equal("no write reached ServiceTitan", self.target.writes_since(mark), [])
        self.checks.equal(
            "no count but that of rows read has changed", unhappy(self.books.standings()), unhappy(standings)
        )

    def people_at_work(self) -> None:
        """A change, a cancellation, a blocked vendor and a new order whose answer is lost, all at once."""
        world, servicetitan = self.world, self.installation.servicetitan
        changed, canceled = world.sound[0], world.sound[1]
        began_at, mark = utc_now(), servicetitan.mark()
        servicetitan.fault(kind="lose_answer", method="POST", path="/purchase-orders$", times=1)
        world.double_first_quantity(changed)
        world.change("PurchaseOrder", canceled, {"PurchaseOrderDeletionCode": "L"})
        world.block_supplier(world.to_block)
        new = world.add_order()
        self.wait_until_quiet(began_at, "what people changed in SAP")
        self.target.read_again()
        title("People at work in SAP, and an answer that is lost")
        self.changed_order(changed)
        self.checks.equal(f"order {canceled}, deleted in SAP, is canceled", self.status(canceled), "Canceled")
        vendor = self.target.vendor_for(world.to_block)
        self.checks.equal(f"supplier {world.to_block}, blocked in SAP, is inactive", vendor["active"], False)
        self.lost_answer(new)
        writes = self.target.writes_since(mark)
        self.checks.equal("that took four writes, one for each", len(writes), 4)
        self.both_sides(world.expected(), canceled={canceled})

    def changed_order(self, number: str) -> None:
        """The order whose first item was doubled."""
        order, row = self.world.orders[number], self.target.order_for(number)
        print(f"        order {number} was changed in SAP; it costs {total(row):,.2f} now")
        self.checks.equal(f"order {number} costs what it costs in SAP", amounts_agree(row, order), True)

    def lost_answer(self, number: str) -> None:
        """The order that ServiceTitan created while its answer was lost."""
        for kind, outcome, resolution in self.books.attempts(number):
            print(f"        {number}: {kind} - {outcome}{f', resolved: {resolution}' if resolution else ''}")
        unknown = self.books.unknown_writes()
        self.checks.equal("one answer was lost, and found by looking", unknown, [(number, "found")])
        lost = [rule["hits"] for rule in self.installation.servicetitan.faults() if rule["kind"] == "lose_answer"]
        self.checks.equal("the simulator lost one answer", lost, [1])
        self.checks.equal(f"order {number} exists once", self.target.orders_by_number()[number], 1)

    def replay(self) -> None:
        """A delivered order is sent through the ledger again, three times."""
        number, began_at, mark = self.world.sound[2], utc_now(), self.installation.servicetitan.mark()
        for _ in range(3):
            self.manage("replay", "purchase-orders", number)
        self.books.poll_now()
        self.wait_until_quiet(began_at, "the replay")
        title(f"Order {number} replayed, three times")
        self.checks.equal("nothing was written again", self.target.writes_since(mark), [])
        state = self.books.states("purchase-orders")[number]
        self.checks.equal("its newest version says so", state, "unchanged")
        self.world.replayed.add(number)

    def person_answers(self) -> None:
        """A person answers what was asked: the records go on, and wake those that waited for them."""
        world, servicetitan = self.world, self.installation.servicetitan
        began_at = utc_now()
        self.books.save_value("vendor", world.looks_alike, "create")
        self.books.save_value("material", UNMAPPED_MATERIAL, SPARE_SKU)
        servicetitan.call("DELETE", "faults")
        self.manage("replay", "purchase-orders", world.refused)
        world.answered = True
        self.books.poll_now()
        self.wait_until_quiet(began_at, "what a person answered")
        title(
            "A person answers: that vendor is another company, the material is mapped, the refused order is sent again"
        )
        self.states(world.expected())
        self.both_sides(world.expected(), canceled={world.sound[1]})

    def both_books(self) -> None:
        """The product's own comparison of both systems names what still waits, and nothing else."""
        title("manage.py reconcile: what differs between both books now")
        answer = json.loads(self.manage("reconcile"))
        found = {row["source_key"]: row["cause"] for flow in answer["flows"] for row in flow["differences"]}
        expected = self.world.expected()
        for number, cause in found.items():
            print(f"  order {number}: {cause}; its supplier {self.world.orders[number]['Supplier']} is blocked in SAP")
        open_ones = {key: state for key, state in expected.orders.items() if state in ("waiting", "quarantined")}
        self.checks.equal("it names exactly the orders of the blocked supplier", found, open_ones)

    def manage(self, command: str, *arguments: str) -> str:
        """Runs a management command for the demo customer; returns what it says on standard output."""
        from django.core.management import call_command

        said = io.StringIO()
        with suppress(SystemExit):  # the exit code of `reconcile` says whether the books agree
            call_command(command, self.books.customer, *arguments, stdout=said, stderr=io.StringIO())
        return said.getvalue()

    def states(self, expected: Expected) -> None:
        """Every record is in the state that it has to be in."""
        for flow, wanted in (("vendors", expected.vendors), ("purchase-orders", expected.orders)):
            found = self.books.states(flow)
            wrong = {key: (found.get(key), state) for key, state in wanted.items() if found.get(key) != state}
            self.checks.equal(f"{flow}: each of {len(wanted)} records is in its state (found, wanted)", wrong, {})

    def both_sides(self, expected: Expected, canceled: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        """What the two systems hold, read on their own control sides: nothing missing, nothing doubled."""
        self.target.read_again()
        vendors = dict.fromkeys(expected.there("vendors"), 1)
        self.checks.equal("each vendor exists exactly once", dict(self.target.vendors_by_supplier()), vendors)
        orders = dict.fromkeys(expected.there("purchase-orders") - canceled, 1)
        self.checks.equal("each order exists exactly once", dict(self.target.orders_by_number()), orders)
        wrong = [number for number in orders if not self.order_agrees(number)]
        self.checks.equal("each order has its vendor, its lines and its amount", wrong, [])
        doubled = self.installation.servicetitan.call("GET", "duplicates")["1001"]
        self.checks.equal("the simulator finds no duplicates", doubled["vendors"] + doubled["purchase_orders"], [])

    def order_agrees(self, number: str) -> bool:
        """Whether an order of ServiceTitan is what SAP says."""
        order, row = self.world.orders[number], self.target.order_for(number)
        vendor = self.target.supplier_of(row["vendorId"])
        return vendor == order["Supplier"] and len(row["items"]) == lines(order) and amounts_agree(row, order)

    def status(self, number: str) -> str:
        """The status of the newest order for an SAP number."""
        return str(self.target.order_for(number)["status"])

    def wait_until_quiet(self, since: datetime, what: str) -> None:
        """Returns once every sync was polled after `since` and nothing is on its way."""

        def quiet() -> bool:
            self.installation.fail_if_something_ended()
            return self.books.is_quiet(since)

        wait_for(quiet, seconds=ROUND_SECONDS, what=f"{what} came to an end")


def title(text: str) -> None:
    """A heading."""
    print(f"\n{text}\n{'=' * len(text)}")


def lines(order: dict[str, Any]) -> int:
    """How many items of an SAP order are not deleted."""
    return sum(1 for item in order["PurchaseOrderItem"] if not item.get("PurchasingDocumentDeletionCode"))


def amounts_agree(row: dict[str, Any], order: dict[str, Any]) -> bool:
    """Whether lines cost what SAP says, up to half a cent for each unit: costs have cents, and SAP prices may not."""
    units = sum((Decimal(str(line["quantity"])) for line in row["items"]), Decimal(0))
    return abs(total(row) - net_amount(order)) <= units * Decimal("0.005")


def unhappy(standings: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The counts that say how things stand, without those that say how they got there."""
    return {flow: {name: counts[name] for name in (*COUNTS[3:], "open")} for flow, counts in standings.items()}
