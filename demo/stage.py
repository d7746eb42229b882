"""What every act of the demo needs: waiting, what moved, and whether both systems are as they have to be."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from demo.books import COUNTS, Books, utc_now
from demo.chapter import Chapter, Scene
from demo.checks import Checks, table
from demo.installation import Installation, wait_for
from demo.remote import Remote
from demo.target import Target, total
from demo.world import Expected, World, net_amount

ROUND_SECONDS = 90.0
SETTLING = timedelta(seconds=20)


class Stage:
    """A running installation with the ledger, both systems and the claims that are made about them."""

    def __init__(
        self, installation: Installation, books: Books, world: World, chapters: Sequence[Chapter] = ()
    ) -> None:
        self.installation, self.books, self.world, self.chapters = installation, books, world, chapters
        self.target = Target(installation.servicetitan)
        self.checks = Checks()
        self.scene = Scene(books, self.target, self.checks)

    def moved(self, since: datetime | None = None) -> dict[str, dict[str, int]]:
        """Prints per flow what moved since a moment; returns the counts."""
        standings = self.books.standings(since)
        rows: list[tuple[str | int, ...]] = [
            (flow, *(counts[name] for name in COUNTS)) for flow, counts in standings.items()
        ]
        print(table(("flow", *(name.replace("_", " ") for name in COUNTS)), rows))
        return standings

    def reconcile(self, claim: str, wanted: Mapping[str, str]) -> None:
        """`manage.py reconcile` names these records with these causes, and says by its exit code whether it does."""
        code, said = self.manage("reconcile")
        answer = json.loads(said)
        rows = [(flow["flow"], row) for flow in answer["flows"] for row in flow["differences"]]
        for flow, row in rows:
            print(f"  {flow} {row['source_key']}: {row['cause']}. {row['detail']}")
        self.checks.equal(claim, {row["source_key"]: row["cause"] for _, row in rows}, dict(wanted))
        self.checks.equal(f"its exit code is {int(bool(wanted))}", code, int(bool(wanted)))

    def manage(self, command: str, *arguments: str) -> tuple[int, str]:
        """Runs a management command for the demo customer; its exit code and what it says on standard output."""
        from django.core.management import call_command

        said = io.StringIO()
        try:
            call_command(command, self.books.customer, *arguments, stdout=said, stderr=io.StringIO())
        except SystemExit as end:
            return int(end.code or 0), said.getvalue()
        return 0, said.getvalue()

    def wanted(self, expected: Expected) -> dict[str, Mapping[str, str]]:
        """The state that each record of each flow has to reach."""
        wanted: dict[str, Mapping[str, str]] = {"vendors": expected.vendors, "purchase-orders": expected.orders}
        for chapter in self.chapters:
            wanted |= chapter.states()
        return wanted

    def states(self, expected: Expected) -> None:
        """Every record is in the state that it has to be in, and there are no others."""
        for flow, wanted in self.wanted(expected).items():
            found = self.books.states(flow)
            keys = [*wanted, *(found.keys() - wanted.keys())]
            wrong = {key: (found.get(key), wanted.get(key)) for key in keys if found.get(key) != wanted.get(key)}
            self.checks.equal(f"{flow}: each of {len(wanted)} records is in its state (found, wanted)", wrong, {})

    def both_sides(self, expected: Expected, canceled: Set[str] = frozenset()) -> None:
        """What the two systems hold, read on their own control sides: nothing missing, nothing doubled."""
        self.target.read_again()
        vendors = dict.fromkeys(expected.there("vendors"), 1)
        self.checks.equal("each vendor exists exactly once", dict(self.target.vendors_by_supplier()), vendors)
        orders = dict.fromkeys(expected.there("purchase-orders") - canceled, 1)
        self.checks.equal("each order exists exactly once", dict(self.target.orders_by_number()), orders)
        wrong = [number for number in orders if not self.order_agrees(number)]
        self.checks.equal("each order has its vendor, its lines and its amount", wrong, [])
        doubled = self.installation.servicetitan.call("GET", "duplicates")["1001"]
        self.checks.equal("the simulator finds no duplicates", [sign for kind in doubled.values() for sign in kind], [])
        for chapter in self.chapters:
            chapter.claims(self.scene)

    def order_agrees(self, number: str) -> bool:
        """Whether an order of ServiceTitan is what SAP says."""
        if number not in self.target.orders_by_number():
            return False
        order, row = self.world.orders[number], self.target.order_for(number)
        vendor = self.target.supplier_of(row["vendorId"])
        return vendor == order["Supplier"] and len(row["items"]) == lines(order) and amounts_agree(row, order)

    def status(self, number: str) -> str:
        """The status of the newest order for an SAP number."""
        return str(self.target.order_for(number)["status"])

    def wait_until_quiet(self, since: datetime, what: str) -> None:
        """Returns once every sync was polled after `since`, nothing is on its way, and all has arrived."""
        self.wait_until_idle(since, what)
        self.settle()

    def wait_until_idle(self, since: datetime, what: str) -> None:
        """Returns once every sync was polled after `since` and nothing is on its way."""

        def quiet() -> bool:
            self.installation.fail_if_something_ended()
            return self.books.is_quiet(since)

        wait_for(quiet, seconds=ROUND_SECONDS, what=f"{what} came to an end")

    def settle(self) -> None:
        """Polls on until everything has arrived that takes several polls, or for so long that it never will."""
        limit = utc_now() + SETTLING
        while utc_now() < limit and not self.has_settled():
            began_at = utc_now()
            self.books.poll_now()
            self.wait_until_idle(began_at, "a further poll")

    def has_settled(self) -> bool:
        """Whether every record of the chapters is in its state, and they have seen all they have to."""
        found = {flow: self.books.states(flow) for chapter in self.chapters for flow in chapter.states()}
        wanted = {flow: states for chapter in self.chapters for flow, states in chapter.states().items()}
        return all([found == wanted, *(chapter.is_settled(self.scene) for chapter in self.chapters)])


def title(text: str) -> None:
    """A heading."""
    print(f"\n{text}\n{'=' * len(text)}")


def writes_since(remote: Remote, mark: int) -> Counter[str]:
    """Method and route of every write after a mark; signing in is none."""
    seen = [row for row in remote.requests_since(mark) if row["method"] not in ("GET", "HEAD")]
    return Counter(f"{row['method']} {row['route']}" for row in seen if "token" not in row["route"])


def how_many(states: Mapping[str, str], state: str) -> int:
    """How many records are in a state."""
    return sum(1 for found in states.values() if found == state)


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
