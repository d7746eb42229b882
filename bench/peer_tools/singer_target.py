"""Purchase orders with Singer's SDK, the writing half: `python singer_target.py JOB --config FILE`, records on stdin.

A RecordSink gets one record after the other: the SDK has no calls side by side within a stream.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from job import Job
from singer_sdk import Target
from singer_sdk import typing as th
from singer_sdk.sinks import RecordSink

JOB = Job.given()
SESSION = JOB.session()


class Orders(RecordSink):
    """Posts each record when it comes."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """One order."""
        JOB.post(SESSION, record["PurchaseOrder"])


class TargetServiceTitan(Target):
    """The target."""

    name = "target-servicetitan"
    config_jsonschema = th.PropertiesList().to_dict()
    default_sink_class = Orders


if __name__ == "__main__":
    began = time.process_time()
    try:
        TargetServiceTitan.cli(args=sys.argv[2:], standalone_mode=False)
    finally:
        JOB.used("target", began)
