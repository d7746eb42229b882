"""How a remote entity is declared: which fields are read, of which type, and which children come with it.

Every name of a field that this product reads or filters by stands in exactly one declaration (`services.py`,
`objects.py`), so that tests can hold all of them against SAP's own metadata documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

Kind = Literal["text", "item", "decimal", "bool", "flag", "date", "time", "stamp", "guid"]


class Field(NamedTuple):  # taken apart for every field of every row that is read
    """`name` is the name in our rows, `source` the name at SAP; "-" for what is not sent because SAP counts it up."""

    name: str
    source: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity type of a service with the fields read from it. `type` is its name in `$metadata`."""

    type: str
    fields: tuple[Field, ...]
    children: tuple[Child, ...] = ()

    def has(self, name: str) -> bool:
        """Whether a field of that name of ours is declared."""
        return any(one.name == name for one in self.fields)

    def field(self, name: str) -> Field:
        """The declaration of a field by our name. KeyError: it is used without being declared."""
        found = next((one for one in self.fields if one.name == name), None)
        if found is None:
            raise KeyError(f"{self.type}.{name}")
        return found


@dataclass(frozen=True, slots=True)
class Child:
    """A navigation that is expanded; its rows stand under `name`. `many` False: one row or None."""

    name: str
    navigation: str
    entity: Entity
    many: bool = True


def fields(text: str) -> tuple[Field, ...]:
    """Declares fields in one text: "PurchaseOrder  OrderQuantity:decimal  DeletionCode=PurchasingDeletionCode:text"."""
    return tuple(_field(word) for word in text.split())


def _field(word: str) -> Field:
    names, _, kind = word.partition(":")
    name, _, source = names.partition("=")
    if kind and kind not in get_args(Kind):
        raise ValueError(word)
    return Field(name, source or name, kind or "text")  # type: ignore[arg-type]
