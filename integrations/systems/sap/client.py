"""The client of one SAP connection: one exchange at a time, signed in, within the budget, judged.

`once` may be called from worker threads and never touches the database; `prepare`, `renew`, `call` and everything that
reads belong to the thread of the task, because the token store does read the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from integrations.connection import RENEWALS, RateBudget, Token, TokenStore
from integrations.errors import (
    BadCredentials,
    IntegrationError,
    Misconfigured,
    NotAuthorised,
    Rejected,
    Throttled,
    TokenRefused,
    Transient,
)
from integrations.guard import origin
from integrations.http import Answer, HttpRequest, HttpSession, Timeouts
from integrations.systems.sap import answers, auth, metadata
from integrations.systems.sap.countdown import Countdown
from integrations.systems.sap.csrf import CsrfPair, CsrfTokens
from integrations.systems.sap.entities import DECLARED
from integrations.systems.sap.services import BUSINESS_PARTNER, PURCHASE_ORDER, Offer, Service, root_at, service_at
from integrations.systems.sap.settings import Account

# Seconds until an answer is given up, unless the session's own limit is shorter. SAP publishes no limits; deep inserts
# of large orders take longest.
READ_SECONDS, WRITE_SECONDS = 60.0, 120.0
Ask = Callable[[HttpRequest], Answer]

# Nobody says how long a 429 without Retry-After lasts.
BARE_THROTTLE = 10.0


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of raw rows, its next link, the server's clock, and how many rows there are if that was asked for."""

    rows: list[dict[str, Any]]
    next: str
    date: datetime | None
    total: int | None = None


