"""Purchase orders with dlt: its REST source, incremental by the change stamp, and a custom destination.

`python with_dlt.py JOB`. Exit code 0 once dlt says that everything is loaded; it keeps its state in the job's folder.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from job import Job

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}

import dlt
from dlt.sources.rest_api import rest_api_source


def main() -> int:
    """One run of the pipeline."""
    job = Job.given()
    # dlt loads files side by side: as many of them as calls may be
    os.environ["NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS"] = str(-(-len(job.bodies) // job.side_by_side))
    os.environ["LOAD__WORKERS"] = str(job.side_by_side)
    began = time.process_time()
    pipeline = dlt.pipeline("orders", pipelines_dir=job.folder, destination=destination(job)())
    try:
        pipeline.run(source(job, only_changes=not pipeline.first_run))
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}\n")
        return 1
    job.used("dlt", began)
    return 0


def source(job: Job, *, only_changes: bool) -> Any:
    """Orders with their items, page by page; `only_changes`: from the newest stamp that was loaded on.

    Orders that were never changed have no stamp, and would match no filter: a first load has none.
    """
    base, _, path = job.read_url.rpartition("/")
    since = {"$filter": "LastChangeDateTime ge {incremental.start_value}"} if only_changes else {}
    endpoint = {
        "path": path,
        "params": {"$expand": job.expand, **since},
        "data_selector": "value",
        "incremental": {
            "cursor_path": "LastChangeDateTime",
            "initial_value": "1970-01-01T00:00:00Z",
            "on_cursor_value_missing": "include",
        },
        "paginator": {
            "type": "offset",
            "limit": job.page,
            "limit_param": "$top",
            "offset_param": "$skip",
            "total_path": None,
        },
    }
    return rest_api_source(
        {
            "client": {
                "base_url": base,
                "auth": {"type": "http_basic", "username": job.user, "password": job.password},
            },
            "resources": [{"name": "orders", "primary_key": "PurchaseOrder", "endpoint": endpoint}],
        }
    )


def destination(job: Job) -> Any:
    """Posts one order after the other; dlt remembers after each how far a file has come."""
    session = job.session()

    @dlt.destination(batch_size=1, name="servicetitan", max_parallel_load_jobs=job.side_by_side)
    def servicetitan(items: Any, table: Any) -> None:
        for item in items:
            job.post(session, item["PurchaseOrder"])

    return servicetitan


if __name__ == "__main__":
    sys.exit(main())
