"""The chapters of the demo besides vendors and orders, in the order in which they are told."""

from __future__ import annotations

from demo.chapter import Chapter
from demo.cost_centers import CostCenters
from demo.payables import Payables
from demo.requests import Requests
from demo.requisitions import Requisitions
from demo.vendors_back import VendorsBack
from demo.world import World


def bend(world: World) -> list[Chapter]:
    """Makes what the demo begins with, in both systems; returns the chapters."""
    world.bend()
    world.read_again()
    chapters: list[Chapter] = [
        VendorsBack(world),
        CostCenters(world),
        Requisitions(world),
        Requests(world),
        Payables(world),
    ]
    for chapter in chapters:
        chapter.bend()
    world.read_again()
    return chapters
