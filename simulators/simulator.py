"""What both simulators share: the lock, the log, the faults, and the control endpoints below ``/_control``."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from simulators.faults import Faults
from simulators.log import Log, Seen
from simulators.wire import Clock, Request, Response, as_object, http_date, iso, json_response, parse_moment

CONTROL = "/_control/"


class Simulator(ABC):
    """One remote system with memory. ``handle`` is thread-safe and needs no socket.

    A subclass answers API requests in ``answer`` and may add control endpoints of its own in ``control``. Both run
    under the lock, so they may change state freely; they must not sleep.
    """

    # Control endpoints that take the lock themselves, since they talk to others meanwhile.
    unlocked: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.clock = Clock()
        self.log = Log()
        self.faults = Faults(self.revoke_tokens)
        self.lock = threading.RLock()
        self._date = (0, "")

    @abstractmethod
    def answer(self, request: Request, seen: Seen) -> Response:
        """Answer one API request; notes in ``seen`` what was ignored."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Everything that is stored, as JSON, for assertions."""

    @abstractmethod
    def reset(self, options: dict[str, Any]) -> None:
        """Start afresh: no rows but those that ``options`` ask for (``seed``, ...)."""

    def revoke_tokens(self) -> None:
        """Make every access token given out so far invalid. A system without tokens has nothing to do."""
        return

    def settings(self) -> dict[str, Any]:
        """The switches and their values."""
        return {}

    def change_settings(self, values: dict[str, Any]) -> None:
        """Set switches. Raises ValueError for an unknown name or a wrong value."""
        if values:
            raise ValueError(f"unknown settings: {', '.join(values)}")

    def control(self, request: Request, name: str) -> Response | None:
        """Answer a control endpoint of this system only (``name`` is what follows ``/_control/``), or None."""
        return None

    def handle(self, request: Request) -> Response:
        """Answer any request."""
        if request.path.removeprefix(CONTROL) in self.unlocked:
            return self._control(request)
        with self.lock:
            response = self._control(request) if request.path.startswith(CONTROL) else self._api(request)
            response.headers.append(("Date", self._http_date()))
        return response

    def _api(self, request: Request) -> Response:
        seen = self.log.open(iso(self.clock.now()), request.method, request.path, request.query)
        response, faults = self.faults.apply(request, lambda it: self.answer(it, seen))
        self.log.close(seen, response.status, faults)
        return response

    def _http_date(self) -> str:
        now = self.clock.now()
        second = int(now.timestamp())
        if self._date[0] != second:
            self._date = (second, http_date(now))
        return self._date[1]

    def _control(self, request: Request) -> Response:
        name = request.path[len(CONTROL) :].strip("/")
        try:
            own = self.control(request, name)
            if own is not None:
                return own
            endpoint = _ENDPOINTS.get((request.method, name))
            if endpoint is None:
                return json_response({"error": f"no control endpoint {request.method} {request.path}"}, 404)
            return json_response(endpoint(self, request))
        except (ValueError, KeyError, TypeError) as error:
            return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


def control_body(request: Request) -> dict[str, Any]:
    """The JSON object a control call carries; an empty body is an empty object. Raises ValueError."""
    return as_object(request.json()) if request.body else {}


def _clock(simulator: Simulator) -> dict[str, Any]:
    return {"now": iso(simulator.clock.now()), "frozen": simulator.clock.frozen}


def _set_clock(simulator: Simulator, request: Request) -> dict[str, Any]:
    given = control_body(request)
    clock = simulator.clock
    if given.get("real"):
        clock.reset()
    if "now" in given:
        clock.set(parse_moment(given["now"]), frozen=bool(given.get("frozen", clock.frozen)))
    elif "frozen" in given:
        clock.set(clock.now(), frozen=bool(given["frozen"]))
    if "advance" in given:
        clock.advance(float(given["advance"]))
    return _clock(simulator)


def _log(simulator: Simulator, request: Request) -> dict[str, Any]:
    lines = simulator.log.since(int(request.param("since", "0")))
    counts, ignored = dict(simulator.log.counts), dict(simulator.log.ignored)
    return {"requests": [seen.row() for seen in lines], "counts": counts, "ignored": ignored}


def _clear_log(simulator: Simulator, request: Request) -> dict[str, Any]:
    simulator.log.clear()
    return {"ok": True}


def _faults(simulator: Simulator, request: Request) -> dict[str, Any]:
    return {"faults": [rule.row() for rule in simulator.faults.rules]}


def _add_faults(simulator: Simulator, request: Request) -> dict[str, Any]:
    given = request.json()
    simulator.faults.add(given if isinstance(given, list) else [as_object(given)])
    return _faults(simulator, request)


def _clear_faults(simulator: Simulator, request: Request) -> dict[str, Any]:
    simulator.faults.clear()
    return _faults(simulator, request)


def _reset(simulator: Simulator, request: Request) -> dict[str, Any]:
    simulator.faults.clear()
    simulator.log.clear()
    simulator.clock.reset()
    simulator.reset(control_body(request))
    return {"ok": True}


def _settings(simulator: Simulator, request: Request) -> dict[str, Any]:
    if request.method == "POST":
        simulator.change_settings(control_body(request))
    return simulator.settings()


_ENDPOINTS: dict[tuple[str, str], Callable[[Simulator, Request], dict[str, Any]]] = {
    ("GET", "health"): lambda simulator, request: {"ok": True},
    ("POST", "reset"): _reset,
    ("GET", "clock"): lambda simulator, request: _clock(simulator),
    ("POST", "clock"): _set_clock,
    ("GET", "log"): _log,
    ("DELETE", "log"): _clear_log,
    ("GET", "state"): lambda simulator, request: simulator.state(),
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "settings"): _settings,
    ("POST", "settings"): _settings,
}
