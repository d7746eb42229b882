"""The product's settings, on the embedded services that belong to the tests.

pytest-django reads settings before any conftest, so whatever depends on the instance is chosen here.
"""

import os

os.environ.setdefault("DEVSERVICES_INSTANCE", "tests")
os.environ.update(ENV_FILE=os.devnull, DEVELOPMENT="on", HTTPS="off", BEHIND_PROXY="off", PUBLIC_HOST="localhost")

from connector.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; the tests' passwords protect nothing

# WhiteNoise serves collected files only; requests have the rights of a web process.
MIDDLEWARE = ["tests.web_role.WebRole", *(name for name in MIDDLEWARE if "whitenoise" not in name)]  # noqa: F405

# Attempts to sign in are counted in this process alone, and forgotten before each test (tests/conftest.py).
CACHES["default"] |= {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": ""}  # noqa: F405
