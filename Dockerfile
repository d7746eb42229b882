# syntax=docker/dockerfile:1
# The production image: the product alone, without the simulators, the demo, the tests and the embedded services.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/pip.txt requirements/production.txt /requirements/
RUN python -m venv /venv \
    && /venv/bin/pip install --require-hashes -r /requirements/pip.txt \
    && /venv/bin/pip install --require-hashes -r /requirements/production.txt

FROM python:3.11-slim-bookworm AS product
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEVELOPMENT=off
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY connector/ connector/
COPY tenants/ tenants/
COPY integrations/ integrations/
COPY templates/ templates/
# Static files need settings but none of their secrets: these values are used by this one step and kept nowhere.
RUN DATABASE_URL=postgres://build@localhost/build BROKER_URL=redis://localhost/0 \
    SECRET_KEY=only-for-collecting-static-files-while-the-image-is-built \
    FIELD_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    AUDIT_KEYS=BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    python manage.py collectstatic --noinput
USER app
EXPOSE 8000
CMD ["gunicorn", "connector.wsgi:application", "--bind=0.0.0.0:8000", "--workers=2", "--threads=8", \
     "--no-control-socket", "--access-logfile=-", "--worker-tmp-dir=/dev/shm", "--max-requests=5000", \
     "--max-requests-jitter=500"]

# Stand-ins for SAP and ServiceTitan, for trying the product out without either: `docker compose --profile simulators up`.
FROM python:3.11-slim-bookworm AS simulators
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin app
WORKDIR /app
COPY simulators/ simulators/
USER app

FROM product
