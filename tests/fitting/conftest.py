from tests.fitting.making import make_report, report_of  # noqa: F401 - fixtures
from tests.journeys.conftest import make_world, world  # noqa: F401 - fixtures
