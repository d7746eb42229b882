"""What a ``$filter`` means for an entity set: a test for rows, and ranges of indexes that contain all hits."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from simulators.sap.access import Test, View
from simulators.sap.declare import EntitySet, Field
from simulators.sap.expressions import Binary, Call, Constant, Name, Negation, Node, Quantifier
from simulators.sap.problems import ODataError, bad_request
from simulators.sap.store import Getter, Row
from simulators.sap.values import digits

# A literal must be of the property's own type.
_LITERALS = {
    "Edm.String": "text",
    "Edm.Decimal": "number",
    "Edm.Int16": "number",
    "Edm.Int32": "number",
    "Edm.Boolean": "flag",
    "Edm.DateTime": "date",
    "Edm.Date": "day",
    "Edm.DateTimeOffset": "stamp",
    "Edm.Time": "time",
    "Edm.TimeOfDay": "time",
    "Edm.Guid": "guid",
}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_MIRRORED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
_MOST_PLANS = 16


@dataclass(frozen=True, slots=True)
class Range:
    """Values of an indexed column between two bounds in sortable form; None is open, the flags exclude a bound."""

    column: str
    low: Any = None
    above: bool = False
    high: Any = None
    below: bool = False


# Each plan is a union of ranges that together contain every hit.
Plans = list[tuple[Range, ...]]


@dataclass(frozen=True, slots=True)
class Condition:
    """A test, and plans for finding the rows that pass it (none: all rows have to be looked at)."""

    test: Test
    plans: Plans


class Compiler:
    """Compiles expressions over one entity set. Raises ODataError (400) for what the set does not know."""

    def __init__(self, view: View, entity: EntitySet, variable: str = "") -> None:
        self.view = view
        self.entity = entity
        self.variable = variable

    def compile(self, node: Node) -> Condition:
        """Compile an expression that yields a truth value."""
        if isinstance(node, Binary):
            return self._binary(node)
        if isinstance(node, Negation):
            inner = self.compile(node.inner).test
            return Condition(lambda row: not inner(row), [])
        if isinstance(node, Call):
            return Condition(self._call(node), [])
        if isinstance(node, Quantifier):
            return Condition(self._quantifier(node), [])
        if isinstance(node, Name):
            return self._compare("eq", node, Constant("flag", True))
        raise bad_request("A boolean expression is needed in $filter")

    def _binary(self, node: Binary) -> Condition:
        if node.operator in ("and", "or"):
            parts = [self.compile(part) for part in _operands(node)]
            return _both(parts) if node.operator == "and" else _either(parts)
        if isinstance(node.left, Call) and node.right == Constant("flag", True) and node.operator == "eq":
            return self.compile(node.left)
        if isinstance(node.left, Constant):
            return self._compare(_MIRRORED[node.operator], node.right, node.left)
        return self._compare(node.operator, node.left, node.right)

    def _compare(self, name: str, left: Node, right: Node) -> Condition:
        if not isinstance(left, Name) or not isinstance(right, Constant):
            raise bad_request("Only comparisons of a property with a literal are supported")
        entity, field, step = self._resolve(left)
        read = self.view.reader(entity, field)
        if right.kind == "null":
            return Condition(_lift(step, _null_test(name, read)), [])
        sort = self._sort_form(entity, field)
        value = sort(self._stored(entity, field, right))
        plans = [] if step or name == "ne" else self._plans(entity, field, name, value)
        return Condition(_lift(step, _value_test(name, read, sort, value)), plans)

    def _plans(self, entity: EntitySet, field: Field, name: str, value: Any) -> Plans:
        if field.column not in self._searchable(entity) or self.view.store.stamp_cut > 1:
            return []
        low, high = name in ("eq", "gt", "ge"), name in ("eq", "lt", "le")
        span = Range(field.column, value if low else None, name == "gt", value if high else None, name == "lt")
        return [(span,)]

    def _searchable(self, entity: EntitySet) -> set[str]:
        table = self.view.table(entity)
        return {*table.indexes, table.root.shape.key[0]}

    def _sort_form(self, entity: EntitySet, field: Field) -> Callable[[Any], Any]:
        child, _, inner = field.column.rpartition(".")
        table = self.view.store[child] if child else self.view.table(entity)
        cut = self.view.store.stamp_cut
        return (lambda ticks: ticks // cut) if cut > 1 and field.edm == "Edm.DateTimeOffset" else table.sort_form(inner)

    def _stored(self, entity: EntitySet, field: Field, literal: Constant) -> Any:
        if literal.kind != _LITERALS[field.edm]:
            raise bad_request(
                f"The types of '{field.name}' ({field.edm}) and of the literal are not compatible",
                "/IWCOR/CX_DS_EXPR_SYNTAX_ERROR",
            )
        value, kind = literal.value, self.view.kind(entity, field)
        if kind == "flag" and isinstance(value, str):
            return value == "X"
        return digits(value) if kind == "digits" and isinstance(value, str) else value

    def _resolve(self, name: Name) -> "tuple[EntitySet, Field, _Step | None]":
        path = name.path[1:] if self.variable and name.path[0] == self.variable else name.path
        if not path:
            raise bad_request("A property is needed here")
        entity, step = self.entity, None
        if len(path) > 1:
            entity, step = self._step(path[0])
        if len(path) > 2 or path[-1] in entity.navs:
            raise bad_request(f"Path '{'/'.join(path)}' is not supported in $filter")
        field = self.view.field(entity, path[-1])
        if not field.filterable:
            raise bad_request(f"Property '{field.name}' is not filterable", "/IWBEP/CM_MGW_RT/018")
        return entity, field, step

    def _step(self, name: str) -> "tuple[EntitySet, _Step]":
        nav = self.entity.navs.get(name)
        if nav is None or nav.many or self.view.service.version == 2:
            raise bad_request(f"Property '{name}' is invalid")
        return self.view.service.sets[nav.target], lambda row: self.view.follow(row, nav)

    def _call(self, node: Call) -> Test:
        known = {2: ("substringof", "startswith", "endswith"), 4: ("contains", "startswith", "endswith")}
        if node.name not in known[self.view.service.version]:
            raise bad_request(f"Function '{node.name}' is not supported")
        arguments = list(node.arguments)
        if node.name == "substringof":
            arguments.reverse()
        match arguments:
            case [Name() as name, Constant(kind="text", value=str(part))]:
                return self._text_test(_TEXT_TESTS.get(node.name, str.__contains__), name, part)
        raise bad_request(f"Invalid arguments of function '{node.name}'")

    def _text_test(self, passes: Callable[[str, str], bool], name: Name, part: str) -> Test:
        entity, field, step = self._resolve(name)
        if field.edm != "Edm.String":
            raise bad_request(f"Property '{field.name}' is not a text")
        read = self.view.reader(entity, field)
        return _lift(step, lambda row: passes(str(read(row)), part))

    def _quantifier(self, node: Quantifier) -> Test:
        nav = self.entity.navs.get(node.path[-1])
        if nav is None or not nav.many:
            raise bad_request(f"'{'/'.join(node.path)}' is not a collection")
        target = self.view.service.sets[nav.target]
        if node.inner is None:
            return lambda row: bool(self.view.follow(row, nav))
        inner = Compiler(self.view, target, node.variable).compile(node.inner).test
        quantify = all if node.every else any
        return lambda row: quantify(inner(each) for each in self.view.follow(row, nav))


_Step = Callable[[Row], Any]


def _lift(step: "_Step | None", test: Test) -> Test:
    return test if step is None else lambda row: any(test(each) for each in step(row))


def _null_test(name: str, read: Getter) -> Test:
    if name not in ("eq", "ne"):
        raise bad_request("Null can only be compared with eq and ne")
    return (lambda row: read(row) is None) if name == "eq" else (lambda row: read(row) is not None)


def _value_test(name: str, read: Getter, sort: Callable[[Any], Any], wanted: Any) -> Test:
    compare, missing = _OPERATORS[name], name == "ne"

    def test(row: Row) -> bool:
        value = read(row)
        return missing if value is None else compare(sort(value), wanted)

    return test


def _operands(node: Binary) -> list[Node]:
    """The operands of a chain of the same operator: long lists of keys must not nest."""
    found: list[Node] = []
    left: Node = node
    while isinstance(left, Binary) and left.operator == node.operator:
        found.append(left.right)
        left = left.left
    return [left, *reversed(found)]


def _both(parts: list[Condition]) -> Condition:
    tests = [part.test for part in parts]
    return Condition(
        lambda row: all(test(row) for test in tests), _merged([plan for part in parts for plan in part.plans])
    )


def _merged(plans: Plans) -> Plans:
    single: dict[str, Range] = {}
    rest: Plans = []
    for plan in plans:
        if len(plan) == 1:
            span = plan[0]
            single[span.column] = _narrower(single[span.column], span) if span.column in single else span
        else:
            rest.append(plan)
    return [*((span,) for span in single.values()), *rest]


def _narrower(one: Range, other: Range) -> Range:
    lows = [(span.low, span.above) for span in (one, other) if span.low is not None]
    highs = [(span.high, not span.below) for span in (one, other) if span.high is not None]
    low, above = max(lows) if lows else (None, False)
    high, upto = min(highs) if highs else (None, True)
    return Range(one.column, low, above, high, not upto)


def _either(parts: list[Condition]) -> Condition:
    tests = [part.test for part in parts]
    unions = [sum(plans, ()) for plans in islice(product(*(part.plans for part in parts)), _MOST_PLANS)]
    return Condition(lambda row: any(test(row) for test in tests), unions)


__all__ = ["Compiler", "Condition", "ODataError", "Plans", "Range"]
