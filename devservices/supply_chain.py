"""`make audit`: what the product is made of, under which licences, and what is known against it.

Licences are read from the metadata of the installed packages and held against a list of what is allowed; the bill of
materials is CycloneDX 1.6. Known vulnerabilities are asked for with pip-audit. Where it is not installed, or the
service that it asks gives no answer, nothing is known: that is told in one line and has an exit code of its own.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

CHECKOUT = Path(__file__).resolve().parent.parent
PRODUCTION = CHECKOUT / "requirements" / "production.txt"
SBOM = CHECKOUT / ".state" / "sbom.cdx.json"

ALLOWED = (
    r"MIT", r"Apache", r"BSD", r"ISC", r"PSF|Python Software Foundation", r"Mozilla|MPL", r"LGPL|Lesser General",
)  # fmt: skip
"""LGPL (psycopg) and MPL (certifi) are used as they are, as packages of their own, and never changed."""


UNKNOWN = 3
"""The exit code where all else is well, and nobody could be asked about vulnerabilities."""
PATIENCE = 120
"""Seconds for pip-audit."""


def main() -> int:
    """Prints what was found. 1 if a licence is not allowed or pip-audit found something, UNKNOWN if nobody could be
    asked, else 0."""
    found = pinned(PRODUCTION.read_text())
    refused = {name: licence for name, (_, licence) in licences(found).items() if not allowed(licence)}
    for name, licence in refused.items():
        print(f"{name}: its licence is {licence or 'not named'}, which is not on the list of what is allowed")
    print(f"licences: {len(found) - len(refused)} of {len(found)} packages are allowed")
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(json.dumps(bill_of_materials(found), indent=1) + "\n")
    print(f"bill of materials: {SBOM.relative_to(CHECKOUT)}")
    known = vulnerable()
    if refused or known:
        return 1
    return UNKNOWN if known is None else 0


def pinned(text: str) -> dict[str, list[str]]:
    """SHA-256 hashes by package, for the packages that are needed on this machine."""
    found: dict[str, list[str]] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        line, *hashes = re.split(r"\s+--hash=sha256:", entry.strip())
        if not line or line.startswith("#"):
            continue
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate():
            found[wanted.name] = hashes
    return found


def licences(names: dict[str, list[str]]) -> dict[str, tuple[str, str]]:
    """Version and licence of each package; "" where it is not installed, or names none."""
    found = {}
    for name in names:
        try:
            package = distribution(name)
        except PackageNotFoundError:
            found[name] = ("", "")
        else:
            found[name] = (package.version, licence_of(package))
    return found


def licence_of(package: Distribution) -> str:
    """By its expression (PEP 639), else its classifiers, else the first line of its licence field."""
    about = package.metadata
    expression, named = (", ".join(about.get_all(word) or []) for word in ("License-Expression", "License"))
    classifiers = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if "License ::" in line]
    if expression or classifiers:
        return str(expression or " OR ".join(classifiers))
    return named.strip().partition("\n")[0]


def allowed(licence: str) -> bool:
    """Every part that has to be kept (AND) is on the list; of those to choose from (OR), one is enough."""
    needed = re.split(r"\s+AND\s+", licence.replace("(", " ").replace(")", " "))
    return all(any(re.search(rf"\b(?:{word})", part) for word in ALLOWED) for part in needed)


def bill_of_materials(names: dict[str, list[str]]) -> dict[str, Any]:
    """CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): a component per package, with its release's hashes."""
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "licenses": [{"license": {"name": licence}}],
            "externalReferences": [
                {"type": "distribution", "url": f"pkg:pypi/{name}@{version}", "hashes": _hashes(names[name])}
            ],
        }
        for name, (version, licence) in licences(names).items()
    ]
    product = {"type": "application", "name": "ml-connector", "bom-ref": "ml-connector"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product},
        "components": components,
    }


def _hashes(values: list[str]) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": value} for value in values]


def vulnerable() -> bool | None:
    """Whether pip-audit knows something against a package; None, told, where it could not be asked about all."""
    program = shutil.which("pip-audit", path=str(Path(sys.executable).parent)) or shutil.which("pip-audit")
    if program is None:
        print(not_checked("pip-audit is not installed (pip install pip-audit)"))
        return None
    command = [program, "--require-hashes", "--disable-pip", "-r", str(PRODUCTION), "--format", "json"]
    command += ["--progress-spinner", "off"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        packages = json.loads(run.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        print(not_checked(f"the service that pip-audit asks gave no answer within {PATIENCE} seconds"))
        return None
    except (ValueError, KeyError):
        said = (run.stderr.strip().splitlines() or ["nothing"])[-1]
        print(not_checked(f"pip-audit got no answer, and said: {said[:200]}"))
        return None
    return judged(packages)


def judged(packages: list[dict[str, Any]]) -> bool | None:
    """What pip-audit's answer means, see `vulnerable`. It calls an audit good that has skipped every package."""
    found = [(package, each) for package in packages for each in package.get("vulns", ())]
    for package, each in found:
        mended = ", ".join(each.get("fix_versions") or []) or "no release yet"
        print(f"vulnerabilities: {package['name']} {package['version']}: {each['id']} (mended in {mended})")
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped or not packages:
        print(not_checked(f"the service that pip-audit asks does not know {len(skipped)} of {len(packages)} packages"))
    elif not found:
        print(f"vulnerabilities: none is known of {len(packages)} packages")
    return True if found else None if skipped or not packages else False


def not_checked(why: str) -> str:
    """The line that says that nothing is known."""
    return f"vulnerabilities: NOT CHECKED: {why}. Exit code {UNKNOWN}."


if __name__ == "__main__":
    sys.exit(main())
