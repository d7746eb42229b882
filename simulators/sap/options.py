"""System query options: read from the query, checked, turned into what is wanted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulators.sap.access import View
from simulators.sap.conditions import Compiler, Condition
from simulators.sap.declare import EntitySet
from simulators.sap.expressions import parse
from simulators.sap.problems import ODataError, bad_request
from simulators.sap.query import Order

_KNOWN = {
    2: frozenset(
        ["filter", "select", "expand", "orderby", "top", "skip", "inlinecount", "format", "skiptoken", "search"]
    ),
    4: frozenset(["filter", "select", "expand", "orderby", "top", "skip", "count", "format", "skiptoken", "search"]),
}
LIST_ONLY = frozenset({"filter", "orderby", "top", "skip", "inlinecount", "count", "skiptoken"})


@dataclass(frozen=True)
class Options:
    """System query options by name without ``$``, and the names of parameters that mean nothing to the service."""

    system: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def number(self, name: str) -> int | None:
        """``$top`` or ``$skip``. Raises ODataError (400) unless it is a whole number."""
        text = self.system.get(name)
        if text is None:
            return None
        if not text.isdigit():
            raise bad_request(f"Invalid value '{text}' of ${name}")
        return int(text)

    @property
    def counted(self) -> bool:
        """Whether the number of all hits was asked for."""
        return self.system.get("inlinecount") == "allpages" or self.system.get("count") == "true"


_CUSTOM = frozenset({"sap-client", "sap-language", "saml2", "sap-statistics"})


def read_options(query: list[tuple[str, str]], version: int) -> Options:
    """The system query options. Raises ODataError (400) for one that the version does not have, or has twice."""
    system: dict[str, str] = {}
    ignored: list[str] = []
    for name, value in query:
        if not name.startswith("$"):
            ignored += [] if name in _CUSTOM else [name]
        elif name[1:] not in _KNOWN[version] or name[1:] in system:
            raise bad_request(f"The query option '{name}' is not allowed here", "/IWBEP/CM_MGW_RT/022")
        else:
            system[name[1:]] = value
    return Options(system, tuple(ignored))


def read_filter(view: View, entity: EntitySet, text: str | None) -> Condition | None:
    """Compile ``$filter``. Raises ODataError (400)."""
    if not text:
        return None
    try:
        return Compiler(view, entity).compile(parse(text, view.service.version))
    except RecursionError:
        raise bad_request("The filter is nested too deeply") from None


def read_order(view: View, entity: EntitySet, text: str | None) -> tuple[Order, ...]:
    """Read ``$orderby``; without one rows come in the order of their keys. Raises ODataError (400)."""
    table = view.table(entity)
    if not text:
        return tuple(Order(name, table.getter(name), sort, descending=False) for name, sort in table.key_sorts)
    return tuple(_criterion(view, entity, item.split()) for item in text.split(","))


def _criterion(view: View, entity: EntitySet, words: list[str]) -> Order:
    if not words or words[1:] not in ([], ["asc"], ["desc"]):
        raise bad_request(f"Invalid $orderby: {' '.join(words)}")
    field_ = view.field(entity, words[0])
    if not field_.sortable:
        raise bad_request(f"Property '{field_.name}' is not sortable", "/IWBEP/CM_MGW_RT/018")
    child, _, inner = field_.column.rpartition(".")
    table = view.store[child] if child else view.table(entity)
    return Order(field_.column, view.reader(entity, field_), table.sort_form(inner), words[1:] == ["desc"])


def split_outside(text: str, separator: str) -> Iterator[str]:
    """Split at a separator that stands outside of brackets and quotes."""
    depth, start, quoted = 0, 0, False
    for place, sign in enumerate(text):
        if sign == "'":
            quoted = not quoted
        elif not quoted:
            depth += (sign == "(") - (sign == ")")
            if sign == separator and depth == 0:
                yield text[start:place]
                start = place + 1
    yield text[start:]


__all__ = ["LIST_ONLY", "ODataError", "Options", "read_filter", "read_options", "read_order", "split_outside"]
