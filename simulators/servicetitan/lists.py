"""Lists and single rows: filters, windows, sorting, paging; the same for every kind of row."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from simulators.servicetitan.answers import render
from simulators.servicetitan.checks import whole_numbers
from simulators.servicetitan.problems import missing, refuse
from simulators.servicetitan.table import Record, Table, within
from simulators.servicetitan.tenant import Call
from simulators.wire import Response, json_response, parse_moment

Test = Callable[[Record], bool]
Filter = Callable[[Any], Test]
Shape = Callable[[dict[str, Any]], dict[str, Any]]
MOST_IDS = 50
LARGEST_PAGE = 5000
FIRST_PAGES = 3
_SHARED = frozenset(
    {"ids", "active", "page", "pageSize", "includeTotal", "sort", "createdOnOrAfter", "createdBefore"}
    | {"modifiedOnOrAfter", "modifiedBefore", "externalDataApplicationGuid", "externalDataKey", "externalDataValues"}
)


def equals(member: str) -> Filter:
    """The member is the value."""
    return lambda value: lambda record: bool(record.data.get(member) == value)


def one_of(member: str) -> Filter:
    """The member is one of a comma list of ids."""

    def prepare(value: str) -> Test:
        ids = set(whole_numbers(value, member))
        return lambda record: record.data.get(member) in ids

    return prepare


def one_word_of(member: str) -> Filter:
    """The member is one of a comma list (or a list) of words."""

    def prepare(value: str | list[str]) -> Test:
        words = set(value.split(",") if isinstance(value, str) else value)
        return lambda record: record.data.get(member) in words

    return prepare


def contains(*members: str) -> Filter:
    """One of the members holds the text, in any case."""

    def prepare(value: str) -> Test:
        text = value.lower()
        return lambda record: any(text in str(record.data.get(member) or "").lower() for member in members)

    return prepare


def since(member: str) -> Filter:
    """The member's moment is not earlier."""
    return lambda value: lambda record: _moment(record, member) is not None and _moment(record, member) >= value


def before(member: str) -> Filter:
    """The member's moment is earlier."""
    return lambda value: lambda record: _moment(record, member) is not None and _moment(record, member) < value


def custom_fields(value: Mapping[str, str]) -> Test:
    """All named custom fields have these values."""

    def test(record: Record) -> bool:
        has = {row["name"]: row["value"] for row in record.data.get("customFields") or []}
        return all(has.get(name) == text for name, text in value.items())

    return test


def _moment(record: Record, member: str) -> Any:
    text = record.data.get(member)
    return parse_moment(text) if text else None


