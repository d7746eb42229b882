"""Each alert has its page, each page its alert, and each event its example."""

from __future__ import annotations

import json
import re

from devservices.state import CHECKOUT
from integrations import outgoing
from integrations.alerting import KINDS

RUNBOOK = CHECKOUT / "docs" / "runbook"
EVENTS = (CHECKOUT / "docs" / "events.md").read_text()


def test_each_alert_has_its_page_and_each_page_its_alert():
    assert {path.stem for path in RUNBOOK.glob("*.md")} == set(KINDS)
    assert {kind.page for kind in KINDS.values()} == {f"docs/runbook/{name}.md" for name in KINDS}


def test_each_page_says_what_it_means_how_to_look_and_how_to_fix():
    for name, kind in KINDS.items():
        text = (RUNBOOK / f"{name}.md").read_text()
        assert text.startswith(f"# {kind.title}\n\nAlert `{name}`.\n")
        parts = re.split(r"^## (.+)$", text, flags=re.M)
        assert parts[1::2] == ["What it means", "How to look", "How to fix"]
        assert all(len(part.split()) > 15 for part in parts[2::2])


def test_the_links_of_the_pages_lead_somewhere():
    for path in [*RUNBOOK.glob("*.md"), CHECKOUT / "docs" / "events.md"]:
        for target in re.findall(r"\]\(([\w./-]+\.md)\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_each_event_is_described_with_an_example_that_is_json():
    named = set(re.findall(r"^\| `([a-z.]+)` \|", EVENTS, re.M))
    assert named == {*outgoing.KINDS, outgoing.TEST}
    examples = dict(re.findall(r"```json ([a-z.]+)\n(.+?)```", EVENTS, re.S))
    assert set(examples) == set(outgoing.KINDS)
    assert all(json.loads(text) for text in examples.values())


def test_each_alert_is_listed_where_events_are_described():
    assert set(re.findall(r"runbook/([a-z-]+)\.md\) \|", EVENTS)) == set(KINDS)


def test_each_setting_that_a_page_names_is_there():
    from integrations.models import AlertSettings

    names = {field.name for field in AlertSettings._meta.concrete_fields}
    text = "".join(path.read_text() for path in RUNBOOK.glob("*.md"))
    found = set(re.findall(r"`([a-z]+_[a-z]+)` ?\(", text))
    assert found - {"calls_per_second"} <= names
    assert len(found) >= 3