class SapClient:
    """Speaks to one tenant. Secrets appear in no repr.

    `capabilities` is what was learned of the tenant's services; it grows as services are first used and may be saved.
    With `read_only` (or the option of that name) every write raises Misconfigured before anything is sent.
    """

    def __init__(
        self,
        account: Account,
        *,
        session: HttpSession,
        tokens: TokenStore,
        budget: RateBudget,
        capabilities: Mapping[str, Any] | None = None,
        read_only: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.account = account
        self.session = session
        self.read_only = read_only or account.read_only
        self.capabilities: dict[str, Any] = {**(capabilities or {})}
        self._tokens, self._budget, self._clock = tokens, budget, clock
        self._csrf = CsrfTokens()
        self._token: Token | None = None
        self._refused = ""
        self._open: set[str] = set()
        # The server's clock and ours at the last answer, for a ping.
        self.server_clock: tuple[datetime, datetime] | None = None
        self._basic = auth.basic(account) if account.method == "basic" else ""
        if self._basic:
            session.conceal(self._basic.partition(" ")[2])

    def __repr__(self) -> str:
        return f"SapClient({self.account.base_url})"

    # Signing in: the task's own thread

    def prepare(self) -> None:
        """Makes sure that a token is at hand which is not due for renewal. Nothing to do for Basic."""
        if self._basic or (self._token is not None and self._token.renew_at > self._clock()):
            return
        self._use(self._tokens.token(self._fetch_token))

    def renew(self, stale: str = "") -> None:
        """Replaces a refused token; by default the one that `once` saw refused last."""
        if not self._basic:
            self._use(self._tokens.token(self._fetch_token, stale=stale or self._refused))

    def _fetch_token(self) -> Token:
        self._budget.acquire()
        return auth.fetch_token(self.session, self.account)

    def _use(self, token: Token) -> None:
        if self._token is None or token.value != self._token.value:
            self._csrf.forget()
        self.session.conceal(token.value)
        self._token = token

    # Exchanges

    def once(self, request: HttpRequest) -> Answer:
        """One exchange within the budget; safe in worker threads. Raises what the answer means.

        A write carries a CSRF token with its cookies; refused for these alone, it is sent once more with new ones,
        which is safe because such a refusal precedes any processing. A missing access token counts as refused. All of
        it together, waiting for the budget aside, takes no longer than the session's time-outs allow for one exchange.
        """
        writes = request.write or request.method not in ("GET", "HEAD")
        if writes and self.read_only:
            raise Misconfigured("This client only reads: nothing is written to SAP.", code="read-only")
        if not writes:
            return self._send(request)
        request, root = replace(request, write=True), root_at(request.url)
        send = partial(self._send, time_left=Countdown(self.session.timeouts.total))
        pair = self._csrf.pair(root, send)
        try:
            return send(_with(request, pair))
        except _CsrfRefused:
            pair = self._csrf.pair(root, send, stale=pair)
        return send(_with(request, pair))

    def call(self, request: HttpRequest) -> Answer:
        """One exchange from the task's thread: a refused token is renewed and the call repeated, `RENEWALS` times."""
        self.prepare()
        for _ in range(RENEWALS):
            try:
                return self.once(request)
            except TokenRefused:
                self.renew()
        try:
            return self.once(request)
        except TokenRefused as error:
            raise self._judged(error, service_at(request.url)) from None

    def _send(self, request: HttpRequest, *, time_left: Countdown | None = None) -> Answer:
        service = service_at(request.url)
        answer = self._signed(request, time_left)
        if not request.write and answers.is_page_for_data(answer):
            answer = self._signed(request, time_left)  # one page may be a gateway's own, two want a person to sign in
        if request.write and answers.wants_csrf(answer):
            raise _CsrfRefused("SAP refused a new CSRF token as well.", exchange=answer.exchange)
        try:
            answers.check(answer, service)
        except Throttled as error:
            self._budget.blocked(BARE_THROTTLE if error.retry_after is None else error.retry_after)
            raise
        except TokenRefused as error:
            self._refused = self._token.value if self._token else ""
            if self._basic:
                raise self._judged(error, service) from None
            raise
        except (NotAuthorised, Rejected):
            if not request.write:
                self._forget(service)
            raise
        if service is not None:
            self._open.add(service.name)
        if there := answers.server_time(answer):
            self.server_clock = (there, answer.exchange.started_at)
        return answer

    def _signed(self, request: HttpRequest, time_left: Countdown | None = None) -> Answer:
        if not self._basic and self._token is None:
            raise TokenRefused("No access token was prepared.")
        authorization = self._basic or f"Bearer {self._token.value if self._token else ''}"
        headers = {"Accept-Language": self.account.language, **request.headers, "Authorization": authorization}
        params = request.params
        if self.account.sap_client_number and "sap-client=" not in request.url:
            params = (*params, ("sap-client", self.account.sap_client_number))
        if time_left is None:
            self._budget.acquire()
        else:
            time_left.pause(self._budget.acquire)
        timeouts = self._timeouts(request, time_left)
        return self.session.send(replace(request, headers=headers, params=params), timeouts=timeouts)

    def _timeouts(self, request: HttpRequest, time_left: Countdown | None) -> Timeouts:
        whole = self.session.timeouts
        read = min(whole.read, WRITE_SECONDS if request.write else READ_SECONDS)
        if time_left is not None:
            read = min(read, time_left.seconds() - whole.connect)
        if read <= 0:
            raise Transient("There was no time left to send this; nothing was sent.", code="no-time-left")
        return Timeouts(connect=whole.connect, read=read)

    def _judged(self, error: IntegrationError, service: Service | None) -> IntegrationError:
        """What a final 401 means. Some systems answer it for a service they do not know, so another one is asked."""
        if service is not None and self._other_is_open(service):
            closed = answers.not_authorised(service, "SAP answered HTTP 401 here, while other services work.")
            closed.exchange = error.exchange
            return closed
        message = "SAP refused the credentials. Nothing more is tried, so that the user is not locked."
        return BadCredentials(message, exchange=error.exchange)

    def _other_is_open(self, service: Service) -> bool:
        if self._open - {service.name}:
            return True
        other = PURCHASE_ORDER if service is BUSINESS_PARTNER else BUSINESS_PARTNER
        answer = self._signed(HttpRequest(method="GET", url=f"{other.offers[-1].root}/"))
        # A refusal for want of authorisation is given only to somebody who is known.
        return (answer.status == 200 and not answers.is_page(answer)) or answer.status == 403

    def today(self) -> str:
        """The date at SAP, by the clock of its last answer; periods of validity begin and end with days."""
        there = self.server_clock[0] if self.server_clock else self._clock()
        return there.date().isoformat()

    # Services

    def offer(self, service: Service, *, ask: Ask | None = None) -> Offer:
        """The version of a service that this tenant offers, V4 first. Raises NotAuthorised if there is none.

        `ask` is `once` for worker threads, which may not renew tokens; by default it is `call`.
        """
        known = self._learned(service)
        found = service.offer(str(known.get("version", "")))
        if found is None:
            self.probe(service, ask=ask)
            found = service.offer(str(self._learned(service)["version"]))
        if found is None:
            raise answers.not_authorised(service)
        return found

    def without(self, service: Service) -> frozenset[str]:
        """The declared fields that this tenant's release lacks, as "EntityType.Name"."""
        return frozenset(self._learned(service).get("missing", ()))

    def probe(self, service: Service, *, ask: Ask | None = None) -> dict[str, Any]:
        """Reads `$metadata` of the service's versions in order and keeps what the first open one offers."""
        closed: IntegrationError | None = None
        for offer in service.offers:
            try:
                document = HttpRequest(
                    method="GET", url=f"{offer.root}/$metadata", headers={"Accept": "application/xml"}
                )
                answer = (ask or self.call)(document)
            except (NotAuthorised, Rejected) as error:
                closed = closed or error
                continue
            types = metadata.entity_types(answer.body)
            lacking = {name for entity in DECLARED.get(offer.document, ()) for name in metadata.missing(entity, types)}
            learned = {"version": offer.version, "document": offer.document, "missing": sorted(lacking)}
            services = {**self.capabilities.get("services", {}), service.name: learned}
            self.capabilities["services"] = services
            return learned
        raise closed or answers.not_authorised(service)

    def _forget(self, service: Service | None) -> None:
        """What was learned of a service does not hold any more (an upgrade, a closed version): asked for anew."""
        services = self.capabilities.get("services", {})
        if service is not None and service.name in services:
            self.capabilities["services"] = {name: it for name, it in services.items() if name != service.name}

    def _learned(self, service: Service) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.capabilities.get("services", {}).get(service.name, {})
        return found

    # Reading: the task's own thread

    def rows(self, offer: Offer, entity_set: str, params: tuple[tuple[str, str], ...]) -> Rows:
        """One page of an entity set."""
        return self._page(offer, HttpRequest(method="GET", url=f"{offer.root}/{entity_set}", params=params))

    def follow(self, offer: Offer, link: str) -> Rows:
        """The page a next link points to, which may be absolute or relative to the service root.

        Raises Misconfigured for a link to another host, port, scheme or service: credentials are sent with it.
        """
        root = f"{self.account.base_url}/{offer.root}/"
        url = urljoin(root, link)
        if origin(url) != origin(root) or not urlsplit(url).path.startswith(urlsplit(root).path):
            raise Misconfigured("SAP sent a link that leads away from this service.", code="foreign-link")
        return self._page(offer, HttpRequest(method="GET", url=url))

    def _page(self, offer: Offer, request: HttpRequest) -> Rows:
        answer = self.call(request)
        try:
            envelope = offer.dialect.envelope(answer.json())
        except IntegrationError as error:
            error.exchange = answer.exchange
            raise
        return Rows(envelope.rows, envelope.next, answers.server_time(answer), envelope.total)


class _CsrfRefused(NotAuthorised):
    """403 for the CSRF token only; twice in a row it is what its base says."""


def _with(request: HttpRequest, pair: CsrfPair) -> HttpRequest:
    return replace(request, headers={**request.headers, **pair.headers})
