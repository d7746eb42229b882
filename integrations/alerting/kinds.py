"""The kinds of alerts. Each has a page of its own in docs/runbook/, named like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CREDENTIALS = "credentials-refused"
PERMISSION = "permission-missing"
BROKEN = "connection-broken"
STALLED = "sync-stalled"
OVERDUE = "sync-overdue"
FAILURES = "failures-over-threshold"
BOOKS = "books-differ"
BUDGET = "budget-exhausted"
EXPIRING = "key-expiring"
ENDPOINT = "endpoint-disabled"


@dataclass(frozen=True, slots=True)
class AlertKind:
    """`title` is what a mail's line begins with, `advice` the one sentence on what to do first."""

    name: str
    title: str
    advice: str

    @property
    def page(self) -> str:
        """The runbook page, as a path in the project."""
        return f"docs/runbook/{self.name}.md"


KINDS: Mapping[str, AlertKind] = {
    kind.name: kind
    for kind in (
        AlertKind(CREDENTIALS, "Credentials refused", "Enter working credentials and ping the connection."),
        AlertKind(
            PERMISSION, "Permission missing", "Grant the missing scope or arrangement, then ping the connection."
        ),
        AlertKind(BROKEN, "Connection broken", "Ping the connection; its checks say what cannot be reached."),
        AlertKind(STALLED, "Sync stalled", "Look at the sync's last error and its newest run."),
        AlertKind(OVERDUE, "Sync overdue", "The hosting team looks whether workers and beat are running."),
        AlertKind(FAILURES, "Many failures", "Fix the most frequent cause once; everything that waits for it goes on."),
        AlertKind(BOOKS, "Books differ", "Open the newest comparison of this flow; each difference has its cause."),
        AlertKind(BUDGET, "Call budget exhausted", "Raise the connection's calls per second, or wait for the backlog."),
        AlertKind(EXPIRING, "Expires soon", "Replace it while the old one still works."),
        AlertKind(
            ENDPOINT, "Event endpoint disabled", "Repair the receiver, enable the endpoint, replay what it missed."
        ),
    )
}
