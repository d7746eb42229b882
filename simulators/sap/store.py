"""The memory of the simulator: tables of rows, rows with their dependent rows, sorted indexes.

Rows live below their root (an order holds its items, an item its account assignments); only roots and indexed columns
can be searched without walking.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from simulators.sap.tables import SHAPES, Shape, columns
from simulators.sap.values import INITIAL, Value

Key = tuple[Any, ...]
Getter = Callable[["Row"], Any]

# Document and master data numbers that SAP stores with leading zeros: they sort as if padded.
_PADDED = frozenset(
    {"BusinessPartner", "Supplier", "PurchaseOrder", "PurchaseRequisition", "SupplierInvoice", "CostCenter"}
)
_LOWEST: dict[str, Any] = {"date": date.min, "stamp": -(1 << 62), "number": Decimal("-Infinity")}


# Shared by all rows that have no dependent rows of a table: most of a large world.
_NO_ROWS: list[Any] = []


class Row:
    """One row. ``row["Column"]`` reads and sets a stored value; ``kids`` are the dependent rows by table."""

    __slots__ = ("cells", "kids", "parent", "rare", "table")

    def __init__(self, table: "Table", cells: list[Any], parent: "Row | None" = None) -> None:
        self.table = table
        self.cells = cells
        self.rare: dict[str, Any] | None = None
        self.kids: list[list[Row]] = table.no_kids.copy() if table.no_kids else table.no_kids
        self.parent = parent

    def __getitem__(self, column: str) -> Any:
        place = self.table.place.get(column)
        if place is not None:
            return self.cells[place]
        return self.table.initial[column] if self.rare is None else self.rare.get(column, self.table.initial[column])

    def __setitem__(self, column: str, value: Value) -> None:
        place = self.table.place.get(column)
        if place is not None:
            self.cells[place] = value
        elif column not in self.table.initial:
            raise KeyError(f"{self.table.name} has no column {column}")
        elif self.rare is not None:
            self.rare[column] = value
        elif value != self.table.initial[column]:
            self.rare = {column: value}

    @property
    def key(self) -> Key:
        """The key in sortable form."""
        return tuple(sort(self[column]) for column, sort in self.table.key_sorts)

    def children(self, table: str) -> "list[Row]":
        """The dependent rows of one table; not to be changed."""
        return self.kids[self.table.kids.index(table)]

    def adopt(self, kid: "Row") -> "Row":
        """Append a dependent row; ``Store.insert`` does so for stored documents."""
        place = self.table.kids.index(kid.table.name)
        if self.kids[place] is _NO_ROWS:
            self.kids[place] = []
        self.kids[place].append(kid)
        return kid

    def root(self) -> "Row":
        """The row of the document this row belongs to."""
        row = self
        while row.parent is not None:
            row = row.parent
        return row


class Index:
    """The rows of a table sorted by one column and then by key. Sorted when needed after bulk loading."""

    __slots__ = ("_dirty", "_entries", "column", "form")

    def __init__(self, column: str, form: Callable[[Any], Any]) -> None:
        self.column = column
        self.form = form
        self._entries: list[tuple[Any, Key, Row]] = []
        self._dirty = False

    def entries(self) -> list[tuple[Any, Key, Row]]:
        """All entries, sorted."""
        if self._dirty:
            self._entries.sort(key=lambda entry: entry[:2])
            self._dirty = False
        return self._entries

    def append(self, row: Row) -> None:
        """Add a row during bulk loading."""
        entry = (self.form(row[self.column]), row.key, row)
        if self._entries and self._entries[-1][:2] > entry[:2]:
            self._dirty = True
        self._entries.append(entry)

    def add(self, row: Row) -> None:
        """Add a row at its place."""
        insort(self.entries(), (self.form(row[self.column]), row.key, row), key=lambda entry: entry[:2])

    def remove(self, row: Row) -> None:
        """Remove a row; its column and key must still be those it was added with."""
        entries = self.entries()
        place = bisect_left(entries, (self.form(row[self.column]), row.key), key=lambda entry: entry[:2])
        if place < len(entries) and entries[place][2] is row:
            del entries[place]

    def span(self, low: Any, above: bool, high: Any, below: bool) -> tuple[int, int]:
        """Where the values between two bounds lie; ``above`` and ``below`` exclude the bound, ``None`` is open."""
        entries = self.entries()

        def value(entry: tuple[Any, Key, Row]) -> Any:
            return entry[0]

        start = 0 if low is None else (bisect_right if above else bisect_left)(entries, low, key=value)
        end = len(entries) if high is None else (bisect_left if below else bisect_right)(entries, high, key=value)
        return start, max(start, end)


class Table:
    """All rows of one kind."""

    def __init__(self, shape: Shape, kinds: Mapping[str, str], parent: "Table | None") -> None:
        names = list(dict.fromkeys((*shape.key, *shape.often)))
        self.name = shape.name
        self.shape = shape
        self.kinds = kinds
        self.parent = parent
        self.kids: list[str] = []
        self.no_kids: list[list[Row]] = []
        self.place = {name: place for place, name in enumerate(names)}
        self.initial: dict[str, Value] = {name: INITIAL[kind] for name, kind in kinds.items()}
        self._blank = [self.initial[name] for name in names]
        self.key_sorts = [(name, self.sort_form(name)) for name in shape.key]
        self.rows: dict[Key, Row] = {}
        indexed = (*shape.indexed, shape.key[0]) if parent is None else shape.indexed
        self.indexes = {name: Index(name, self.sort_form(name)) for name in indexed}

    @property
    def root(self) -> "Table":
        """The table of the documents to which these rows belong."""
        return self if self.parent is None else self.parent.root

    def sort_form(self, column: str) -> Callable[[Any], Any]:
        """How values of a column compare: numbers in text as if padded with zeros, initial dates first."""
        kind = self.kinds[column]
        if kind == "digits":
            return lambda value: value.rjust(10, "0")
        if column in _PADDED:
            return lambda value: value.rjust(10, "0") if value.isdigit() else value
        if kind in _LOWEST:
            lowest = _LOWEST[kind]
            return lambda value: lowest if value is None else value
        return _same

    def getter(self, column: str) -> Getter:
        """A fast reader of one column."""
        place = self.place.get(column)
        if place is not None:
            return lambda row: row.cells[place]
        initial = self.initial[column]
        return lambda row: initial if row.rare is None else row.rare.get(column, initial)

    def make(self, values: Mapping[str, Value], parent: Row | None = None) -> Row:
        """A new row that is in no index yet; below ``parent`` it takes over the parent's key."""
        row = Row(self, self._blank.copy(), parent)
        for column, value in values.items():
            row[column] = value
        if parent is not None:
            for column in parent.table.shape.key:
                if column in self.place:
                    row.cells[self.place[column]] = parent[column]
        return row

    def everything(self) -> Iterator[Row]:
        """All rows in the order of their keys."""
        if self.parent is None:
            return (row for _, _, row in self.indexes[self.shape.key[0]].entries())
        return (row for above in self.parent.everything() for row in above.children(self.name))


