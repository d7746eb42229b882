"""In a customer's schema, a role that does not own the tables sees that customer's rows of public and no others.

Not atomic: one table is locked after the other and for a moment only, so that nobody waits for two of them at once.
"""

from typing import ClassVar

from django.db import migrations

TABLES = {
    "tenants_customer": 'schema_name = (SELECT current_schema()::text COLLATE "default")',
    "tenants_domain": "tenant_id",
    "tenants_membership": "customer_id",
    "tenants_signincode": "customer_id",
    "tenants_scheduledwork": "customer_id",
    "tenants_servicetitantenant": "customer_id",
    "tenants_synchealth": "customer_id",
    "tenants_invitation": "customer_id",
    "tenants_stepin": "customer_id",
    "tenants_documentmark": "customer_id",
    "tenants_webhookaddress": "customer_id",
}
"""The column that says whose a row is, or the whole condition. What stands in a SELECT is asked once per statement."""

OWN = "{} = (SELECT public.tenants_current_customer())"

CURRENT = """
-- With its owner's rights, so that the search itself is bound by no policy. No search_path of its own: which one is set
-- is what it tells. The collation is that of the index.
CREATE OR REPLACE FUNCTION public.tenants_current_customer() RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
AS $$ BEGIN
    RETURN (SELECT id FROM public.tenants_customer
            WHERE schema_name OPERATOR(pg_catalog.=) (pg_catalog.current_schema()::text COLLATE "default"));
END $$
"""


def statements() -> tuple[str, ...]:
    """Safe to repeat, should one of them not get its lock."""
    made = [CURRENT]
    for table, whose in TABLES.items():
        own = whose if "=" in whose else OWN.format(whose)
        made += [
            f"DROP POLICY IF EXISTS own_rows ON public.{table}",
            f"CREATE POLICY own_rows ON public.{table} USING ((SELECT current_schema() = 'public') OR {own})",
            f"ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY",
        ]
    return tuple(made)


def undone() -> tuple[str, ...]:
    """As before."""
    made = []
    for table in TABLES:
        made += [
            f"ALTER TABLE public.{table} DISABLE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS own_rows ON public.{table}",
        ]
    return (*made, "DROP FUNCTION IF EXISTS public.tenants_current_customer()")


class Migration(migrations.Migration):
    atomic = False
    contract = (
        "The version before asks in a customer's schema for a row of another one at two places, and both refuse: for a"
        " ServiceTitan tenant that another customer has proven, and for a sign-in code on the wrong host"
    )
    dependencies: ClassVar = [("tenants", "0013_names_of_people_who_have_come")]
    operations: ClassVar = [migrations.RunSQL(statements(), undone())]
