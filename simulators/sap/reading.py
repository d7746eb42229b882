"""Answers to GET: lists page by page, single rows, properties, counts, the service document."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from simulators.sap.access import View
from simulators.sap.declare import EntitySet
from simulators.sap.options import LIST_ONLY, Options, read_filter, read_order
from simulators.sap.problems import bad_request, not_allowed, not_found
from simulators.sap.query import Found, Wanted, search, select
from simulators.sap.render import Renderer, Style
from simulators.sap.resources import Resource
from simulators.sap.selection import Selection, read_selection
from simulators.wire import Request, Response, dump_json

_V2_JSON = "application/json"
_ATOM = b'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"/>'


@dataclass(frozen=True)
class Call:
    """One request to one service: the parsed options and what the answer needs to know."""

    view: View
    request: Request
    options: Options
    base: str
    page_size: int

    @property
    def v2(self) -> bool:
        """Whether the service speaks V2."""
        return self.view.service.version == 2

    def renderer(self) -> Renderer:
        """A renderer for this call."""
        as_text = "ieee754compatible=true" in self.request.headers.get("accept", "").lower()
        return Renderer(self.view, Style(self.base, as_text and not self.v2))


def read(call: Call, resource: Resource) -> Response:
    """Answer a GET. Raises ODataError."""
    if resource.nav is None and not resource.entity.allows("read"):
        raise not_allowed(call.view.service.version)
    if resource.what == "list":
        return _list(call, resource)
    if resource.what == "count":
        return Response(200, [("Content-Type", "text/plain")], str(_count(call, resource)).encode())
    if resource.what in ("property", "value"):
        return _property(call, resource)
    return _single(call, resource)


def service_document(call: Call) -> Response:
    """The list of entity sets."""
    names = list(call.view.service.sets)
    if call.v2:
        return document(call, {"d": {"EntitySets": names}})
    value = [{"name": name, "url": name} for name in names]
    return document(call, {"@odata.context": "$metadata", "value": value})


def document(call: Call, body: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer with the headers of the version; V2 falls back to Atom when JSON was not asked for."""
    if call.v2:
        accepted = call.request.headers.get("accept", "")
        if status == 200 and _V2_JSON not in accepted and call.options.system.get("format") != "json":
            return Response(200, [("Content-Type", "application/atom+xml;type=feed;charset=utf-8")], _ATOM)
        headers = [("Content-Type", "application/json;charset=utf-8"), ("DataServiceVersion", "2.0")]
    else:
        headers = [("Content-Type", "application/json;odata.metadata=minimal;charset=utf-8"), ("OData-Version", "4.0")]
    return Response(status, headers, dump_json(body))


def _wanted(call: Call, entity: EntitySet, skip: int, top: int | None) -> Wanted:
    condition = read_filter(call.view, entity, call.options.system.get("filter"))
    order = read_order(call.view, entity, call.options.system.get("orderby"))
    return Wanted(condition, order, skip, top, call.options.counted)


def _find(call: Call, resource: Resource, wanted: Wanted) -> Found:
    if resource.rows is not None:
        return select(resource.rows, wanted)
    return search(call.view.table(resource.entity), wanted)


def _count(call: Call, resource: Resource) -> int:
    wanted = _wanted(call, resource.entity, call.options.number("skip") or 0, call.options.number("top"))
    return len(_find(call, resource, wanted).rows)


def _list(call: Call, resource: Resource) -> Response:
    selection = read_selection(call.view, resource.entity, call.options)
    done = _done(call.options)
    top = call.options.number("top")
    left = None if top is None else max(0, top - done)
    cap = _cap(call)
    size = left if not cap else cap if left is None else min(cap, left)
    found = _find(call, resource, _wanted(call, resource.entity, (call.options.number("skip") or 0) + done, size))
    full = found.more and not (left is not None and size == left)
    link = _next_query(call, done + len(found.rows)) if full else ""
    return _page(call, resource, selection, found, link)


def _page(call: Call, resource: Resource, selection: Selection, found: Found, link: str) -> Response:
    rows = call.renderer().rows(found.rows, selection)
    path = call.request.raw_path.partition(call.view.service.root)[2].lstrip("/")
    if call.v2:
        body: dict[str, Any] = {"results": rows}
        if found.total is not None:
            body["__count"] = str(found.total)
        if link:
            body["__next"] = f"{call.base}/{path}?{link}"
        return document(call, {"d": body})
    answer: dict[str, Any] = {"@odata.context": f"$metadata#{resource.entity.name}"}
    answer["@odata.metadataEtag"] = 'W/"20260101000000"'
    if found.total is not None:
        answer["@odata.count"] = found.total
    answer["value"] = rows
    if link:
        answer["@odata.nextLink"] = f"{path}?{link}"
    response = document(call, answer)
    if _preferred(call):
        response.headers.append(("Preference-Applied", f"odata.maxpagesize={_preferred(call)}"))
    return response


def _done(options: Options) -> int:
    token = options.system.get("skiptoken", "0")
    if not token.isdigit():
        raise bad_request(f"Invalid $skiptoken '{token}'")
    return int(token)


def _preferred(call: Call) -> int:
    for part in call.request.headers.get("prefer", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "odata.maxpagesize" and value.isdigit() and not call.v2:
            return int(value)
    return 0


def _cap(call: Call) -> int:
    sizes = [size for size in (call.page_size, _preferred(call)) if size]
    return min(sizes, default=0)


def _next_query(call: Call, done: int) -> str:
    kept = [(name, value) for name, value in call.request.query if name != "$skiptoken"]
    return urlencode([*kept, ("$skiptoken", str(done))], quote_via=quote, safe="$,()'")


def _check_single(call: Call) -> None:
    wrong = LIST_ONLY & set(call.options.system)
    if wrong:
        raise bad_request(
            f"The query option '${min(wrong)}' is not allowed for a single entity", "/IWBEP/CM_MGW_RT/022"
        )


def _single(call: Call, resource: Resource) -> Response:
    _check_single(call)
    if resource.row is None:
        raise not_found(resource.entity.type_name)
    selection = read_selection(call.view, resource.entity, call.options)
    shown = call.renderer().row(resource.row, selection)
    return single(call, resource.entity, shown)


def single(call: Call, entity: EntitySet, shown: dict[str, Any], status: int = 200) -> Response:
    """An answer with one rendered row."""
    if call.v2:
        return document(call, {"d": shown}, status)
    tag = shown.get("@odata.etag")
    response = document(call, {"@odata.context": f"$metadata#{entity.name}/$entity", **shown}, status)
    if tag:
        response.headers.append(("ETag", tag))
    return response


def _property(call: Call, resource: Resource) -> Response:
    if resource.field is None or resource.row is None:
        raise not_found(resource.entity.type_name)
    field = resource.field
    value = call.renderer().write(resource.entity, field)(call.view.reader(resource.entity, field)(resource.row))
    if resource.what == "value":
        return Response(200, [("Content-Type", "text/plain;charset=utf-8")], str(value).encode())
    if call.v2:
        return document(call, {"d": {field.name: value}})
    return document(call, {"@odata.context": f"$metadata#{resource.entity.name}/{field.name}", "value": value})
