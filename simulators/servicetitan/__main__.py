"""``python -m simulators.servicetitan --port 0 --port-file F --seed 7 --tenant 1001 --tenant 1002``."""

import argparse
import sys
import threading

from simulators.server import listen, shell
from simulators.servicetitan.events import keep_delivering
from simulators.servicetitan.seed import MATERIALS
from simulators.servicetitan.simulator import ServiceTitan


def build(options: argparse.Namespace) -> ServiceTitan:
    """The simulator as the command line asks for it."""
    simulator = ServiceTitan(options.seed, options.tenant or [1001], options.materials)
    simulator.change_settings({"list_lag_seconds": options.list_lag})
    keep_delivering(simulator, threading.Event())
    return simulator


if __name__ == "__main__":
    parser = shell("A stand-in for ServiceTitan.")
    parser.add_argument("--tenant", type=int, action="append", help="a tenant id; may be given several times")
    parser.add_argument("--materials", type=int, default=MATERIALS, help="how many SKUs each tenant has")
    parser.add_argument("--list-lag", type=float, default=0.0, help="seconds until lists show a change")
    listen(sys.argv[1:], parser, build)
