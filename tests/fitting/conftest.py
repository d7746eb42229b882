from tests.fitting.making import make_report, report_of, world  # noqa: F401 - fixtures
