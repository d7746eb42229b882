"""Carries the product's HTTP calls to simulators in the same process, and notes each in the history's record.

What may go wrong on the way is what the simulators' own fault rules say (`spoiling.FAULTS`); a cut or late answer looks
to the product as it does over a socket. Besides, an answer can be changed on its way (a null in a member that is always
there, an unknown word), and a change can be answered as done that was not done. `struck` counts what really happened.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from urllib3 import BaseHTTPResponse, HTTPHeaderDict
from urllib3.exceptions import ProtocolError
from urllib3.response import HTTPResponse

from integrations import transport
from integrations.http import HttpRequest, HttpSession
from simulators.simulator import Simulator
from simulators.wire import Request, Response, json_response
from tests.faults.campaign import stage

SIGN_IN = ("/connect/token", "/oauth2/token")
TENANT = re.compile(r"/tenant/(\d+)/")
CHANGED = re.compile(r"/(?:vendors|purchase-orders|business-units)/(\d+)$")
Told = Callable[[str], None]


@dataclass
class Wire:
    """Which simulator stands behind which port of 127.0.0.1, and what goes wrong with the next answers."""

    simulators: Mapping[int, Simulator]
    told: Told
    pass_time: Callable[[float], None]
    before_write: Callable[[Request], UUID | None]
    after_write: Callable[[UUID | None, Request, int], None]
    mangles: list[int] = field(default_factory=list)
    ignores: list[str] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    lag: float = 0.0
    written_at: dict[str, float] = field(default_factory=dict)
    busiest: Counter[str] = field(default_factory=Counter)
    ends: dict[str, float] = field(default_factory=dict)
    recent: dict[str, deque[float]] = field(default_factory=dict)

    def send(
        self, origin: tuple[str, str, int], method: str, target: str, *, headers: Any, body: bytes | None, timeouts: Any
    ) -> BaseHTTPResponse:
        """One exchange, as `transport.GuardedPools.send`. Raises what urllib3 raises when no complete answer comes."""
        named = {name.lower(): value for name, value in headers.items()}
        request = Request.of(method, target, {**named, "host": f"{origin[1]}:{origin[2]}"}, body or b"")
        intent = self.before_write(request) if is_write(request) else None
        transport._progress.sent = True  # as the guarded socket notes it
        account = f"{origin[2]} {TENANT.findall(target)[:1]}"
        if not request.path.endswith(SIGN_IN):  # outside of every budget
            self._count(account)
        answer = self._ignored(request) or self.simulators[origin[2]].handle(request)
        self.told(f"{method} {origin[2]} {_short(request)} -> {_shown(answer)}")
        if is_write(request):
            self.after_write(intent, request, answer.status)
        self._note(account, request, answer)
        return self._arrived(answer, timeouts[1])

    def _ignored(self, request: Request) -> Response | None:
        """A change that is answered as done, and is not."""
        named = CHANGED.search(request.path)
        if request.method != "PATCH" or named is None or not self.ignores:
            return None
        self.ignores.pop()
        self.struck["a change ignored silently"] += 1
        return json_response({"id": int(named[1])})

    def _note(self, account: str, request: Request, answer: Response) -> None:
        """What the simulators do of themselves, and the product has to live with."""
        if answer.status == 401:
            self.struck["401"] += 1
            worker, token = stage.current(), request.headers.get("authorization", "").partition(" ")[2]
            if self.ends.get(token, float("inf")) <= time.time():
                self.struck["a token had expired"] += 1
                self.struck["a token had expired while paging"] += worker is not None and worker.kind == "poll"
        if request.path.endswith(SIGN_IN):
            self.struck["signed in"] += 1
            with suppress(ValueError, KeyError):  # no token, or half of one
                given = answer.json()
                self.ends[given["access_token"]] = time.time() + given["expires_in"]
        if is_write(request) and answer.status < 300:
            self.written_at[account] = time.time()
        elif not is_write(request) and time.time() - self.written_at.get(account, 0) < self.lag:
            self.struck["a list read while it lags"] += 1

    def _count(self, account: str) -> None:
        """Calls of an account within any one second."""
        times = self.recent.setdefault(account, deque())
        times.append(time.time())
        while times[0] <= times[-1] - 1:
            times.popleft()
        self.busiest[account] = max(self.busiest[account], len(times))

    def _arrived(self, answer: Response, patience: float) -> BaseHTTPResponse:
        if answer.delay:
            self.pass_time(min(answer.delay, patience))
        if answer.delay >= patience:
            raise TimeoutError("Read timed out.")
        if answer.cut in ("drop", "reset"):
            raise ProtocolError("Connection aborted.")
        body = answer.body
        if self.mangles and _is_json(answer):
            number = self.mangles.pop(0)
            body = mangled(body, number)
            self.struck["an unknown word" if number % 2 else "a null in a member"] += body != answer.body
        made = _Raw(
            io.BytesIO(body), headers=HTTPHeaderDict(answer.headers), status=answer.status, preload_content=False
        )
        made.cut_after = len(body) // 2 if answer.cut == "truncate" else None
        return made


def is_write(request: Request) -> bool:
    """Whether the call changes something there: neither a read nor a sign-in."""
    return request.method not in ("GET", "HEAD") and not request.path.endswith(SIGN_IN)


def _short(request: Request) -> str:
    """The end of the path, and a digest of whatever else was asked for or sent; sign-ins hold secrets."""
    end = "/".join(request.path.rsplit("/", 2)[1:])
    if not request.query and not is_write(request):
        return end
    asked = hashlib.sha256(repr(request.query).encode() + request.body).hexdigest()
    return f"{end} {asked[:8]}"


def _shown(answer: Response) -> str:
    return f"{answer.status}" + (f" {answer.cut}" if not answer.arrives else "") + (" late" if answer.delay else "")


def _is_json(answer: Response) -> bool:
    return answer.arrives and answer.status < 300 and "json" in answer.header("content-type")


IDENTITIES = frozenset(
    ("BusinessPartner", "Supplier", "PurchaseOrder", "PurchaseRequisition", "SupplierInvoice", "FiscalYear", "id")
)
"""Any word in one of these is another record: nobody can tell that it is not so."""


def mangled(body: bytes, number: int) -> bytes:
    """The same JSON with one member of one row made null, or one word unknown, unless that is a record's identity."""
    try:
        read = json.loads(body)
    except ValueError:
        return body
    members = list(_members(read))
    if not members:
        return body
    row, name = random.Random(number).choice(members)
    if number % 2 and name in IDENTITIES:
        return body
    row[name] = "SomethingNew" if isinstance(row[name], str) and number % 2 else None
    return json.dumps(read).encode()


