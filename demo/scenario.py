"""The scenario: a first round, an idle one, people at work in SAP, a lost answer, a replay, and a person's answers."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from demo.books import COUNTS, utc_now
from demo.stage import Stage, amounts_agree, how_many, title, unhappy, writes_since
from demo.target import total
from demo.world import SPARE_SKU, UNMAPPED_MATERIAL


class Scenario(Stage):
    """Plays the scenario on a running installation and collects what holds and what does not."""

    def play(self, began_at: datetime) -> int:
        """All acts in order; returns the exit code."""
        self.first_round(began_at)
        self.idle_round()
        self.people_at_work()
        self.replay()
        self.further_work()
        self.person_answers()
        self.both_books()
        self.deliberate_change()
        return self.checks.verdict()

    def first_round(self, began_at: datetime) -> None:
        """The schedule polls and delivers everything that SAP holds."""
        self.wait_until_quiet(began_at, "the first round")
        title("First round: what the schedule moved")
        standings = self.moved()
        title("One example of each unhappy kind, in the ledger's own words")
        for flow, state, key, label, reason in self.books.examples():
            print(f"  {flow}, {state.replace('_', ' ')}: {label or key}\n      {reason}")
        title("Is that as it should be?")
        expected = self.world.expected()
        self.states(expected)
        for flow, states in self.wanted(expected).items():
            wanted = {"read": len(states), "written": how_many(states, "delivered")}
            wanted |= {name: how_many(states, name) for name in COUNTS[2:]}
            if any(flow in chapter.echoes for chapter in self.chapters):
                del wanted["read"], wanted["unchanged"]
            self.checks.equal(f"{flow}: the counts are exact", {name: standings[flow][name] for name in wanted}, wanted)
        self.both_sides(expected)

    def idle_round(self) -> None:
        """A further poll of each flow finds nothing to do."""
        mark, sap_mark = self.installation.servicetitan.mark(), self.world.sap.mark()
        standings = self.books.standings()
        self.books.poll_now()
        self.wait_until_quiet(utc_now(), "the second round")
        title("Second round: the same data")
        self.checks.equal("no write reached ServiceTitan", self.target.writes_since(mark), [])
        self.checks.equal("no write reached SAP", writes_since(self.world.sap, sap_mark), Counter())
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
        self.books.poll_now()
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

    def further_work(self) -> None:
        """People change something of every other flow, in both systems."""
        systems = {"servicetitan": self.installation.servicetitan, "sap": self.world.sap}
        began_at, marks = utc_now(), {name: remote.mark() for name, remote in systems.items()}
        wanted: Counter[str] = Counter()
        for chapter in self.chapters:
            wanted += chapter.change(self.scene)
        self.books.poll_now()
        self.wait_until_quiet(began_at, "what people changed in both systems")
        self.world.read_again()
        title("People at work in both systems, on everything else")
        self.moved(began_at)
        for chapter in self.chapters:
            chapter.changed(self.scene)
        self.states(self.world.expected())
        found = {
            f"{name} {write}": count
            for name, remote in systems.items()
            for write, count in writes_since(remote, marks[name]).items()
        }
        self.checks.equal(f"that took {wanted.total()} writes, each as it has to be", found, dict(wanted))
        self.both_sides(self.world.expected(), canceled={self.world.sound[1]})

    def person_answers(self) -> None:
        """A person answers what was asked: the records go on, and wake those that waited for them."""
        world, servicetitan = self.world, self.installation.servicetitan
        began_at = utc_now()
        self.books.save_value("vendor", world.looks_alike, "create")
        self.books.save_value("material", UNMAPPED_MATERIAL, SPARE_SKU)
        servicetitan.call("DELETE", "faults")
        self.manage("replay", "purchase-orders", world.refused)
        for chapter in self.chapters:
            chapter.answer(self.scene)
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
        expected = self.world.expected()
        open_ones = {key: state for key, state in expected.orders.items() if state in ("waiting", "quarantined")}
        self.reconcile("it names what waits, and no order of the blocked supplier, which cannot come", open_ones)
        began_at = utc_now()
        self.world.unblock_supplier()
        self.books.poll_now()
        self.wait_until_quiet(began_at, "what the supplier had held up")
        title(f"Supplier {self.world.blocked} is not blocked any more: its orders go on")
        self.states(self.world.expected())
        self.both_sides(self.world.expected(), canceled={self.world.sound[1]})
        self.reconcile("manage.py reconcile: both books agree", {})

    def deliberate_change(self) -> None:
        """Somebody edits an order in ServiceTitan: it is named, and a replay puts it right."""
        number, servicetitan = self.world.sound[3], self.installation.servicetitan
        edit = {"kind": "purchase-orders", "id": self.target.order_for(number)["id"], "values": {"shipping": 12.5}}
        servicetitan.call("POST", "edit", edit)
        title(f"Somebody adds 12.50 of shipping to order {number} in ServiceTitan")
        self.reconcile("manage.py reconcile names exactly that order", {number: "changed in servicetitan"})
        began_at, mark = utc_now(), servicetitan.mark()
        self.manage("replay", "purchase-orders", number)
        self.books.poll_now()
        self.wait_until_quiet(began_at, "the replay")
        self.checks.equal("a replay takes one write", len(self.target.writes_since(mark)), 1)
        self.both_sides(self.world.expected(), canceled={self.world.sound[1]})
        self.reconcile("manage.py reconcile: both books agree again", {})
