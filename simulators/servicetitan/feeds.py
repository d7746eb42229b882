"""Export feeds: everything in the order of modification, in pieces, with a token to go on from."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from simulators.servicetitan.answers import render, schema_of
from simulators.servicetitan.lists import Shape, as_it_is
from simulators.servicetitan.problems import refuse
from simulators.servicetitan.table import Record
from simulators.servicetitan.tenant import Call
from simulators.wire import Response, json_response, parse_moment

RECENT = timedelta(minutes=5)


def answer_feed(call: Call, table_name: str, shape: Shape = as_it_is) -> Response:
    """One piece of an export feed: all rows, also inactive ones, in the order of modification."""
    table = call.tenant[table_name]
    table.settle()
    start = _feed_start(call.given.get("from", ""))
    recent = bool(call.given.get("includeRecentChanges"))
    order = [it for it in table.by_modified if it > start]
    piece = order[: call.tenant.switches.export_page_size]
    more = len(order) > len(piece)
    last = piece[-1] if piece else start
    if recent and not more:
        last = min(last, (call.tenant.clock.now() - RECENT, 0))
    rows = [table.listed[number] for _, number in piece]
    data = [_fed(call, row, shape(render(call, row))) for row in rows]
    return json_response({"hasMore": more, "continueFrom": _token(last), "data": data})


def _fed(call: Call, row: Record, data: dict[str, Any]) -> dict[str, Any]:
    """Feeds whose rows declare ``active`` show it, others do not."""
    return {**data, "active": row.active} if "active" in schema_of(call.operation) else data


def _token(place: tuple[datetime, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps([place[0].isoformat(), place[1]]).encode()).decode().rstrip("=")


def _feed_start(text: str) -> tuple[datetime, int]:
    if not text:
        return parse_moment("0001-01-01"), 0
    try:
        return parse_moment(text), 0
    except ValueError:
        pass
    try:
        moment, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return parse_moment(moment), int(number)
    except (ValueError, TypeError):
        raise refuse("From", f"The value '{text}' is not valid.") from None
