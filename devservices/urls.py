"""The URLs of the embedded services. Only computed: nothing is started, and nothing need be installed."""

from __future__ import annotations

from urllib.parse import quote

from devservices import state

DATABASE = "mlconnector"


def postgres_socket_directory(instance: str = "") -> str:
    """The directory of PostgreSQL's socket (`host` in libpq's words)."""
    return str(state.root(instance) / "postgres" / "run")


def valkey_socket(instance: str = "") -> str:
    """The path of Valkey's socket."""
    return str(state.root(instance) / "valkey" / "valkey.sock")


def database_url(instance: str = "", database: str = DATABASE) -> str:
    """What DATABASE_URL would be, as django-environ reads it: the socket's directory before the last slash."""
    return f"postgres://postgres@/{quote(postgres_socket_directory(instance))}/{database}"


def postgres_dsn(instance: str = "", database: str = DATABASE) -> str:
    """The same place as psycopg and libpq's programs read it."""
    return f"host='{postgres_socket_directory(instance)}' user=postgres dbname={database}"


def broker_url(instance: str = "", number: int = 0) -> str:
    """What BROKER_URL would be, as Celery reads it."""
    return f"redis+socket://{quote(valkey_socket(instance))}?virtual_host={number}"


def redis_url(instance: str = "", number: int = 0) -> str:
    """The same place as redis-py reads it (`redis.Redis.from_url`)."""
    return f"unix://{quote(valkey_socket(instance))}?db={number}"