def as_it_is(data: dict[str, Any]) -> dict[str, Any]:
    """The view that changes nothing."""
    return data


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list call reads. ``keyed`` names parameters that are looked up by a key of the table instead of tested;
    ``preset`` are parameters that have a value when they are not given; ``bare`` answers without the envelope;
    ``shape`` makes another view of the rows."""

    table: str
    filters: Mapping[str, Filter] = field(default_factory=dict)
    keyed: Mapping[str, str] = field(default_factory=dict)
    preset: Mapping[str, Any] = field(default_factory=dict)
    has_active: bool = True
    bare: bool = False
    shape: Shape = as_it_is


def answer_list(call: Call, listing: Listing) -> Response:
    """One page of a list. Raises Refused for values out of range."""
    given = {**listing.preset, **call.given}
    page, size = given.get("page", 1), given.get("pageSize", 50)
    if page < 1:
        raise refuse("Page", "The field Page must be at least 1.")
    if not 1 <= size <= LARGEST_PAGE:
        raise refuse("PageSize", f"The field PageSize must be between 1 and {LARGEST_PAGE}.")
    table = call.tenant[listing.table]
    table.settle()
    ids = _ids(call, listing, table, given)
    rows = table.rows if "ids" in given and not call.tenant.switches.lag_ids else table.listed
    shown = ids[(page - 1) * size : page * size]
    data = [listing.shape(render(call, rows[number])) for number in shown]
    if listing.bare:
        return json_response(data)
    total = len(ids) if given.get("includeTotal") else None
    more = len(ids) > page * size
    return json_response({"page": page, "pageSize": size, "hasMore": more, "totalCount": total, "data": data})


def _ids(call: Call, listing: Listing, table: Table, given: dict[str, Any]) -> list[int]:
    """Ids of the matching rows in order, as many as are needed to answer.

    The pages of one question share one computation until the table changes; its first pages need no more than
    themselves.
    """
    if "ids" in given:
        return _matching(call, listing, table, given)
    question = tuple(sorted((k, str(v)) for k, v in given.items() if k not in ("page", "pageSize", "includeTotal")))
    key = (call.operation.name, question)
    kept = table.pages.get(key)
    if kept is not None and kept[0] == table.version:
        return kept[1]
    page = given.get("page", 1)
    if page <= FIRST_PAGES and not given.get("includeTotal"):
        return _matching(call, listing, table, given, page * given.get("pageSize", 50) + 1)
    ids = _matching(call, listing, table, given)
    if len(table.pages) >= 16:
        table.pages.clear()
    table.pages[key] = (table.version, ids)
    return ids


def _matching(call: Call, listing: Listing, table: Table, given: dict[str, Any], most: int | None = None) -> list[int]:
    tests = _tests(listing, given)
    if "ids" in given:
        candidates = (table.visible(number) for number in _asked_ids(call, given["ids"]))
        rows: Iterator[Record] = (record for record in candidates if record is not None)
        in_order = False
    else:
        numbers, in_order = _narrowed(listing, table, given)
        rows = (table.listed[number] for number in numbers)
    found = (record for record in rows if all(test(record) for test in tests))
    sort = _checked_sort(call, given.get("sort", ""))
    if in_order and not sort:
        return [record.id for record in islice(found, most)]
    return _sorted(list(found), sort)


def _asked_ids(call: Call, value: str | list[int]) -> list[int]:
    if isinstance(value, list):
        return sorted(set(value))
    try:
        return sorted(set(whole_numbers(value, "ids", MOST_IDS)))
    except ValueError as error:
        raise refuse("Ids", str(error)) from None


def _narrowed(listing: Listing, table: Table, given: dict[str, Any]) -> tuple[Iterable[int], bool]:
    """Ids that can match, and whether they come in the order of creation."""
    if "externalDataKey" in given or "externalDataValues" in given:
        return _by_external_data(table, given), False
    for parameter, key in listing.keyed.items():
        if parameter in given:
            value = given[parameter]
            values = _numbers(value, parameter) if parameter.endswith("Ids") else [value]
            return set[int]().union(*(table.keyed(key, it) for it in values)), False
    if "modifiedOnOrAfter" in given or "modifiedBefore" in given:
        return within(table.by_modified, given.get("modifiedOnOrAfter"), given.get("modifiedBefore")), False
    return within(table.by_created, given.get("createdOnOrAfter"), given.get("createdBefore")), True


def _numbers(value: str, parameter: str) -> list[int]:
    try:
        return whole_numbers(value, parameter)
    except ValueError:
        raise refuse(parameter, f"The value '{value}' is not valid.") from None


def _by_external_data(table: Table, given: dict[str, Any]) -> set[int]:
    guid, key = given.get("externalDataApplicationGuid"), given.get("externalDataKey")
    values = [value for value in (given.get("externalDataValues") or "").split(",") if value]
    if not guid or not key or not values:
        sentence = "ExternalDataApplicationGuid, ExternalDataKey and ExternalDataValues go together."
        raise refuse("ExternalDataKey", sentence)
    if len(values) > MOST_IDS:
        raise refuse("ExternalDataValues", f"At most {MOST_IDS} values are possible.")
    if not table.has_key("external"):
        return set(table.listed)
    return set[int]().union(*(table.keyed("external", (guid, key, value)) for value in values))


def _tests(listing: Listing, given: dict[str, Any]) -> list[Test]:
    tests: list[Test] = []
    if listing.has_active and given.get("active", "True") != "Any":
        wanted = given.get("active", "True") == "True"
        tests.append(lambda record: record.active is wanted)
    low, high = given.get("modifiedOnOrAfter"), given.get("modifiedBefore")
    if low or high:
        tests.append(lambda record: _inside(record.modified, low, high))
    start, end = given.get("createdOnOrAfter"), given.get("createdBefore")
    if start or end:
        tests.append(lambda record: _inside(record.created, start, end))
    for name, value in given.items():
        if name in listing.filters:
            try:
                tests.append(listing.filters[name](value))
            except ValueError:
                raise refuse(name, f"The value '{value}' is not valid.") from None
    return tests


def _inside(at: datetime, low: datetime | None, high: datetime | None) -> bool:
    return (low is None or at >= low) and (high is None or at < high)


def _checked_sort(call: Call, sort: str) -> str:
    """``+name`` or ``-name`` in lower case; empty for the order of creation."""
    if sort and sort[0] not in "+-":
        # An unencoded plus sign arrives as a space: the real service then does not sort as was meant.
        call.seen.ignored.append(f"{call.operation.name}?sort={sort}")
        return ""
    if sort and sort[1:].lower() not in {field.lower() for field in call.operation.sort}:
        raise refuse("Sort", f"Sorting by '{sort[1:]}' is not possible.")
    return sort.lower()


def _sorted(found: list[Record], sort: str) -> list[int]:
    name = sort[1:]
    if name == "id":
        found.sort(key=lambda record: record.id)
    elif name in ("", "createdon"):
        found.sort(key=lambda record: (record.created, record.id))
    elif name == "modifiedon":
        found.sort(key=lambda record: (record.modified, record.id))
    else:
        found.sort(key=lambda record: (str(_member(record, name)), record.id))
    if sort.startswith("-"):
        found.reverse()
    return [record.id for record in found]


def _member(record: Record, name: str) -> Any:
    return next((value for key, value in record.data.items() if key.lower() == name), "")


def answer_one(call: Call, table: str, kind: str) -> Response:
    """One row by the id of the path. Raises Refused with 404."""
    record = call.tenant[table].get(call.id)
    if record is None:
        raise missing(kind, call.id)
    return json_response(render(call, record))


def known_parameters(listing: Listing) -> set[str]:
    """All parameters that have an effect on this list; for comparing with the documents."""
    return set(_SHARED) | set(listing.filters) | set(listing.keyed)
