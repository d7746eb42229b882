"""How a service sees the store: fields read from rows, navigation from row to row."""

from collections.abc import Callable, Sequence
from typing import Any

from simulators.sap.declare import EntitySet, Field, Nav, Service
from simulators.sap.problems import unknown_property
from simulators.sap.store import Getter, Row, Store, Table

Rows = Sequence[Row]


class View:
    """One service over one store."""

    def __init__(self, service: Service, store: Store) -> None:
        self.service = service
        self.store = store
        self._readers: dict[tuple[str, str], Getter] = {}

    def table(self, entity: EntitySet) -> Table:
        """The table behind an entity set."""
        return self.store[entity.table]

    def field(self, entity: EntitySet, name: str) -> Field:
        """A field by name. Raises ODataError (400) when the type does not have it."""
        found = entity.fields.get(name)
        if found is None:
            raise unknown_property(name, entity.type_name)
        return found

    def reader(self, entity: EntitySet, field: Field) -> Getter:
        """A function that reads the stored value of a field."""
        known = self._readers.get((entity.name, field.name))
        if known is None:
            known = self._readers[entity.name, field.name] = self._reader(self.table(entity), field.column)
        return known

    def _reader(self, table: Table, column: str) -> Getter:
        child, _, inner = column.rpartition(".")
        if not child:
            return table.getter(column)
        below = self.store[child]
        inner_reader, initial = below.getter(inner), below.initial[inner]

        def through_child(row: Row) -> Any:
            kids = self.kids(row, child)
            return inner_reader(kids[0]) if kids else initial

        return through_child

    def kids(self, row: Row, table: str) -> Rows:
        """Dependent rows; where there are none, those that follow from other data."""
        kids = row.children(table)
        derive = self.store.derived.get(table)
        return derive(row) if derive is not None and not kids else kids

    def kind(self, entity: EntitySet, field: Field) -> str:
        """The kind of stored value behind a field."""
        child, _, inner = field.column.rpartition(".")
        return (self.store[child] if child else self.table(entity)).kinds[inner or field.column]

    def follow(self, row: Row, nav: Nav) -> Rows:
        """The rows a navigation leads to."""
        found = self._follow(row, nav)
        if nav.where is None:
            return found
        column, value = nav.where
        return [each for each in found if each[column] == value]

    def _follow(self, row: Row, nav: Nav) -> Rows:
        if nav.way == "kids":
            return self.kids(row, nav.table)
        if nav.way == "up":
            return _above(row, nav.table)
        key = {column: row[column] for column in self.store[nav.table].shape.key}
        found = self.store.find(nav.table, key)
        return [] if found is None else [found]


def _above(row: Row, table: str) -> Rows:
    above = row.parent
    while above is not None and above.table.name != table:
        above = above.parent
    return [] if above is None else [above]


Test = Callable[[Row], bool]
