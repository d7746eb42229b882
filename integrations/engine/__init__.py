"""Poll, deliver, resolve, replay: the only place with transactions, audit, dedupe, retries and links.

`polling` reads changes into versioned deliveries. `delivering` takes due ones in batches: `planning` asks the
flow, `intents` commits what is about to be sent, `sending` makes the calls, `settling` commits what came back
and reads it back, `checking` looks for what an unanswered call may have left. `recording` moves states in bulk,
`replaying` and `mapping` are what people do. Every change happens in a ledger transaction (`work.ledger`).
"""

from integrations.engine.delivering import deliver, is_running, next_due
from integrations.engine.mapping import Given, found_missing, save_value, save_values
from integrations.engine.polling import Polled, poll
from integrations.engine.reconciling import Report, reconcile
from integrations.engine.references import arrived, forget_references, keep_references
from integrations.engine.replaying import dismiss, link_by_hand, replay
from integrations.engine.standing import examples, standing, vanished
from integrations.engine.tables import suggest
from integrations.engine.work import Lease, LeaseLost, Limits, Work, ledger

__all__ = [
    "Given",
    "Lease",
    "LeaseLost",
    "Limits",
    "Polled",
    "Report",
    "Work",
    "arrived",
    "deliver",
    "dismiss",
    "examples",
    "forget_references",
    "found_missing",
    "is_running",
    "keep_references",
    "ledger",
    "link_by_hand",
    "next_due",
    "poll",
    "reconcile",
    "replay",
    "save_value",
    "save_values",
    "standing",
    "suggest",
    "vanished",
]
