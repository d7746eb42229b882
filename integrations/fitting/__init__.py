"""Do these two accounts fit each other? A report of facts, findings and a verdict, made strictly reading.

`making` does it in steps that can be stopped and go on after a crash: `access` asks both systems what they allow,
`sampling` rehearses the first run of each flow, `hints` looks for what codes may mean. `on_access` and `on_records`
make findings of the facts, `verdicts` a verdict of the findings; both are plain functions.
"""

from integrations.fitting.findings import AREAS, STATES, WHO, Finding
from integrations.fitting.making import begin, give_up, go_on, previous, seconds_left, step_names, stop, usual_flows
from integrations.fitting.verdicts import Compared, compare

__all__ = [
    "AREAS",
    "STATES",
    "WHO",
    "Compared",
    "Finding",
    "begin",
    "compare",
    "give_up",
    "go_on",
    "previous",
    "seconds_left",
    "step_names",
    "stop",
    "usual_flows",
]
