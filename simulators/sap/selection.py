"""``$select`` and ``$expand``: which properties and which related rows an answer shows."""

from dataclasses import dataclass, field

from simulators.sap.access import View
from simulators.sap.declare import EntitySet, Nav
from simulators.sap.options import Options, read_filter, read_options, read_order, split_outside
from simulators.sap.problems import bad_request, unknown_property
from simulators.sap.query import Wanted


@dataclass
class Selection:
    """What is shown of an entity: its fields (None: all), its plain navigation links, its expanded navigations."""

    entity: EntitySet
    fields: list[str] | None = None
    links: list[str] | None = None
    expanded: "dict[str, Expansion]" = field(default_factory=dict)
    messages: bool = True


@dataclass
class Expansion:
    """An expanded navigation; ``wanted`` restricts the rows (V4 only)."""

    nav: Nav
    selection: Selection
    wanted: Wanted | None = None


def read_selection(view: View, entity: EntitySet, options: Options) -> Selection:
    """Read both options. Raises ODataError (400) for names the types do not have."""
    select, expand = options.system.get("select"), options.system.get("expand")
    if view.service.version == 2:
        return _v2(view, entity, _paths(select), _paths(expand) or [])
    return _v4(view, entity, select, expand)


def _paths(text: str | None) -> list[list[str]] | None:
    return None if text is None else [item.strip().split("/") for item in text.split(",") if item.strip()]


def _nav(entity: EntitySet, name: str) -> Nav:
    nav = entity.navs.get(name)
    if nav is None:
        raise unknown_property(name, entity.type_name)
    return nav


def _v2(view: View, entity: EntitySet, select: list[list[str]] | None, expand: list[list[str]]) -> Selection:
    """V2 shows an expanded navigation only if ``$select`` is absent or names it too."""
    expanded = dict.fromkeys(path[0] for path in expand)
    for name in expanded:
        _nav(entity, name)
    chosen = None if select is None or ["*"] in select else [path[0] for path in select if path[0] not in entity.navs]
    for name in chosen or ():
        view.field(entity, name)
    result = Selection(entity, chosen)
    result.links = [name for name in entity.navs if name not in expanded and _linked(name, select)]
    for name in expanded:
        if select is not None and not any(path[0] in (name, "*") for path in select):
            continue
        nav = entity.navs[name]
        below = [path[1:] for path in expand if path[0] == name and len(path) > 1]
        inner = _inner(select, name)
        result.expanded[name] = Expansion(nav, _v2(view, view.service.sets[nav.target], inner, below))
    _check_paths(select, expanded, entity)
    return result


def _linked(name: str, select: list[list[str]] | None) -> bool:
    return select is None or [name] in select or ["*"] in select


def _inner(select: list[list[str]] | None, name: str) -> list[list[str]] | None:
    if select is None or [name] in select or not any(path[0] == name for path in select):
        return None
    return [path[1:] for path in select if path[0] == name]


def _check_paths(select: list[list[str]] | None, expanded: dict[str, None], entity: EntitySet) -> None:
    for path in select or ():
        if len(path) > 1 and path[0] not in expanded:
            raise bad_request(f"Navigation property '{path[0]}' of $select is not expanded in '{entity.name}'")


def _v4(view: View, entity: EntitySet, select: str | None, expand: str | None) -> Selection:
    names = None if select is None or select.strip() == "*" else [name.strip() for name in select.split(",")]
    result = Selection(entity, None if names is None else [])
    result.messages = "messages" in entity.words and (names is None or "SAP__Messages" in names)
    for name in names or ():
        if name not in entity.navs and name != "SAP__Messages":
            result.fields = [*(result.fields or ()), view.field(entity, name).name]
    for item in split_outside(expand or "", ","):
        if item.strip():
            expansion = _v4_expansion(view, entity, item.strip())
            result.expanded[expansion.nav.name] = expansion
    return result


def _v4_expansion(view: View, entity: EntitySet, item: str) -> Expansion:
    name, bracket, inner = item.partition("(")
    nav = _nav(entity, name.strip())
    target = view.service.sets[nav.target]
    if bracket and not inner.endswith(")"):
        raise bad_request(f"Invalid $expand: {item}")
    pairs = [part.strip().partition("=") for part in split_outside(inner[:-1], ";") if part.strip()]
    options = read_options([(key, value) for key, _, value in pairs], 4)
    selection = read_selection(view, target, options)
    restricted = {"filter", "orderby", "top", "skip"} & set(options.system)
    return Expansion(nav, selection, _wanted(view, target, options) if restricted else None)


def _wanted(view: View, target: EntitySet, options: Options) -> Wanted:
    condition = read_filter(view, target, options.system.get("filter"))
    order = read_order(view, target, options.system.get("orderby"))
    return Wanted(condition, order, options.number("skip") or 0, options.number("top"), count=False)
