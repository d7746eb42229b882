"""Document numbers: the next one behind those in use."""

from simulators.sap.store import Store


def next_number(store: Store, table: str, first: int) -> int:
    """The number behind the largest in use, at least ``first``."""
    shape = store[table]
    entries = shape.indexes[shape.shape.key[0]].entries()
    numbers = (int(row[shape.shape.key[0]]) for _, _, row in reversed(entries) if row[shape.shape.key[0]].isdigit())
    return max(first, next(numbers, 0) + 1)
