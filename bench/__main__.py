"""`python -m bench [--orders N] [--rounds N]`; usually by make."""

from __future__ import annotations

import argparse
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"


def main() -> None:
    """Runs every benchmark on a database of its own and prints a line per question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=300, help="purchase orders per round (300)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the spread is over them (3)")
    options = parser.parse_args()
    import django

    django.setup()
    from bench.orders import run

    run(orders=options.orders, rounds=options.rounds)


main()
