"""Purchase orders with Singer's SDK, the reading half: `python singer_tap.py JOB --config FILE [--state FILE]`."""

from __future__ import annotations

import sys
import time
from typing import Any

from job import Job
from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BasicAuthenticator
from singer_sdk.pagination import OffsetPaginator
from singer_sdk.streams import RESTStream

JOB = Job.given()
PLAIN = ("PurchaseOrder", "PurchaseOrderType", "CompanyCode", "Supplier", "PurchasingProcessingStatus")
NESTED = th.ArrayType(th.ObjectType(additional_properties=True))


class Pages(OffsetPaginator):
    """By $skip, until a page is not full."""

    def has_more(self, response: Any) -> bool:
        """Whether to ask for another page."""
        return len(response.json()["value"]) == self.page_size


class Orders(RESTStream[int]):
    """Orders with their items, from the newest stamp on that the state names."""

    name = "orders"
    primary_keys = ("PurchaseOrder",)
    replication_key = "LastChangeDateTime"
    records_jsonpath = "$.value[*]"
    schema = th.PropertiesList(
        *(th.Property(name, th.StringType) for name in PLAIN),
        th.Property("LastChangeDateTime", th.DateTimeType),
        th.Property("_PurchaseOrderItem", NESTED),
    ).to_dict()
    url_base, _, _last = JOB.read_url.rpartition("/")
    path = f"/{_last}"

    @property
    def authenticator(self) -> BasicAuthenticator:
        """As SAP's communication user."""
        return BasicAuthenticator(username=JOB.user, password=JOB.password)

    def get_new_paginator(self) -> Pages:
        """From the first page on."""
        return Pages(start_value=0, page_size=JOB.page)

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:
        """A page. Orders that were never changed have no stamp, and would match no filter: a first load has none."""
        since = self.get_starting_replication_key_value(context)
        only = {"$filter": f"LastChangeDateTime ge {since}"} if since else {}
        return {"$top": JOB.page, "$skip": next_page_token or 0, "$expand": JOB.expand, **only}


class TapOrders(Tap):
    """The tap."""

    name = "tap-orders"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self) -> list[Any]:
        """Its one stream."""
        return [Orders(tap=self)]


if __name__ == "__main__":
    began = time.process_time()
    try:
        TapOrders.cli(args=sys.argv[2:], standalone_mode=False)
    finally:
        JOB.used("tap", began)
