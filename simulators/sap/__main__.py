"""``python -m simulators.sap``: serve one generated tenant over HTTP."""

import argparse
import sys

from simulators.sap.app import SapSimulator
from simulators.sap.generate import SIZES
from simulators.server import listen, shell


def _build(options: argparse.Namespace) -> SapSimulator:
    accounts = dict(pair.split(":", 1) for pair in options.account)
    simulator = SapSimulator(accounts or None)
    sizes = {
        name: getattr(options, name)
        for name in ("suppliers", "orders", "requisitions", "invoices", "oddities")
        if getattr(options, name) is not None
    }
    simulator.reset({"seed": options.seed, "size": options.size, **sizes})
    return simulator


def main() -> None:
    """Parse the command line and serve until interrupted."""
    parser = shell("A stand-in for SAP S/4HANA")
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    for name in ("suppliers", "orders", "requisitions", "invoices"):
        parser.add_argument(f"--{name}", type=int, help="instead of the size's number")
    parser.add_argument("--oddities", type=float, help="scales the share of unusual rows; 0 for none")
    parser.add_argument("--account", action="append", default=[], help="user:password of a communication user")
    listen(sys.argv[1:], parser, _build)


if __name__ == "__main__":
    main()
