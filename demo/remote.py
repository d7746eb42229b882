"""The control side of a simulator: what it holds, what it was asked, and faults on order.

The product knows nothing of this; only the demo and the tests speak to `/_control/`.
"""

from __future__ import annotations

from typing import Any

import requests

SECONDS = 30


class Remote:
    """One running simulator, by its base URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def call(self, method: str, name: str, body: Any = None, **parameters: str) -> Any:
        """One control call. Raises requests.HTTPError with the simulator's words."""
        url = f"{self.url}/_control/{name}"
        answer = self._session.request(method, url, json=body, params=parameters, timeout=SECONDS)
        if not answer.ok:
            raise requests.HTTPError(f"{method} {name}: {answer.status_code} {answer.text}", response=answer)
        return answer.json()

    def state(self) -> Any:
        """Everything that the simulator holds."""
        return self.call("GET", "state")

    def fault(self, **rule: Any) -> None:
        """Orders a fault; see simulators/faults.py for the kinds."""
        self.call("POST", "faults", [rule])

    def faults(self) -> list[dict[str, Any]]:
        """The rules in force with their hits."""
        return list(self.call("GET", "faults")["faults"])

    def requests_since(self, mark: int) -> list[dict[str, Any]]:
        """The requests seen after a mark, without the control calls."""
        return list(self.call("GET", "log", since=str(mark))["requests"])

    def mark(self) -> int:
        """A mark for `requests_since`: the number of the newest request."""
        seen = self.requests_since(0)
        return int(seen[-1]["number"]) if seen else 0