def _same(value: Any) -> Any:
    return value


class Store:
    """All tables."""

    def __init__(self) -> None:
        kinds = columns()
        # Rows that are not stored because they follow from other data, by table.
        self.derived: dict[str, Callable[[Row], list[Row]]] = {}
        # Filters compare time stamps in units of so many ticks of 100 ns.
        self.stamp_cut = 1
        self.tables: dict[str, Table] = {}
        for shape in SHAPES:
            parent = self.tables[shape.parent] if shape.parent else None
            self.tables[shape.name] = Table(shape, kinds[shape.name], parent)
            if parent is not None:
                parent.kids.append(shape.name)
                parent.no_kids.append(_NO_ROWS)

    def __getitem__(self, table: str) -> Table:
        return self.tables[table]

    def load(self, roots: Iterable[Row]) -> None:
        """Take in many new documents."""
        for row in roots:
            row.table.rows[row.key] = row
            for each in _family(row):
                for index in each.table.indexes.values():
                    index.append(each)

    def insert(self, row: Row) -> Row:
        """Take in one new document, or a new row below a stored one."""
        if row.parent is None:
            row.table.rows[row.key] = row
        elif row not in row.parent.children(row.table.name):
            row.parent.adopt(row)
        for each in _family(row):
            for index in each.table.indexes.values():
                index.add(each)
        return row

    def remove(self, row: Row) -> None:
        """Take a row out, with all that depends on it."""
        for each in _family(row):
            for index in each.table.indexes.values():
                index.remove(each)
        if row.parent is None:
            del row.table.rows[row.key]
        else:
            row.parent.children(row.table.name).remove(row)

    def change(self, row: Row, values: Mapping[str, Value]) -> None:
        """Set values of a stored row and keep the indexes right."""
        touched = [index for name, index in row.table.indexes.items() if name in values]
        for index in touched:
            index.remove(row)
        for column, value in values.items():
            row[column] = value
        for index in touched:
            index.add(row)

    def find(self, table: str, key: Mapping[str, Value]) -> Row | None:
        """The row with this key (values by column), or None."""
        wanted = self.tables[table]
        sought = tuple(sort(key[column]) for column, sort in wanted.key_sorts)
        if wanted.parent is None:
            return wanted.rows.get(sought)
        root = wanted.root
        if set(root.shape.key) <= set(key):
            above = root.rows.get(tuple(sort(key[column]) for column, sort in root.key_sorts))
            candidates: Iterable[Row] = () if above is None else (row for row in _family(above) if row.table is wanted)
        else:
            candidates = wanted.everything()
        return next((row for row in candidates if row.key == sought), None)


def _family(row: Row) -> Iterator[Row]:
    yield row
    for kids in row.kids:
        for kid in kids:
            yield from _family(kid)


family = _family
