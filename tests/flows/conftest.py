"""The flows meet both stand-ins here, with the fixtures of their own tests."""

from tests.systems.sap.conftest import sap
from tests.systems.servicetitan.conftest import service

__all__ = ["sap", "service"]
