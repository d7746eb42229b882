"""The client of one ServiceTitan connection: one exchange at a time, paging, and what the declarations allow.

`once` may be called from worker threads and never touches the database; everything else belongs to the thread of
the task, because the token store does read the database.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integrations.connection import RENEWALS, RateBudget, Token, TokenStore
from integrations.errors import BadCredentials, Misconfigured, Throttled, TokenRefused, Transient
from integrations.http import Answer, HttpRequest, HttpSession
from integrations.systems.servicetitan import answers
from integrations.systems.servicetitan.answers import Call, Missing
from integrations.systems.servicetitan.auth import fetch_token, token_scopes
from integrations.systems.servicetitan.formats import normalise
from integrations.systems.servicetitan.resources import FEED, MAX_IDS, PAGING, Resource
from integrations.systems.servicetitan.settings import Account

log = logging.getLogger(__name__)

Params = Iterable[tuple[str, str]]
NormalRow = dict[str, Any]

# Nobody says how long a 429 without any number lasts; the engine's own backoff comes on top for the record.
BARE_THROTTLE = 5.0


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list or of an export feed, rows normalised. `next_from` is a feed's continueFrom.

    `total` is how many rows the list has, where that was asked for and told.
    """

    rows: tuple[NormalRow, ...]
    more: bool
    number: int
    server_time: datetime | None
    next_from: str = ""
    total: int | None = None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ServiceTitanClient:
    """Speaks to one tenant. Secrets appear in no repr."""

    def __init__(
        self,
        account: Account,
        *,
        session: HttpSession,
        tokens: TokenStore,
        budget: RateBudget,
        read_only: bool = False,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.account = account
        self.session = session
        self.read_only = read_only or account.read_only
        self._tokens = tokens
        self._budget = budget
        self._clock = clock
        self._token: Token | None = None
        self._refused = ""

    def __repr__(self) -> str:
        return f"ServiceTitanClient(tenant {self.account.servicetitan_tenant_id})"

    # Tokens: the task's own thread

    def prepare(self) -> None:
        """Makes sure that a token is at hand which is not due for renewal."""
        if self._token is None or self._token.renew_at <= self._clock():
            self._token = self._tokens.token(self._new_token)

    def renew(self, stale: str = "") -> None:
        """Replaces a refused token; by default the one that `once` saw refused last."""
        self._token = self._tokens.token(self._new_token, stale=stale or self._refused)

    def granted(self) -> frozenset[str]:
        """The scopes that the access token names; empty where it cannot be read (it need not be readable)."""
        return token_scopes(self._token.value) if self._token else frozenset()

    def _new_token(self) -> Token:
        token = fetch_token(self.session, self.account)
        self.session.conceal(token.value)
        return token

    # Exchanges

    def once(self, call: Call) -> Answer:
        """One exchange within the budget; safe in worker threads. Raises the errors of `answers.check`.

        A missing token counts as refused: nothing was sent.
        """
        self._allowed(call)
        token = self._token
        if token is None:
            raise TokenRefused("No access token was prepared.")
        self._budget.acquire()
        headers = {"Authorization": f"Bearer {token.value}", "ST-App-Key": self.account.app_key}
        answer = self.session.send(call.with_headers(headers))
        try:
            answers.check(answer, call, tenant=self.account.servicetitan_tenant_id)
        except Throttled as error:
            self._budget.blocked(BARE_THROTTLE if error.retry_after is None else error.retry_after)
            raise
        except TokenRefused:
            self._refused = token.value
            raise
        return answer

    def call(self, call: Call) -> Answer:
        """One exchange from the task's thread: a refused token is renewed and the call repeated, `RENEWALS` times."""
        self._allowed(call)
        self.prepare()
        for _ in range(RENEWALS):
            try:
                return self.once(call)
            except TokenRefused:
                self.renew()
        try:
            return self.once(call)
        except TokenRefused as error:
            message = (
                "ServiceTitan refused a new access token as well: check the application key, and that client id, "
                f"environment and tenant {self.account.servicetitan_tenant_id} belong together."
            )
            raise BadCredentials(message, exchange=error.exchange) from None

    def _allowed(self, call: Call) -> None:
        if call.request.write and self.read_only:
            raise Misconfigured("This connection is read-only: nothing is written to ServiceTitan.", code="read-only")

    # Requests

    def reading(self, resource: Resource, *, params: Params = (), item: str = "", feed: bool = False) -> Call:
        """A GET of a list, of one record by its id, or of an export feed. Undeclared parameters: ValueError."""
        sent = tuple(params)
        _declared(resource, {name for name, _ in sent}, item=item, feed=feed)
        path = resource.feed if feed else resource.path + (f"/{item}" if item else "")
        return Call(
            request=HttpRequest(method="GET", url=self._url(resource, path), params=sent),
            scope=f"{resource.scope}:r",
            about=f"{resource.title} {item}".strip(),
            missing="absent" if item else "route",
        )

    def writing(self, resource: Resource, method: str, path: str, body: Any, *, missing: Missing) -> Call:
        """A write to `path` below the resource ("" is the collection itself)."""
        below = f"{resource.path}/{path}" if path else resource.path
        return Call(
            request=HttpRequest(method=method, url=self._url(resource, below), json=body, write=True),
            scope=f"{resource.scope}:w",
            about=f"{resource.title} {path}".strip(),
            missing=missing,
        )

    def _url(self, resource: Resource, path: str) -> str:
        return f"/{resource.module}/v2/tenant/{self.account.servicetitan_tenant_id}/{path}"

    # Reading: the task's own thread

    def one(self, resource: Resource, item: str) -> NormalRow | None:
        """One record by its id, or None where ServiceTitan does not know it."""
        answer = self.call(self.reading(resource, item=item, params=self._guid(resource.single or ())))
        return None if answer.status == 404 else normalise(_object(answer), resource.shape)

    def page(
        self, resource: Resource, params: Params, *, number: int = 1, size: int = 0, counted: bool = False
    ) -> ListPage:
        """One page of a list, inactive rows included."""
        shown = (("active", "Any"),) if resource.hides_inactive else ()
        paging = (("page", str(number)), ("pageSize", str(size or self.account.page_size)))
        total: Params = (("includeTotal", "true"),) if counted else ()
        every = (*params, *shown, *self._guid(resource.parameters), *paging, *total)
        answer = self.call(self.reading(resource, params=every))
        rows, more = _envelope(answer)
        if more and not rows:
            raise Transient(f"ServiceTitan announced more {resource.title} but sent none.", exchange=answer.exchange)
        told = _object(answer).get("totalCount") if counted else None
        total_rows = told if isinstance(told, int) and not isinstance(told, bool) else None
        return ListPage(_normal(rows, resource), more, number, answers.server_time(answer), total=total_rows)

    def pages(self, resource: Resource, params: Params = (), *, size: int = 0) -> Iterator[ListPage]:
        """All pages of a list, as long as the server says that there are more."""
        params, number, more = tuple(params), 1, True
        while more:
            page = self.page(resource, params, number=number, size=size)
            yield page
            number, more = number + 1, page.more

    def rows(self, resource: Resource, params: Params = ()) -> Iterator[NormalRow]:
        """All rows of a list, active or not."""
        for page in self.pages(resource, params):
            yield from page.rows

    def matching(self, resource: Resource, params: Params, wanted: Callable[[NormalRow], bool]) -> Iterator[NormalRow]:
        """The rows that really are what was asked for: the server ignores filters it does not know."""
        told = False
        for row in self.rows(resource, params):
            if wanted(row):
                yield row
            elif not told:
                told = True
                log.warning("ServiceTitan answered rows of %s that do not match the filter", resource.path)

    def by_ids(self, resource: Resource, ids: Collection[str]) -> dict[str, NormalRow]:
        """Rows by id, at most 50 ids in a call; what the list does not show (yet) is absent.

        Asked in the order of the numbers, whatever order they come in, so that a history can be played again.
        """
        found: dict[str, NormalRow] = {}
        asked = _in_order(ids)
        for start in range(0, len(asked), MAX_IDS):
            batch = asked[start : start + MAX_IDS]
            found.update(self._batch(resource, batch))
        return found

    def records(self, resource: Resource, ids: Collection[str]) -> dict[str, NormalRow]:
        """Rows by id; what the list does not show (yet) is asked for one by one, where such a call exists."""
        found = self.by_ids(resource, ids)
        if resource.single is None:
            return found
        for key in [key for key in _in_order(ids) if key not in found]:
            row = self.one(resource, key)
            if row is not None and str(row.get("id")) == key:
                found[key] = row
        return found

    def _batch(self, resource: Resource, ids: Collection[str]) -> dict[str, NormalRow]:
        given = [("ids", key) for key in ids] if resource.ids == "repeat" else [("ids", ",".join(ids))]
        found: dict[str, NormalRow] = {}
        for row in self.matching(resource, given, lambda row: str(row.get("id")) in ids):
            found[str(row["id"])] = row
            if len(found) == len(ids):
                break
        return found

    def feed(self, resource: Resource, start: str, *, recent: bool = False) -> ListPage:
        """One page of an export feed. `start` is "" (from the beginning), a date, or the last continueFrom."""
        params = [("from", start)] if start else []
        if recent:
            params.append(("includeRecentChanges", "true"))
        answer = self.call(self.reading(resource, params=params, feed=True))
        rows, more = _envelope(answer)
        token = str(_object(answer).get("continueFrom") or start)
        if more and token == start:
            raise Transient(f"The export feed of {resource.title} does not move on.", exchange=answer.exchange)
        return ListPage(_normal(rows, resource), more, 0, answers.server_time(answer), token)

    def _guid(self, known: Collection[str]) -> tuple[tuple[str, str], ...]:
        """External data is shown only to who names its GUID."""
        name = "externalDataApplicationGuid"
        return ((name, self.account.external_data_guid),) if name in known else ()


def is_id(key: str) -> bool:
    """Whether a key can stand in a path: ids are int64, and a key may be what a person has typed."""
    return key.isascii() and key.isdecimal()


def _in_order(ids: Iterable[str]) -> list[str]:
    return sorted({key for key in ids if is_id(key)}, key=int)


def _declared(resource: Resource, names: set[str], *, item: str, feed: bool) -> None:
    known = FEED if feed else (resource.single or frozenset()) if item else resource.parameters | PAGING
    strange = sorted(names - known)
    if strange:
        raise ValueError(f"{resource.path} has no parameter {strange[0]}: the server would ignore it")


def _object(answer: Answer) -> dict[str, Any]:
    body = answer.json()
    if not isinstance(body, dict):
        raise Transient("ServiceTitan answered something else than an object.", exchange=answer.exchange)
    return body


def _envelope(answer: Answer) -> tuple[list[dict[str, Any]], bool]:
    """Rows and hasMore. A page that cannot be read never looks like an empty one."""
    body = _object(answer)
    rows = body.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Transient("ServiceTitan answered a page without rows.", code="malformed-answer", exchange=answer.exchange)
    return rows, body.get("hasMore") is True


def _normal(rows: Iterable[dict[str, Any]], resource: Resource) -> tuple[NormalRow, ...]:
    return tuple(normalise(row, resource.shape) for row in rows)
