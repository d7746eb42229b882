"""What can go wrong between two systems, named by what happens next.

Each error carries a stable `code` (for grouping and for programs) and one sentence for people. An error that
came from an exchange with a remote system also carries that exchange, redacted, for the audit row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.http import Exchange

SUGGESTIONS_TOLD = 3
"""How many suggestions stand in a reason; all of them are kept as notes."""


class IntegrationError(Exception):
    """The root of the family; never raised itself."""

    default_code = "error"
    side = "target"
    """Which of a delivery's two systems said so: "source" or "target"."""

    def __init__(self, message: str, *, code: str = "", exchange: Exchange | None = None) -> None:
        super().__init__(message)
        self.message = (
            message.replace("\0", "\ufffd").encode(errors="replace").decode()
        )  # any remote's words can be kept
        self.code = code or self.default_code
        self.exchange = exchange


class Transient(IntegrationError):
    """Nothing was changed there and a later try may succeed: retried with backoff and jitter.

    `retry_after` is in seconds and comes from the remote system; it is obeyed when present.
    """

    default_code = "transient"

    def __init__(
        self, message: str, *, retry_after: float | None = None, code: str = "", exchange: Exchange | None = None
    ) -> None:
        super().__init__(message, code=code, exchange=exchange)
        self.retry_after = retry_after


class Throttled(Transient):
    """The remote system said 429: the whole connection slows down."""

    default_code = "throttled"


class TokenRefused(Transient):
    """The access token was refused (401) before anything happened: renewed once, then sent again."""

    default_code = "token-refused"


class Unknown(IntegrationError):
    """A write was sent and no clear answer came: looked for before anything is sent again."""

    default_code = "unknown-outcome"


class NotReady(IntegrationError):
    """A needed link is missing: the delivery waits and is woken when the link appears.

    `needs` is the wake key, written by `link_key` (for example `link:vendors:17300001`).
    """

    default_code = "not-ready"

    def __init__(self, message: str, *, needs: str) -> None:
        super().__init__(message)
        self.needs = needs


class Awaiting(IntegrationError):
    """Something has to happen first that may wake nobody: looked at again after `seconds`.

    `needs` is a wake key that would end the waiting sooner, "" where there is none.
    """

    default_code = "awaiting"

    def __init__(self, message: str, *, seconds: float, code: str = "", needs: str = "") -> None:
        super().__init__(message, code=code)
        self.seconds = seconds
        self.needs = needs


class NeedsPerson(IntegrationError):
    """A person has to decide, map or set something; the delivery is quarantined until then.

    `needs` is a wake key that would settle it without anybody, "" where there is none.
    """

    default_code = "needs-person"

    def __init__(self, message: str, *, needs: str = "", code: str = "", exchange: Exchange | None = None) -> None:
        super().__init__(message, code=code, exchange=exchange)
        self.needs = needs


class Rejected(NeedsPerson):
    """The other side said no, in its own words."""

    default_code = "rejected"


class Misconfigured(NeedsPerson):
    """An option or a connection setting contradicts the record."""

    default_code = "misconfigured"


class Unmapped(NeedsPerson):
    """A value map has no row for a code. Saving that row wakes what waits for it.

    `needs` is the wake key, written by `map_key` (for example `map:cost-center:10101101`). The message ends with the
    best suggestions, since that is what people read.
    """

    default_code = "unmapped"

    def __init__(self, message: str, *, needs: str, suggestions: tuple[str, ...] = (), code: str = "") -> None:
        told = f" Suggested: {'; '.join(suggestions[:SUGGESTIONS_TOLD])}" if suggestions else ""
        super().__init__(f"{message}{told}", code=code, needs=needs)
        self.suggestions = suggestions


class NotTransferable(IntegrationError):
    """The target has no way to take this. Shown with the reason, not as a failure.

    `needs` is a wake key that would make it transferable after all, "" where there is none.
    """

    default_code = "not-transferable"

    def __init__(self, message: str, *, needs: str = "", code: str = "", exchange: Exchange | None = None) -> None:
        super().__init__(message, code=code, exchange=exchange)
        self.needs = needs


class BadCredentials(IntegrationError):
    """The connection's credentials were refused: the connection is paused."""

    default_code = "bad-credentials"


class NotAuthorised(IntegrationError):
    """One scope or communication arrangement is missing: only the flow that needs it is paused."""

    default_code = "not-authorised"


HISTORY = "history"
"""The code of what was over before the customer began, and is left out (`flow.Situation.left_behind`)."""


def link_key(flow: str, source_key: str) -> str:
    """The wake key of a link."""
    return f"link:{flow}:{source_key}"


def linked_to_key(flow: str, target_key: str) -> str:
    """The wake key of whatever link leads to a target record."""
    return f"linked-to:{flow}:{target_key}"


def agreed_key(flow: str, source_key: str) -> str:
    """The wake key of a record on which both systems agree by now."""
    return f"agreed:{flow}:{source_key}"


def undone_key(flow: str, source_key: str) -> str:
    """The wake key of a record whose effects at the target have been taken back."""
    return f"undone:{flow}:{source_key}"


REFERENCE = "reference:"
"""Begins the wake key of a row of reference data: nobody tells for sure that it appears, so it is looked for again."""


def reference_key(kind: str, key: str) -> str:
    """The wake key of a row of reference data, e.g. of a job that does not exist (yet)."""
    return f"{REFERENCE}{kind}:{key}"


def map_key(value_map: str, key: str) -> str:
    """The wake key of a value-map row."""
    return f"map:{value_map}:{key}"
