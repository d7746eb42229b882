"""Bugs planted on purpose, one per guard. Each has to be found by some seed; docs/fault-campaign.md has the table."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from integrations import running
from integrations.engine import checking, delivering, intents, linking, polling, recording, sending, settling
from integrations.errors import IntegrationError, Transient, Unknown
from integrations.tokens import DatabaseTokens
from integrations.vocabulary import order_references, requested_orders, requisition_parts

Change = tuple[Any, str, Any]


@dataclass(frozen=True)
class Mutant:
    """What the product does wrong, a seed that shows it, and what is replaced."""

    name: str
    seed: int
    changes: Callable[[], list[Change]]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The product with this bug."""
        planted = [patch.object(where, name, wrong) for where, name, wrong in self.changes()]
        for each in planted:
            each.start()
        try:
            yield
        finally:
            for each in reversed(planted):
                each.stop()


def _nothing(*given: Any, **more: Any) -> None:
    return None


def _looks_too_early() -> list[Change]:
    usual = running._limits
    return [(running, "_limits", lambda sync: dataclasses.replace(usual(sync), list_lag_seconds=0.0))]


def _takes_unknown_for_not_sent() -> list[Change]:
    usual = settling._settle_error

    def settle(work: Any, item: Any, *more: Any) -> None:
        if isinstance(item.result, Unknown):
            item.result = Transient(item.result.message, code=item.result.code)
        usual(work, item, *more)

    return [(settling, "_settle_error", settle)]


def _moves_the_cursor_first() -> list[Change]:
    usual = polling._save_page

    def save(work: Any, page: Any, *more: Any) -> None:
        work.sync.cursor = page.cursor
        work.sync.save(update_fields=["cursor"])
        usual(work, page, *more)

    return [(polling, "_save_page", save)]


def _forgets_every_second_row() -> list[Change]:
    usual = polling._save_page

    def save(work: Any, page: Any, *more: Any) -> None:
        usual(work, dataclasses.replace(page, changes=page.changes[:1]), *more)

    return [(polling, "_save_page", save)]


def _takes_over_early() -> list[Change]:
    """What a dead or slow worker was sending is looked for as soon as the lease is over."""
    usual = recording.Moves.move

    def move(self: Any, delivery: Any, state: str, **told: Any) -> None:
        if told.get("code") == "worker-lost":
            told["due_at"] = self.now
        usual(self, delivery, state, **told)

    return [(recording.Moves, "move", move)]


def _believes_what_it_is_told() -> list[Change]:
    """What was written is closed as if it had been read back."""
    usual = settling._verify_one

    def verify(work: Any, step: Any, row: Any, *given: Any, **more: Any) -> None:
        step.expect = {}
        usual(work, step, row, *given, **more)

    return [(settling, "_verify_one", verify)]


def _sends_without_intent() -> list[Change]:
    usual = sending.begin_batch

    def begin(work: Any, outgoing: Any, pool: Any) -> Any:
        from integrations.models import Attempt

        Attempt.objects.filter(id__in=[item.attempt.id for item in outgoing]).update(outcome="not_sent")
        return usual(work, outgoing, pool)

    return [(delivering, "begin_batch", begin)]


def _swallows_errors() -> list[Change]:
    """A system that cannot be asked just now is taken for a reason why an item is left out."""
    usual, own = requisition_parts._worst, requisition_parts._ERRORS

    def worst(errors: Any) -> Any:
        return usual([error for error in errors if isinstance(error, own)])

    return [(requisition_parts, "_worst", worst), (requisition_parts, "_ERRORS", (IntegrationError,))]


def _no_budget() -> list[Change]:
    from integrations.budget import LocalBudget

    return [(LocalBudget, "acquire", _nothing)]


def _wakes_no_order_of_a_unit() -> list[Change]:
    """What a wrong business unit holds up does not say which row of the map led to it."""
    return [(order_references, "map_key", lambda *given: "")]


MUTANTS = (
    Mutant("sends again without looking", 2, lambda: [(checking, "_find", lambda *given: {})]),
    Mutant("looks before the lag of the lists is over", 15, _looks_too_early),
    Mutant("takes an unknown outcome for not sent", 1, _takes_unknown_for_not_sent),
    Mutant("forgets what a dead worker was sending", 2, lambda: [(delivering, "take_over", _nothing)]),
    Mutant("drops the fence", 4, lambda: [(running.ClaimLease, "hold", _nothing)]),
    Mutant("moves the cursor before the rows are saved", 30, _moves_the_cursor_first),
    Mutant("saves only the first row of a page", 1, _forgets_every_second_row),
    Mutant("never looks behind the watermark", 1_000_006, lambda: [(polling, "_overlap", lambda work: 0.0)]),
    Mutant("wakes nobody when a link appears", 15, lambda: [(one, "wake_for", _nothing) for one in (linking, intents)]),
    Mutant("takes over too early", 16, _takes_over_early),
    Mutant("believes what it is told", 40, _believes_what_it_is_told),
    Mutant("never promotes what stands behind", 2, lambda: [(recording.Moves, "_promote", _nothing)]),
    Mutant("takes a system that is away for a reason of the record", 1_000_015, _swallows_errors),
    Mutant("sends before its intent is committed", 1, _sends_without_intent),
    Mutant("keeps no budget", 3, _no_budget),
    Mutant("forgets which map held it up", 1185, _wakes_no_order_of_a_unit),
    Mutant("judges new credentials by old ones", 1283, lambda: [(DatabaseTokens, "_check_credentials", _nothing)]),
    Mutant(
        "asks SAP for no mark while a request is in question",
        1_000_058,
        lambda: [(requested_orders, "_marks_in_question", lambda *given: ())],
    ),
)
