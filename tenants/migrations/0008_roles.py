"""What a process with few rights may do: make a customer's schema, as a copy of the template."""

from django.db import migrations

COPY = """
-- Copies a schema by its catalog: the same tables, constraints, indexes, triggers, rows and rights under another name.
-- PostgreSQL prints definitions without the schema's name while that schema is the search path; the same text then
-- means the copy when it is executed with the copy as the search path. Members of a schema are found by what depends
-- on it, and theirs by their tables: with thousands of schemas, these are the ways that have an index.
CREATE FUNCTION public.tenants_copy_schema(source text, target text) RETURNS void LANGUAGE plpgsql AS $copy$
DECLARE
    before text := current_setting('search_path');
    origin oid := quote_ident(source)::regnamespace;
    tables oid[];
    member record;
    filled boolean;
    strange text;
    statements text[] := '{}';
    more text[];
BEGIN
    PERFORM set_config('search_path', quote_ident(source), true), set_config('check_function_bodies', 'off', true);
    SELECT string_agg(pg_describe_object(m.classid, m.objid, 0), ', ') INTO strange FROM pg_depend m
    LEFT JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
    WHERE m.refclassid = 'pg_namespace'::regclass AND m.refobjid = origin
      AND m.classid <> 'pg_proc'::regclass AND relkind IS DISTINCT FROM 'r' AND NOT (relkind = 'S' AND EXISTS (
          SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = m.objid AND deptype = 'i'));
    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'The schema % holds %, which is not copied.', source, strange
            USING ERRCODE = 'feature_not_supported';
    END IF;

    SELECT coalesce(array_agg(
        regexp_replace(pg_get_functiondef(oid), '^(CREATE OR REPLACE \\w+) \\w+\\.', '\\1 ') ORDER BY proname, oid), '{}')
    INTO more FROM pg_depend JOIN pg_proc ON classid = 'pg_proc'::regclass AND oid = objid
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = origin;
    statements := statements || more;

    tables := '{}';
    FOR member IN
        SELECT c.oid, relname, array_to_string(reloptions, ', ') AS options FROM pg_depend
        JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid
        WHERE refclassid = 'pg_namespace'::regclass AND refobjid = origin AND relkind = 'r' ORDER BY relname
    LOOP
        tables := tables || member.oid;
        statements := statements || format(
            'CREATE TABLE %I (LIKE %I.%I INCLUDING ALL EXCLUDING INDEXES)', member.relname, source, member.relname);
        IF member.options IS NOT NULL THEN
            statements := statements || format('ALTER TABLE %I SET (%s)', member.relname, member.options);
        END IF;
        -- The record of migrations, and what migrations have filled; columns that count go on where the original stopped.
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I)', source, member.relname) INTO filled;
        IF filled THEN
            SELECT array[format('INSERT INTO %1$I (%3$s) OVERRIDING SYSTEM VALUE SELECT %3$s FROM %2$I.%1$I',
                member.relname, source, string_agg(quote_ident(attname), ', ' ORDER BY attnum))]
            INTO more FROM pg_attribute
            WHERE attrelid = member.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
            statements := statements || more;
            SELECT coalesce(array_agg(format('SELECT setval(%L, last_value, is_called) FROM %I.%s',
                objid::regclass::text, source, objid::regclass)), '{}')
            INTO more FROM pg_depend JOIN pg_class s ON s.oid = objid AND s.relkind = 'S'
            WHERE refclassid = 'pg_class'::regclass AND refobjid = member.oid AND deptype = 'i';
            statements := statements || more;
        END IF;
    END LOOP;

    SELECT coalesce(array_agg(each ORDER BY place, owner, name), '{}') INTO more FROM (
        SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS each,
            CASE contype WHEN 'f' THEN 3 ELSE 1 END AS place, conrelid AS owner, conname::text AS name
        FROM pg_constraint WHERE conrelid = ANY(tables) AND contype IN ('p', 'u', 'x', 'f')
        UNION ALL
        SELECT pg_get_indexdef(indexrelid, 0, true), 2, indexrelid, '' FROM pg_index
        WHERE indrelid = ANY(tables) AND NOT EXISTS (SELECT FROM pg_constraint
            WHERE conrelid = indrelid AND conindid = indexrelid AND contype IN ('p', 'u', 'x'))
        UNION ALL
        SELECT pg_get_triggerdef(oid, true), 4, tgrelid, tgname::text FROM pg_trigger
        WHERE tgrelid = ANY(tables) AND NOT tgisinternal
        UNION ALL
        SELECT format('GRANT %s ON %s TO %s', string_agg(privilege_type, ', '), t.oid::regclass, grantee::regrole),
            5, t.oid, grantee::text
        FROM pg_class t, aclexplode(relacl) WHERE t.oid = ANY(tables) AND grantee NOT IN (0, relowner)
        GROUP BY t.oid, grantee
        UNION ALL
        SELECT format('GRANT %s ON SCHEMA %I TO %s', string_agg(privilege_type, ', '), target, grantee::regrole), 6, n.oid, ''
        FROM pg_namespace n, aclexplode(nspacl) WHERE n.oid = origin AND grantee NOT IN (0, nspowner)
        GROUP BY n.oid, grantee
    ) AS made;
    statements := statements || more;

    EXECUTE format('CREATE SCHEMA %I', target);
    PERFORM set_config('search_path', quote_ident(target), true);
    EXECUTE array_to_string(statements, E';\\n');
    PERFORM set_config('search_path', before, true);
END
$copy$;
REVOKE EXECUTE ON FUNCTION public.tenants_copy_schema(text, text) FROM PUBLIC;

-- With its owner's rights: a process that may neither create schemas nor touch the template can still make a customer.
CREATE FUNCTION public.tenants_make_schema(target text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $make$
BEGIN
    IF target !~ '^[a-z][a-z0-9_]{0,62}$' OR target ~ '^(pg_|public$|information_schema$|customer_template$)' THEN
        RAISE EXCEPTION '% is no name for a customer''s schema.', target USING ERRCODE = 'invalid_schema_name';
    END IF;
    PERFORM public.tenants_copy_schema('customer_template', target);
END
$make$;
REVOKE EXECUTE ON FUNCTION public.tenants_make_schema(text) FROM PUBLIC;
"""
GONE = """
DROP FUNCTION public.tenants_make_schema(text);
DROP FUNCTION public.tenants_copy_schema(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_support_desk")]
    operations = [migrations.RunSQL(COPY, GONE)]
