"""Settings of a web process that only verifies webhook calls: other urls stand in the place of the public host's."""

from tests.settings import *  # noqa: F403

PUBLIC_SCHEMA_URLCONF = "bench.verify_only"
