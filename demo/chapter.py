"""What a part of the demo has to say: its records, what must become of them, and what people do with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from demo.books import Books
from demo.checks import Checks
from demo.target import Target
from demo.world import World

States = Mapping[str, Mapping[str, str]]
"""The state that every record has to reach: flow to source key to state."""


@dataclass
class Scene:
    """Where the claims are made: the ledger, what ServiceTitan holds, what is so and what is not."""

    books: Books
    target: Target
    checks: Checks


class Chapter:
    """Some flows of the demo. Its world is made before anything of the product runs."""

    echoes: tuple[str, ...] = ()
    """Flows whose rows the product itself touches: how often they are read depends on when it does."""

    def __init__(self, world: World) -> None:
        self.world = world

    def bend(self) -> None:
        """Makes what has to be there in the beginning, one record of each unhappy kind included."""

    def states(self) -> States:
        """What must become of each record, as things are now."""
        return {}

    def is_settled(self, scene: Scene) -> bool:
        """Whether everything has arrived that takes more than one poll; it may ask for another one."""
        return True

    def claims(self, scene: Scene) -> None:
        """What both systems hold, read on their own control sides."""

    def change(self, scene: Scene) -> Counter[str]:
        """People change records; returns the writes that this has to take, as "system METHOD route"."""
        return Counter()

    def changed(self, scene: Scene) -> None:
        """What became of the change."""

    def answer(self, scene: Scene) -> None:
        """A person answers what only a person can."""
