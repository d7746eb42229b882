import pytest

from tests.engine.world import World


@pytest.fixture
def world(in_acme: object) -> World:
    return World()
