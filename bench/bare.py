"""The other side: a loop that reads the same pages and posts the same bodies with `requests`, and keeps nothing.

It makes as many calls side by side as the product does, one POST per order, reads nothing back and survives nothing.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

from integrations.models import Attempt
from tests.journeys.world import World

PAGE = 50
EXPAND = "_PurchaseOrderItem($expand=_PurOrdAccountAssignment,_PurchaseOrderScheduleLineTP,_DeliveryAddress)"


@dataclass(frozen=True, slots=True)
class Loop:
    """What the product has read and written, to be done again without it."""

    read_url: str
    posts: list[tuple[str, str]]
    token: str
    side_by_side: int

    @classmethod
    def after(cls, world: World, *, side_by_side: int) -> Loop:
        """The orders that a world has just delivered."""
        sent = world.rows(Attempt, kind="write", step__action="create", step__delivery__sync__flow="purchase-orders")
        exchanges = [attempt.exchange for attempt in sent]
        reads = [path for method, path in world.calls(sap=True) if method == "GET" and path.endswith("PurchaseOrder")]
        posts = [(exchange["url"], exchange["request_body"]) for exchange in exchanges]
        return cls(world.sap + reads[0], posts, _token(world), side_by_side)

    def run(self) -> tuple[float, float]:
        """CPU and wall seconds of reading and posting all of them."""
        cpu, wall = time.process_time(), time.perf_counter()
        with requests.Session() as session:
            session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=self.side_by_side))
            for number in range(-(-len(self.posts) // PAGE)):
                self._read(session, number)
            with ThreadPoolExecutor(self.side_by_side) as pool:
                answers = list(pool.map(lambda post: self._post(session, *post), self.posts))
        if any(status != 200 for status in answers):
            raise SystemExit("The bare loop was refused; nothing was measured.")
        return time.process_time() - cpu, time.perf_counter() - wall

    def _read(self, session: requests.Session, number: int) -> None:
        params = {"$top": str(PAGE), "$skip": str(number * PAGE), "$expand": EXPAND}
        answer = session.get(self.read_url, params=params, auth=("CONNECTOR", "canary-sap-password"), timeout=60)
        answer.raise_for_status()
        json.loads(answer.content)

    def _post(self, session: requests.Session, url: str, body: str) -> int:
        headers = {"Authorization": f"Bearer {self.token}", "ST-App-Key": "ak1.canary-app-key"}
        payload = json.loads(body)
        answer = session.post(url, json=payload, headers=headers, timeout=60)
        json.loads(answer.content)
        return answer.status_code


def _token(world: World) -> str:
    form = {"grant_type": "client_credentials", "client_id": "cid.canary-1001", "client_secret": "cs1.canary-1001"}
    answer = requests.post(f"{world.servicetitan}/connect/token", data=form, timeout=60)
    return str(answer.json()["access_token"])
