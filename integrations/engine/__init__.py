"""Poll, deliver, resolve, replay: the only place with transactions, audit, dedupe, retries and links.

`polling` reads changes into versioned deliveries. `delivering` takes due ones in batches: `planning` asks the
flow, `intents` commits what is about to be sent, `sending` makes the calls, `settling` commits what came back
and reads it back, `checking` looks for what an unanswered call may have left. `recording` moves states in bulk,
`replaying`, `relinking`, `rereading` and `mapping` are what people do. Every change happens in a ledger transaction
(`work.ledger`).
"""

from integrations.engine.delivering import deliver, is_running, next_due
from integrations.engine.loading import Loading, loading
from integrations.engine.mapping import Given, found_missing, save_value, save_values
from integrations.engine.opening import read_sync
from integrations.engine.polling import Note, Polled, poll
from integrations.engine.reconciling import Report, reconcile
from integrations.engine.recovering import holds_up_others, put_back, withheld_for
from integrations.engine.references import arrived, forget_references, keep_references
from integrations.engine.relinking import link_by_hand, make_anew, unlink
from integrations.engine.replaying import dismiss, replay
from integrations.engine.rereading import Reread, reread
from integrations.engine.selecting import Selection
from integrations.engine.standing import examples, standing, vanished
from integrations.engine.tables import suggest, suggest_all
from integrations.engine.work import DATABASE_AWAY, Lease, LeaseLost, Limits, Work, ledger

__all__ = [
    "DATABASE_AWAY",
    "Given",
    "Lease",
    "LeaseLost",
    "Limits",
    "Loading",
    "Note",
    "Polled",
    "Report",
    "Reread",
    "Selection",
    "Work",
    "arrived",
    "deliver",
    "dismiss",
    "examples",
    "forget_references",
    "found_missing",
    "holds_up_others",
    "is_running",
    "keep_references",
    "ledger",
    "link_by_hand",
    "loading",
    "make_anew",
    "next_due",
    "poll",
    "put_back",
    "read_sync",
    "reconcile",
    "replay",
    "reread",
    "save_value",
    "save_values",
    "standing",
    "suggest",
    "suggest_all",
    "unlink",
    "vanished",
    "withheld_for",
]
