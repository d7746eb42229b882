"""What all web processes count together, and what happens while its server is away."""

from __future__ import annotations

import socket

from tenants.shared_cache import SharedCache


def test_while_the_server_is_away_the_process_counts_for_itself():
    cache = SharedCache("redis://127.0.0.1:1/0", {})
    assert cache.add("attempts", [1], 60)
    assert not cache.add("attempts", [2], 60)
    assert cache.get("attempts") == [1]
    cache.set("attempts", [1, 2], 60)
    assert cache.get("attempts") == [1, 2]
    assert cache.delete("attempts")
    assert cache.get("attempts", []) == []


def test_a_server_that_keeps_silent_is_asked_once():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cache = SharedCache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", {})
        cache.set("attempts", [1], 60)
        assert cache.get("attempts") == [1]
        silent.setblocking(False)
        silent.accept()[0].close()
        try:
            silent.accept()
        except BlockingIOError:
            return
    raise AssertionError("it was asked twice")
