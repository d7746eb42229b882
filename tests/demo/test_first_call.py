"""The first calls that docs/api.md shows, word for word, against what `make up` runs."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess

import pytest

from devservices.state import CHECKOUT
from tests.demo.test_up import checkout, demo, until_ready

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")]

__all__ = ["checkout"]


def shown_calls() -> list[str]:
    """The blocks of the section about the first call that call something."""
    text = (CHECKOUT / "docs" / "api.md").read_text()
    section = text[text.index("## Your first call") : text.index("## Who calls")]
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", section, re.M | re.S)
    return [block for language, block in blocks if not language and "curl" in block]


def test_a_newcomer_gets_what_the_page_promises(checkout):
    process = demo(checkout, "up")
    try:
        said = until_ready(process)
        (export,) = re.findall(r"export KEY=mlc_\S+", said)
        (port,) = set(re.findall(r"http://acme\.localhost:(\d+)", said))
        calls = [re.sub(r"export KEY=.*", export, call).replace(":8000", f":{port}") for call in shown_calls()]
        script = "\n".join(calls).replace("curl ", "curl -sS -w '\\n' ")
        done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        assert [answer.get("type") for answer in answers] == [None] * len(answers)
        assert answers[0]["name"] == "Acme Heating & Plumbing"
        assert len(answers) == 5
        assert answers[3]["signed_in"] is True
        assert answers[4]["flow"] == "vendors"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=120)
