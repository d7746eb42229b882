"""Alerts: what stays wrong, made from the state of the tables and never from single failures.

`kinds` says what there is, `findings` looks for it, `evaluating` opens and ends alerts, `mailing` writes to people.
"""

from integrations.alerting.acknowledging import acknowledge, change_settings, current_settings, locked_settings
from integrations.alerting.evaluating import evaluate, evaluate_claim
from integrations.alerting.kinds import KINDS, AlertKind
from integrations.alerting.mailing import tell

__all__ = [
    "KINDS",
    "AlertKind",
    "acknowledge",
    "change_settings",
    "current_settings",
    "evaluate",
    "evaluate_claim",
    "locked_settings",
    "tell",
]
