"""What can happen to a call, by the word that the campaign counts it under, as rules of `simulators.faults`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

READ_SECONDS = 30
"""The product's patience with an answer."""

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "answer lost": {"kind": "lose_answer"},
    "reset before": {"kind": "reset"},
    "late beyond patience": {"kind": "delay", "seconds": READ_SECONDS + 20},
    "late": {"kind": "delay", "seconds": 5},
    "no answer, done": {"kind": "stall", "seconds": READ_SECONDS + 1, "commit": True},
    "no answer, not done": {"kind": "stall", "seconds": READ_SECONDS + 1, "commit": False},
    "503 before it was done": {"kind": "status", "status": 503, "commit": False},
    "502 after it was done": {"kind": "status", "status": 502, "commit": True},
    "500 after it was done": {"kind": "status", "status": 500, "commit": True},
    "429 with Retry-After": {"kind": "throttle", "seconds": 20, "shape": "retry-after"},
    "429 with a title": {"kind": "throttle", "seconds": 20, "shape": "title"},
    "429 with a message": {"kind": "throttle", "seconds": 20, "shape": "message"},
    "429 without a word": {"kind": "throttle", "seconds": 20, "shape": "bare"},
    "429, a storm": {"kind": "throttle", "seconds": 7, "shape": "title", "times": 6, "method": ""},
    "half a body": {"kind": "truncate"},
    "no JSON": {"kind": "malformed"},
    "HTML after it was done": {"kind": "html", "status": 503, "commit": True},
    "HTML before it was done": {"kind": "html", "status": 502, "commit": False},
    "token revoked": {"kind": "revoke_token"},
    "token revoked while paging": {"kind": "revoke_token", "method": "GET", "skip": 1},
}
