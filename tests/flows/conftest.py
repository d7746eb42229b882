"""The flows meet the ServiceTitan stand-in in one place, with the fixture of its own tests."""

from tests.systems.servicetitan.conftest import service

__all__ = ["service"]
