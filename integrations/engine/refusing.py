"""Records of which nothing will come at the target, so that what needs them need not wait for ever."""

from __future__ import annotations

from integrations.models import Delivery

REFUSED = frozenset({Delivery.State.NOT_TRANSFERABLE, Delivery.State.DISMISSED})


def refusal(flow: str, source_key: str) -> str:
    """Why nothing will come of a record, in the words of its newest version; "" while something may."""
    versions = Delivery.objects.filter(sync__flow=flow, source_key=source_key)
    newest = versions.order_by("-number").only("state", "reason").first()
    return (newest.reason or newest.state) if newest and newest.state in REFUSED else ""
