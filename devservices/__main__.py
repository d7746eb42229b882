"""`python -m devservices up|down|status|urls|forget [--instance main|demo|tests]`: the embedded services by hand."""

from __future__ import annotations

import argparse
import shutil
import sys

from devservices import postgres, state, urls, valkey


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 1 where a service could not be started, or (for `status`) does not run."""
    parser = argparse.ArgumentParser(prog="python -m devservices", description="The embedded PostgreSQL and Valkey.")
    parser.add_argument("action", choices=list(ACTIONS))
    parser.add_argument("--instance", choices=state.INSTANCES, default=state.instance_name())
    parser.add_argument("--if-idle", action="store_true", help="down: leave everything running while it is in use")
    chosen = parser.parse_args(arguments)
    try:
        return ACTIONS[chosen.action](chosen)
    except state.ServiceError as error:
        print(error, file=sys.stderr)
        return 1


def up(chosen: argparse.Namespace) -> int:
    """Starts both services; those that run already stay as they are."""
    postgres.start(chosen.instance)
    valkey.start(chosen.instance)
    return status(chosen)


def down(chosen: argparse.Namespace) -> int:
    """Stops both services."""
    if chosen.if_idle and postgres.running(chosen.instance) and postgres.sessions(chosen.instance):
        print(f"{chosen.instance}: in use, left running")
        return 0
    valkey.stop(chosen.instance)
    postgres.stop(chosen.instance)
    return 0


def status(chosen: argparse.Namespace) -> int:
    """Says for each service whether it runs, and where."""
    rows = [
        ("postgres", postgres.running(chosen.instance), urls.database_url(chosen.instance)),
        ("valkey", valkey.running(chosen.instance), urls.broker_url(chosen.instance)),
    ]
    for name, pid, address in rows:
        print(f"{chosen.instance}: {name:9} {f'runs (pid {pid})' if pid else 'does not run':22} {address}")
    return 0 if all(pid for _, pid, _ in rows) else 1


def show_urls(chosen: argparse.Namespace) -> int:
    """Prints both URLs in the form of an env file."""
    print(f"DATABASE_URL={urls.database_url(chosen.instance)}")
    print(f"BROKER_URL={urls.broker_url(chosen.instance)}")
    return 0


def forget(chosen: argparse.Namespace) -> int:
    """Stops the services of every instance and removes all their data."""
    for instance in state.INSTANCES:
        valkey.stop(instance)
        postgres.stop(instance)
        shutil.rmtree(state.root(instance), ignore_errors=True)
    if state.root().parent.parent == state.FALLBACK_PARENT:
        shutil.rmtree(state.root().parent, ignore_errors=True)
    return 0


ACTIONS = {"up": up, "down": down, "status": status, "urls": show_urls, "forget": forget}

if __name__ == "__main__":
    sys.exit(main())