def _members(value: Any) -> Any:
    if isinstance(value, list):
        for each in value:
            yield from _members(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, (dict, list)):
                yield from _members(each)
            else:
                yield value, name


class _Raw(HTTPResponse):
    cut_after: int | None = None

    def stream(self, amt: int | None = 2**16, decode_content: bool | None = None) -> Any:
        """The body, or half of it and then a broken connection."""
        if self.cut_after is None:
            yield from super().stream(amt, decode_content)
            return
        yield self.read(self.cut_after)
        raise ProtocolError("Connection broken: incomplete read")


def install(wire: Wire) -> Callable[[], None]:
    """Lets every session of the product call through `wire`; what is returned takes that back."""
    plain, send = HttpSession.send, transport.GuardedPools.send

    def paused(self: HttpSession, request: HttpRequest, **more: Any) -> Any:
        worker = stage.current()
        if worker:
            worker.pause(at_call=True, before_write=request.write)
        try:
            return plain(self, request, **more)
        finally:
            # An answer is on its way back: whatever happens now happens before it is read.
            if worker:
                worker.pause(at_call=True)

    def carried(self: Any, *given: Any, **more: Any) -> BaseHTTPResponse:
        return wire.send(*given, **more)

    HttpSession.send = paused  # type: ignore[method-assign]
    transport.GuardedPools.send = carried  # type: ignore[method-assign]

    def undo() -> None:
        HttpSession.send, transport.GuardedPools.send = plain, send  # type: ignore[method-assign]

    return undo
