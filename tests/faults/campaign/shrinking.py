"""Makes a failing list of moves short: whatever can be left out without the failure going away is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.faults.campaign.moves import Move


def shrunk(moves: Sequence[Move], fails: Callable[[Sequence[Move]], bool], *, tries: int = 300) -> list[Move]:
    """A shorter list that still fails (delta debugging): ever smaller pieces are left out, as long as `tries` last."""
    left = list(moves)
    size = max(1, len(left) // 2)
    while size and tries > 0:
        start = 0
        while start < len(left) and tries > 0:
            candidate = left[:start] + left[start + size :]
            tries -= 1
            if fails(candidate):
                left = candidate
            else:
                start += size
        size //= 2
    return left
