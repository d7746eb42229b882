"""What every tool is told, how an order is posted, and what was used: shared by the tools' scripts, standard library
and `requests` only, as in the bare loop."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """See the package. Times are those of this process."""

    read_url: str
    expand: str
    page: int
    user: str
    password: str
    post_url: str
    token: str
    app_key: str
    bodies: dict[str, str]
    side_by_side: int
    folder: str
    report: str

    @classmethod
    def given(cls, place: int = 1) -> Job:
        """The job in the file that an argument names."""
        return cls(**json.loads(Path(sys.argv[place]).read_text()))

    def session(self) -> requests.Session:
        """Signed in at ServiceTitan, with a connection per call at once."""
        session = requests.Session()
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=self.side_by_side))
        session.headers.update({"Authorization": f"Bearer {self.token}", "ST-App-Key": self.app_key})
        return session

    def post(self, session: requests.Session, order: str) -> Any:
        """Posts one order. Raises requests' errors, for an answer that is not 200 too."""
        answer = session.post(self.post_url, json=json.loads(self.bodies[order]), timeout=60)
        answer.raise_for_status()
        return answer.json()

    def used(self, what: str, since: float) -> None:
        """Adds a line: what, and its CPU seconds from `since` on, as `time.process_time` told them."""
        with Path(self.report).open("a") as report:
            report.write(json.dumps({"what": what, "cpu": time.process_time() - since}) + "\n")
