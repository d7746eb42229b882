"""What a simulator saw: one line per request, without secrets, and what it ignored silently."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from simulators.wire import parse_json

SECRET_PARAMETERS = frozenset({"servicetitanapplicationkey", "client_secret", "sap-password", "access_token", "apikey"})


@dataclass(slots=True)
class Seen:
    """One request as it was seen. ``ignored`` names parameters and members that had no effect.

    ``body`` is JSON or, which takes far less memory for thousands of requests, JSON as bytes.
    """

    number: int
    at: str
    method: str
    path: str
    query: list[tuple[str, str]]
    status: int = 0
    faults: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    body: Any = None
    account: str = ""
    route: str = ""

    def row(self) -> dict[str, Any]:
        """As JSON."""
        row = {name: getattr(self, name) for name in self.__slots__}
        return {**row, "body": parse_json(self.body)} if isinstance(self.body, bytes) else row


class Log:
    """The newest requests (``keep`` of them) and counts of all of them since the last ``clear``."""

    def __init__(self, keep: int = 20_000) -> None:
        self._seen: deque[Seen] = deque(maxlen=keep)
        self._number = 0
        self.counts: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()

    def open(self, at: str, method: str, path: str, query: list[tuple[str, str]]) -> Seen:
        """Start a line; it is kept from now on and completed by ``close``."""
        self._number += 1
        shown = [(name, "***" if name.lower() in SECRET_PARAMETERS else value) for name, value in query]
        seen = Seen(self._number, at, method, path, shown)
        self._seen.append(seen)
        return seen

    def close(self, seen: Seen, status: int, faults: list[str]) -> None:
        """Complete a line and count it."""
        seen.status, seen.faults = status, faults
        self.counts[f"{seen.method} {seen.route or seen.path} {status}"] += 1
        self.ignored.update(seen.ignored)

    def since(self, number: int = 0) -> list[Seen]:
        """The kept lines with a larger number, oldest first."""
        return [seen for seen in self._seen if seen.number > number]

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        self._seen.clear()
        self.counts.clear()
        self.ignored.clear()
