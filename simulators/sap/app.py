"""The simulator: one S/4HANA tenant that answers OData calls."""

from functools import lru_cache
from typing import Any, cast

from simulators.log import Seen
from simulators.sap.access import View
from simulators.sap.catalog import SERVICES
from simulators.sap.control import CONTROLS, state_of
from simulators.sap.declare import Release, Service
from simulators.sap.desk import DESK
from simulators.sap.generate import Size, generate
from simulators.sap.metadata import render_metadata
from simulators.sap.options import read_options
from simulators.sap.plants import derive_addresses
from simulators.sap.problems import ODataError, html, not_found, render
from simulators.sap.reading import Call, read, service_document
from simulators.sap.resources import resolve, segments_of
from simulators.sap.security import TOKEN_PATH, Security, csrf_required
from simulators.sap.settings import Settings
from simulators.sap.store import Store
from simulators.sap.tenant import Tenant
from simulators.sap.writing import write
from simulators.simulator import Simulator, control_body
from simulators.wire import Request, Response, json_response

DEFAULT_ACCOUNT = ("CONNECTOR", "canary-sap-password")
_LONGEST = 8_000
_WRITES = frozenset({"POST", "PUT", "PATCH", "MERGE", "DELETE"})


class SapSimulator(Simulator):
    """One tenant. ``accounts`` maps communication users to passwords."""

    def __init__(self, accounts: dict[str, str] | None = None) -> None:
        super().__init__()
        self.tenant = Tenant(self.clock, derive_addresses(Store()))
        self.security = Security(self.clock, accounts or dict([DEFAULT_ACCOUNT]))
        self._views: dict[tuple[str, str], View] = {}

    @property
    def store(self) -> Store:
        """All rows."""
        return self.tenant.store

    @property
    def options(self) -> Settings:
        """The switches."""
        return self.tenant.settings

    def reset(self, options: dict[str, Any]) -> None:
        """Start afresh. ``options``: the members of ``generate.Size`` and ``seed``; none of them leaves it empty."""
        self.tenant = Tenant(self.clock, derive_addresses(Store()))
        self._apply()
        self.security.tokens.clear()
        self.security.sessions.clear()
        self._views.clear()
        if options:
            self.generate(options)

    def generate(self, options: dict[str, Any]) -> dict[str, int]:
        """Add generated rows. Raises TypeError or ValueError for options that do not exist."""
        given = dict(options)
        seed = int(given.pop("seed", 7))
        return generate(self.store, seed, Size.of(given), self.clock.now())

    def settings(self) -> dict[str, Any]:
        """All switches."""
        return self.options.row()

    def change_settings(self, values: dict[str, Any]) -> None:
        """Set switches."""
        self.options.change(values)
        self._apply()

    def _apply(self) -> None:
        self.security.methods = set(self.options.auth_methods)
        self.security.token_seconds = self.options.token_seconds
        self.security.csrf_seconds = self.options.csrf_seconds
        self.store.stamp_cut = 10 ** (7 - self.options.stamp_digits)

    def revoke_tokens(self) -> None:
        """Make all bearer tokens invalid."""
        self.security.revoke()

    def state(self) -> dict[str, Any]:
        """Every stored document by table."""
        return state_of(self.store)

    def control(self, request: Request, name: str) -> Response | None:
        """Answer a control endpoint of SAP's own."""
        if (request.method, name) == ("POST", "generate"):
            return json_response(self.generate(control_body(request)))
        if (request.method, name) == ("POST", "arrangements"):
            self.change_settings({"arrangements": control_body(request)})
            return json_response(self.options.arrangements)
        endpoint = CONTROLS.get((request.method, name)) or DESK.get((request.method, name))
        return None if endpoint is None else json_response(endpoint(self.tenant, request))

    def answer(self, request: Request, seen: Seen) -> Response:
        """Answer an API request."""
        if self.options.redirect:
            location = "https://idp.example.com/saml2/idp/sso?SAMLRequest=..."
            return html(302, "Redirect", [("Location", location)])
        if len(request.raw_path) + sum(len(name) + len(value) for name, value in request.query) > _LONGEST:
            return html(414, "Request-URI Too Long")
        if request.path == TOKEN_PATH:
            seen.route = TOKEN_PATH
            return self.security.token(request)
        seen.account = self.security.user(request)
        if not seen.account:
            return self.security.refuse()
        service = _service_at(request.path)
        if service is None:
            return html(403, "403 Forbidden") if request.path.startswith("/sap/opu/") else html(404, "Not Found")
        return self._guarded(request, seen, service)

    def _guarded(self, request: Request, seen: Seen, service: Service) -> Response:
        absence = self.options.absence(service.name)
        if absence or _other_version(request.path, service):
            return _absent(service, absence or "unregistered", self.security)
        view = self._view(service)
        writes = request.method in _WRITES
        guarded = writes and self._csrf_checked(request)
        if guarded and not self.security.csrf_holds(request, seen.account, service.root):
            return csrf_required(service.version)
        try:
            response = self._dispatch(request, seen, view)
        except ODataError as error:
            response = render(error, service, self.clock)
        if not writes and request.headers.get("x-csrf-token", "").lower() == "fetch":
            self.security.fetch(response, seen.account, service.root)
        return response

    def _csrf_checked(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").lower().startswith("bearer")
        return self.options.bearer_needs_csrf or not bearer

    def _view(self, service: Service) -> View:
        release = cast(Release, self.options.release)  # checked when it was set
        view = self._views.get((service.name, release))
        if view is None:
            view = self._views[service.name, release] = View(service.at_release(release), self.store)
        return view

    def _dispatch(self, request: Request, seen: Seen, view: View) -> Response:
        service = view.service
        segments = segments_of(request.raw_path.partition(service.root)[2])
        seen.route = f"{service.name}/{segments[0].partition('(')[0] if segments else ''}"
        options = read_options(request.query, service.version)
        seen.ignored += options.ignored
        size = self.options.v2_page_size if service.version == 2 else self.options.v4_page_size
        scheme = request.headers.get("x-forwarded-proto", "http")
        base = f"{scheme}://{request.headers.get('host', 'localhost')}{service.root}"
        call = Call(view, request, options, base, size)
        if segments == ["$metadata"]:
            return Response(
                200, [("Content-Type", "application/xml;charset=utf-8")], _metadata(service.name, self.options.release)
            )
        if not segments:
            return service_document(call)
        if segments[0].startswith("$"):
            raise not_found(segments[0])
        if request.method in _WRITES:
            return write(call, resolve(view, segments), self.tenant, seen)
        return read(call, resolve(view, segments))


@lru_cache(maxsize=64)
def _metadata(name: str, release: Release) -> bytes:
    return render_metadata(SERVICES[name].at_release(release))


def _service_at(path: str) -> Service | None:
    for service in SERVICES.values():
        rest = path.removeprefix(service.root)
        if rest != path and rest[:1] in ("", "/", ";"):
            return service
    return None


def _other_version(path: str, service: Service) -> bool:
    rest = path.removeprefix(service.root)
    return rest.startswith(";") and not rest.startswith((";v=1/", ";v=0001/"))


def _absent(service: Service, state: str, security: Security) -> Response:
    if state == "html":
        return html(403, "403 Forbidden")
    if state == "unauthorised":
        return security.refuse()
    if state == "unknown":
        return html(404, "Service cannot be reached")
    code, text = _ABSENT[state]
    body = {"error": {"code": code, "message": {"lang": "en", "value": text.format(service.name)}, "innererror": {}}}
    return json_response(body, 403)


_ABSENT = {
    "json": ("/IWFND/CM_CONSUMER/101", "No authorization to access service '{}'"),
    "unregistered": ("/IWFND/MED/170", "No service found for namespace '', name '{}', version '0001'"),
}
