"""A web process under a role of its own reads and writes rows, and can neither change the audit nor own anything."""

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.db.utils import InternalError
from django.http import HttpResponse

from integrations import audit
from integrations.models import AuditEvent
from tenants import roles, schema
from tenants.provision import TEMPLATE, create_customer, make_template
from tests import web_role
from tests.web_role import WebRole

ROLE = "web_of_a_test"


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def web(acme, globex):
    """The role with its rights, in a transaction that is rolled back."""
    make_template()
    run(f"CREATE ROLE {ROLE} NOLOGIN")
    assert set(roles.grant(ROLE)) >= {"public", TEMPLATE, "acme", "globex"}
    run(f"SET LOCAL ROLE {ROLE}")
    yield
    run("RESET ROLE")


def refused(sql: str) -> bool:
    try:
        with transaction.atomic():
            run(sql)
    except (ProgrammingError, InternalError) as error:
        return "permission denied" in str(error) or "must be owner" in str(error)
    return False


def test_it_adds_to_the_audit_and_cannot_change_or_remove_a_row(web, acme):
    with schema.within(acme):
        audit.record(actor=audit.PLATFORM, action="sync.paused", subject="vendors")
        assert AuditEvent.objects.filter(action="sync.paused").count() == 1
    for attempt in (
        "UPDATE acme.integrations_auditevent SET action = 'x'",
        "DELETE FROM acme.integrations_auditevent",
        "TRUNCATE acme.integrations_auditevent",
        "ALTER TABLE acme.integrations_auditevent DISABLE TRIGGER ALL",
        "INSERT INTO acme.integrations_auditseal SELECT * FROM acme.integrations_auditseal",
        "DELETE FROM globex.integrations_auditseal",
    ):
        assert refused(attempt), attempt


def test_it_makes_and_drops_no_tables_and_no_schemas(web):
    for attempt in (
        "CREATE SCHEMA mine",
        "DROP SCHEMA acme CASCADE",
        "DROP TABLE acme.integrations_delivery",
        "CREATE TABLE public.mine (x int)",
        "SELECT public.tenants_copy_schema('acme', 'copy_of_acme')",
        "DELETE FROM public.django_migrations",
    ):
        assert refused(attempt), attempt


def test_it_makes_a_customer_who_has_all_that_others_have(web):
    customer = create_customer(schema_name="by_the_web", name="By the web")
    with schema.within(customer):
        audit.record(actor=audit.PLATFORM, action="sync.paused", subject="vendors")
    assert refused("UPDATE by_the_web.integrations_auditevent SET action = 'x'")
    assert refused("DROP SCHEMA by_the_web CASCADE")
    run("RESET ROLE")
    assert roles.grant(ROLE) == []


@pytest.mark.parametrize("name", ["public", "customer_template", "pg_mine", "Up", 'a"b', "a;b"])
def test_the_database_itself_refuses_names_that_are_no_customers(web, name):
    refusal = pytest.raises(ProgrammingError, match="no name for a customer's schema")
    with refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT public.tenants_make_schema(%s)", [name])


def test_a_table_that_comes_later_has_its_rights_after_the_next_deployment(web, acme):
    run("RESET ROLE")
    run("CREATE TABLE acme.later (id int); CREATE TABLE globex.later (id int)")
    assert roles.grant(ROLE) == ["acme", "globex"]
    run(f"SET LOCAL ROLE {ROLE}")
    run("INSERT INTO acme.later VALUES (1)")
    assert refused("DROP TABLE acme.later")


def test_a_role_that_is_not_there_or_owns_the_tables_is_told(db):
    with pytest.raises(roles.UnknownRole, match="no role nobody_of_that_name"):
        roles.grant("nobody_of_that_name")
    with pytest.raises(roles.UnknownRole, match="superuser"):
        roles.grant("postgres")


def test_a_deployment_with_an_unknown_role_ends_with_one_line(own_database, settings):
    settings.WEB_DATABASE_ROLE = "nobody_of_that_name"
    with pytest.raises(CommandError, match="WEB_DATABASE_ROLE: The database has no role nobody_of_that_name"):
        call_command("migrate_customers", verbosity=0)


def test_every_column_that_counts_by_itself_does_so_without_a_right_to_its_sequence(web):
    serial = """
        SELECT s.relname FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace
        JOIN pg_depend ON classid = 'pg_class'::regclass AND objid = s.oid AND deptype = 'a'
        WHERE s.relkind = 'S' AND n.nspname IN ('public', 'acme')
    """
    with connection.cursor() as cursor:
        cursor.execute(serial)
        assert cursor.fetchall() == []


def test_requests_of_all_tests_have_these_rights_and_nothing_else_has(db, rf):
    def whoami(request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            return HttpResponse(cursor.fetchone()[0])

    def fails(request):
        with transaction.atomic():
            run("CREATE SCHEMA mine")

    assert WebRole(whoami)(rf.get("/")).content == web_role.ROLE.encode()
    assert whoami(rf.get("/")).content == b"postgres"
    with pytest.raises(ProgrammingError, match="permission denied"):
        WebRole(fails)(rf.get("/"))
    assert whoami(rf.get("/")).content == b"postgres"
    assert settings.MIDDLEWARE[0] == "tests.web_role.WebRole"
