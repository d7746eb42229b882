#!/bin/sh
# The role of the web processes: it signs in, and owns nothing. `migrate_customers` gives it its rights.
set -eu
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 --set password="$WEB_POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE connector_web LOGIN PASSWORD :'password';
SQL
