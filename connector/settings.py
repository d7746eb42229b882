"""The settings of an installation, read from the environment. See .env.example for every variable.

An installation that names its database (DATABASE_URL) is taken for a production one and has to name its keys as
well. Without DATABASE_URL this is a development checkout: the embedded services and generated keys are used.
"""

from __future__ import annotations

import ipaddress
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from connector import development, errors, logs
from connector.environment import Environment, read_dotenv, redis_url
from integrations.keyring import KeyRingError, check_ring
from integrations.systems.servicetitan import webhooks

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = BASE_DIR / ".state"

read_dotenv(Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env"))
env = Environment()

CHECKOUT = find_spec("devservices") is not None  # the production image does not contain it
DEVELOPMENT = env.flag("DEVELOPMENT", default=CHECKOUT and not env.text("DATABASE_URL"))
DEBUG = env.flag("DEBUG", default=False)
if DEBUG and not DEVELOPMENT:
    env.problem("DEBUG", "shows settings and queries to everybody: leave it off in production")

# --- Keys ---------------------------------------------------------------------------------------------------------
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
FIELD_KEYS = env.words("FIELD_KEYS")  # the installation's key ring for encrypted fields, newest first
AUDIT_KEYS = env.words("AUDIT_KEYS")  # likewise, for the seals over the audit
if DEVELOPMENT:
    SECRET_KEY = SECRET_KEY or development.secret_key(STATE_DIR)
    FIELD_KEYS = FIELD_KEYS or [development.field_key(STATE_DIR)]
    AUDIT_KEYS = AUDIT_KEYS or [development.audit_key(STATE_DIR)]
if len(SECRET_KEY) < 50:
    env.problem("SECRET_KEY", "must be set, to at least 50 random characters")
for name, ring in (("FIELD_KEYS", FIELD_KEYS), ("AUDIT_KEYS", AUDIT_KEYS)):
    if not ring:
        env.problem(name, "must be set: a list of ring keys, newest first (32 bytes in url-safe base64 each)")
    else:
        try:
            check_ring(ring)
        except KeyRingError as error:
            env.problem(name, str(error).partition(": ")[2].rstrip("."))
    if SECRET_KEY in ring:
        env.problem(name, "must not contain SECRET_KEY: the two are changed for different reasons")
if set(FIELD_KEYS) & set(AUDIT_KEYS):
    env.problem("AUDIT_KEYS", "must not share a key with FIELD_KEYS: who may read secrets need not be able to seal")

# --- Services -----------------------------------------------------------------------------------------------------
embedded_database, embedded_broker = "", ""
if DEVELOPMENT and CHECKOUT and not (env.text("DATABASE_URL") and env.text("BROKER_URL")):
    from devservices import urls as embedded

    embedded_database, embedded_broker = embedded.database_url(), embedded.broker_url()

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **env.database("DATABASE_URL", embedded_database),
        "ENGINE": "django_tenants.postgresql_backend",
        # A backend remembers every schema it has touched, so connections are not kept for ever.
        "CONN_MAX_AGE": env.number("CONN_MAX_AGE", 300, least=0, most=3600),
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)
# A process that was stopped in a transaction must not hold its locks for ever, and no statement runs for ever. Each
# session is told so when it begins (`tenants.database_sessions`).
STATEMENT_TIMEOUT = env.number("STATEMENT_TIMEOUT", 120, least=0, most=86_400)
DATABASE_LIMITS = (
    "SET idle_in_transaction_session_timeout = '60s'; SET lock_timeout = '90s'; "
    f"SET statement_timeout = '{STATEMENT_TIMEOUT}s'"
)
# The role that web processes sign in with, if it is not the owner: `migrate_customers` gives it its rights.
WEB_DATABASE_ROLE = env.text("WEB_DATABASE_ROLE")
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = env.text("BROKER_URL", embedded_broker)
REDIS_URL = env.text("REDIS_URL", redis_url(CELERY_BROKER_URL))  # the shared rate budgets
if not CELERY_BROKER_URL:
    env.problem("BROKER_URL", "must be set, for example to redis://redis:6379/0")
