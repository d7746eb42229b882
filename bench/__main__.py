"""`python -m bench [NAME ...]`: asks questions (see `bench.question`), prints figures, ends with a line per target."""

from __future__ import annotations

import argparse
import os
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import bench
from bench import answers, report, targets
from bench.picture import svg
from bench.question import Curve, Figure, NotAsked, Options
from connector.celery import collect_seldom, take_short_turns

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("DEVSERVICES_INSTANCE", "bench")  # nobody else uses its services: their CPU is ours
PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
NOT_ASKED = 3
"""The exit code of a question's process that says why it could not be asked."""


def main() -> int:
    """Asks; 1 if a question could not be answered. A target that is not reached is told, not an error."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="questions; without any, all that are not long")
    parser.add_argument("--all", action="store_true", help="the long questions as well")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions; the spread is over them (3)")
    parser.add_argument("--scale", type=float, default=1.0, help="sizes against those that the targets name (1)")
    parser.add_argument(
        "--pictures", action="store_true", help="draw the curves of the last answers into docs/pictures"
    )
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        return _answer(options.names[0], Options(options.rounds, options.scale))
    known = questions()
    if options.pictures:
        return _draw(known)
    names = options.names or [name for name, module in known.items() if options.all or not _is_long(module)]
    if strange := [name for name in names if name not in known]:
        parser.error(f"there is no question {strange[0]}; there are: {', '.join(known)}")
    return _ask(names, list(known), ["--rounds", str(options.rounds), "--scale", str(options.scale)])


def questions() -> dict[str, ModuleType]:
    """Every question by its name. Modules are imported only to see which of them ask something."""
    _set_up()
    found = {
        name: import_module(f"bench.{name}") for _, name, _ in pkgutil.iter_modules(bench.__path__) if name[0] != "_"
    }
    return {name: module for name, module in found.items() if hasattr(module, "ask")}


def _is_long(module: ModuleType) -> bool:
    return bool(getattr(module, "LONG", False))


def _set_up() -> None:
    import django

    django.setup()


def _ask(names: list[str], known: list[str], options: list[str]) -> int:
    """Each question in a process of its own, so that no one's memory or connections are another one's."""
    failed = []
    for name in names:
        answers.forget(name)
        if subprocess.run([sys.executable, "-m", "bench", "--here", name, *options], check=False).returncode not in (
            0,
            NOT_ASKED,
        ):
            failed.append(name)
    told = [line for name in names if (found := answers.of(name)) for line in report.others(found.figures)]
    wanted = targets.lines({name: answers.of(name) for name in known})
    sys.stdout.write("\n".join(["", *told, *(f"no answer:   {name}" for name in failed), "", *wanted, ""]))
    return 1 if failed else 0


def _answer(name: str, options: Options) -> int:
    _set_up()
    collect_seldom()  # as a worker does; both sides are measured under it
    take_short_turns()
    module = import_module(f"bench.{name}")
    sys.stdout.write(f"{name}: {(module.__doc__ or '').splitlines()[0]}\n")
    found = answers.begun(options)
    try:
        for result in module.ask(options):
            found.results.append(result)
            if isinstance(result, Figure):
                sys.stdout.write(f"  {report.line(result)}\n")
                sys.stdout.flush()
            answers.keep(name, found)
    except NotAsked as why:
        sys.stdout.write(f"  not asked: {why}\n")
        return NOT_ASKED
    sys.stdout.write(f"  ({found.circumstances})\n")
    return 0


def _draw(known: dict[str, ModuleType]) -> int:
    """The curves that stand in docs/performance.md, as far as they were measured at full size."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    whole = [found for name in known if (found := answers.of(name)) and found.scale >= 1]
    for curve in [result for found in whole for result in found.results if isinstance(result, Curve)]:
        (PICTURES / f"{curve.name}.svg").write_text(svg(curve))
        sys.stdout.write(f"docs/pictures/{curve.name}.svg\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