elif not REDIS_URL:
    env.problem("REDIS_URL", "must be set where BROKER_URL is no Redis or Valkey: rate budgets are shared there")

CACHES = {
    "default": {
        "BACKEND": "tenants.shared_cache.SharedCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",  # the schema is part of every key
    }
}

# --- Celery: a message is only a hint, the queue of record is in PostgreSQL (connector/celery.py) ---------------------
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "tick"
# A worker without -Q takes all of them, in turns: a backlog of one kind does not hold up the others.
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {
    name: {} for name in ("tick", "inbound", "poll", "deliver", "job", "events", "alerts")
}
CELERY_TASK_TIME_LIMIT = env.number("TASK_SECONDS", 600, least=60, most=840)  # shorter than the visibility time-out
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = env.number("WORKER_MAX_TASKS_PER_CHILD", 500, least=1, most=100_000)
# Celery would end the database session ahead of and after every task; connector.celery does as Django does instead.
CELERY_DB_REUSE_MAX = CELERY_WORKER_MAX_TASKS_PER_CHILD
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 900, "unacked_restore_interval": 10, "unacked_restore_throttle": 1} if REDIS_URL else {}
)
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"

# --- Apps: public is shared by all customers, each customer has a schema with the tenant apps -------------------------
SHARED_APPS = [
    "unfold",  # its pages win over those of django-tenants, which hide a customer's tables
    "django_tenants",
    "tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin.apps.SimpleAdminConfig",  # both sites are ours; only the web process needs their pages
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
TENANT_APPS = ["integrations"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "tenants.Customer"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True
PUBLIC_SCHEMA_URLCONF = "connector.urls_public"
ROOT_URLCONF = "connector.urls_customer"
AUTH_USER_MODEL = "tenants.Person"
WSGI_APPLICATION = "connector.wsgi.application"

# --- Hosts and sessions: people sign in on the public host; each customer's host has sessions of its own --------------
PUBLIC_HOST = env.text("PUBLIC_HOST", "localhost").lower()
if ":" in PUBLIC_HOST or "/" in PUBLIC_HOST:
    env.problem("PUBLIC_HOST", "must be a host name alone, without scheme or port")
ALLOWED_HOSTS = [PUBLIC_HOST, f".{PUBLIC_HOST}", *env.words("ALLOWED_HOSTS")]
HTTPS = env.flag("HTTPS", default=not DEVELOPMENT)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# __Host- cookies cannot be set from a sibling host, that is from another customer's.
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS  # customers' hosts are below the public one
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # preloading binds a whole domain for years: its owner decides that
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^metrics$"]  # Prometheus asks each web process itself, inside of the proxy
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.flag("BEHIND_PROXY", default=HTTPS)
# What is said by X-Forwarded-Proto and X-Forwarded-For counts only from these (tenants/proxies.py).
NEAR = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES", NEAR)
for network in TRUSTED_PROXIES:
    try:
        ipaddress.ip_network(network)
    except ValueError:
        env.problem("TRUSTED_PROXIES", "must be a list of networks such as 10.20.0.0/16")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
LOGIN_URL = "/sign-in/"

MIDDLEWARE = [
    "tenants.correlation.CorrelationMiddleware",
    "tenants.proxies.ProxyMiddleware",
    "tenants.page_headers.PageHeadersMiddleware",
    "integrations.api.kernel.failures.ApiMiddleware",  # before what may refuse: an API call is refused as JSON
    "tenants.middleware.HealthMiddleware",
    "integrations.readiness.ReadinessMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.CustomerMiddleware",
    "tenants.middleware.HostSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenants.middleware.MembershipMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# --- Mail (integrations/alerting): without EMAIL_URL none is sent, and alerts are shown by pages and the API alone ----
MAIL = env.mail("EMAIL_URL", "consolemail://" if DEVELOPMENT else "")
EMAIL_ENABLED = MAIL != {}
globals().update(MAIL)
EMAIL_TIMEOUT = env.number("EMAIL_TIMEOUT", 15, least=1, most=60)
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", f"ml-connector@{PUBLIC_HOST}")
if not re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", DEFAULT_FROM_EMAIL):
    env.problem("EMAIL_FROM", "must be one mail address")

# --- People: django-allauth on the public host (integrations/entrance/) -----------------------------------------------
SIGN_UP_OPEN = env.flag("SIGN_UP_OPEN", default=DEVELOPMENT)
if SIGN_UP_OPEN and not EMAIL_ENABLED:
    env.problem("SIGN_UP_OPEN", "needs EMAIL_URL: whoever signs up has to prove their address by mail")
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "integrations.entrance.adapter.Accounts"
ACCOUNT_FORMS = {"login": "integrations.entrance.forms.SignInForm", "signup": "integrations.entrance.forms.SignUpForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_REDIRECT_URL = "/welcome/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up; elsewhere a password is asked for
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[ml-connector] "
ACCOUNT_EMAIL_NOTIFICATIONS = EMAIL_ENABLED
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Beside tenants/throttle.py, which counts by account and address; these are per account, whatever the address.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "60/m/ip,20/15m/key", "signup": "10/m/ip,50/d/ip"}
MFA_ADAPTER = "integrations.entrance.adapter.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "ml-connector"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT

# --- API (integrations/api/) ------------------------------------------------------------------------------------------
CUSTOMER_WAITING_DAYS = env.number("CUSTOMER_WAITING_DAYS", 30, least=1, most=365)
API_CALLS_PER_MINUTE = env.number("API_CALLS_PER_MINUTE", 600, least=6, most=60_000)
REST_FRAMEWORK = {
    "DEFAULT_PARSER_CLASSES": ["integrations.api.kernel.parsing.StrictJson"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "integrations.api.kernel.parsing.OneForm",
    "EXCEPTION_HANDLER": "integrations.api.kernel.failures.handled",
    "DEFAULT_SCHEMA_CLASS": "integrations.api.kernel.openapi.Schema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ml-connector",
    "DESCRIPTION": "Connects SAP S/4HANA with ServiceTitan. Conventions, problem types and limits: docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],  # choices stay where they are used: names for them would change with every new one
}

# --- Pages ------------------------------------------------------------------------------------------------------------
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
UNFOLD = {"SITE_TITLE": "ml-connector", "SITE_HEADER": "ml-connector", "SHOW_VIEW_ON_SITE": False}
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEVELOPMENT
if DEVELOPMENT:
    STATIC_ROOT.mkdir(exist_ok=True)  # nothing is collected here, and whitenoise wants to see a directory

# --- Work on one sync (integrations/running.py); the lease must outlive the longest call to a remote system -----------
READ_SECONDS = env.number("READ_SECONDS", 110, least=1, most=300)  # ServiceTitan ends a request after 100
LEASE_SECONDS = env.number("LEASE_SECONDS", 300, least=5, most=800)
TICK_LIMIT = env.number("TICK_LIMIT", 200, least=10, most=10_000)  # claims per tick; the next one takes the rest
WORK_SECONDS = env.number("WORK_SECONDS", 30, least=1, most=300)  # then a task takes no new batch
if LEASE_SECONDS <= READ_SECONDS + 10:
    env.problem("LEASE_SECONDS", "must be longer than a call can take, which is READ_SECONDS and 10 to connect")

# --- Days that data are kept, 0 for ever; a customer may have days of their own (integrations/retention.py) -----------
RETAIN_DAYS = {
    "payloads": env.number("RETAIN_PAYLOADS_DAYS", 400, least=0, most=36_500),
    "exchanges": env.number("RETAIN_EXCHANGES_DAYS", 400, least=0, most=36_500),
    "runs": env.number("RETAIN_RUNS_DAYS", 400, least=0, most=36_500),
    "audit": env.number("RETAIN_AUDIT_DAYS", 2_557, least=0, most=36_500),
    "inbound": env.number("RETAIN_INBOUND_DAYS", 30, least=0, most=36_500),
    "events": env.number("RETAIN_EVENTS_DAYS", 90, least=0, most=36_500),
}
for data, days in RETAIN_DAYS.items():
    if 0 < days < 7:
        env.problem(f"RETAIN_{data.upper()}_DAYS", "must be 0 (for ever) or at least 7")

# --- Outgoing calls (integrations/guard.py): nothing internal, unless it is listed here -------------------------------
OUTGOING_ALLOW = env.words("OUTGOING_ALLOW")
OUTGOING_ALLOW_PLAIN_HTTP = env.flag("OUTGOING_ALLOW_PLAIN_HTTP", default=False)
for network in OUTGOING_ALLOW:
    try:
        ipaddress.ip_network(network)
    except ValueError:
        env.problem("OUTGOING_ALLOW", "must be a list of networks such as 10.20.0.0/16")

# --- ServiceTitan: the installation's own app; a connection with an app of its own overrides all --------------------
ST_APP_KEY = env.text("ST_APP_KEY")
ST_EXTERNAL_DATA_GUID = env.text("ST_EXTERNAL_DATA_GUID")
ST_SANDBOX_API_URL = env.text("ST_SANDBOX_API_URL")
ST_SANDBOX_SIGN_IN_URL = env.text("ST_SANDBOX_SIGN_IN_URL")

# Webhooks of that app (integrations/webhooks.py). Keys: the present one first, during a rotation also the one before.
ST_WEBHOOK_KEYS = {
    "production": env.words("ST_WEBHOOK_KEYS"),
    "sandbox": env.words("ST_WEBHOOK_KEYS_SANDBOX"),
}
for name, keys in (("ST_WEBHOOK_KEYS", "production"), ("ST_WEBHOOK_KEYS_SANDBOX", "sandbox")):
    found = ST_WEBHOOK_KEYS[keys]
    if len(found) > 2 or len(set(found)) < len(found) or not all(map(webhooks.is_key, found)):
        env.problem(name, "must be one HMAC key of 32 to 64 characters, or two different ones, the newer one first")
ST_WEBHOOK_HEADERS = env.words("ST_WEBHOOK_HEADERS", webhooks.HEADERS)
if not all(map(webhooks.is_header_name, ST_WEBHOOK_HEADERS)):
    env.problem("ST_WEBHOOK_HEADERS", "must be a list of header names")
ST_WEBHOOK_HASH = env.text("ST_WEBHOOK_HASH", "sha256").lower()
if ST_WEBHOOK_HASH not in webhooks.HASHES:
    env.problem("ST_WEBHOOK_HASH", f"must be one of {', '.join(webhooks.HASHES)}")
    ST_WEBHOOK_HASH = "sha256"

# --- Metrics (integrations/metrics_page.py): nobody sees them, unless one of these is set ----------------------------
METRICS_TOKEN = env.text("METRICS_TOKEN")
METRICS_ALLOW = env.words("METRICS_ALLOW")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    env.problem("METRICS_TOKEN", "must be at least 16 random characters")
for network in METRICS_ALLOW:
    try:
        ipaddress.ip_network(network)
    except ValueError:
        env.problem("METRICS_ALLOW", "must be a list of networks such as 10.20.0.0/16")

LOG_FORMAT = env.text("LOG_FORMAT", "console" if DEVELOPMENT else "json")
if LOG_FORMAT not in logs.FORMATS:
    env.problem("LOG_FORMAT", "must be console or json")
SENTRY_DSN = env.text("SENTRY_DSN")
SENTRY_ENVIRONMENT = env.text("SENTRY_ENVIRONMENT", "development" if DEVELOPMENT else "production")
if SENTRY_DSN and not find_spec("sentry_sdk"):
    env.problem("SENTRY_DSN", "needs the extra sentry to be installed")
LOGGING = logs.configuration(form=LOG_FORMAT, level=env.text("LOG_LEVEL", "INFO").upper())

env.finish()

if SENTRY_DSN:
    errors.start(SENTRY_DSN, environment=SENTRY_ENVIRONMENT)
