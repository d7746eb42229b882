"""The audit: a row per deed, and the seals. Triggers refuse to change rows, or to remove any but what was purged."""

import django.core.serializers.json
import integrations.ids
import integrations.models.audit
from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models

GUARD = """
CREATE FUNCTION integrations_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $guard$
DECLARE
    purged boolean;
BEGIN
    -- Retention may remove what a link of the chain of seals says that it removes, and nothing else.
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'integrations_auditevent'
        AND current_setting('connector.retention', true) = 'on'
    THEN
        EXECUTE format(
            'SELECT EXISTS (SELECT FROM %I.integrations_auditseal
             WHERE kind = ''purge'' AND what = ''events'' AND last::bigint >= $1)', TG_TABLE_SCHEMA
        ) INTO purged USING OLD.sequence;
        IF purged THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'The audit is append-only: % of %.% is refused.', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$guard$;
CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON integrations_auditevent
    FOR EACH ROW EXECUTE FUNCTION integrations_audit_is_append_only();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON integrations_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION integrations_audit_is_append_only();
CREATE TRIGGER seals_stay BEFORE UPDATE OR DELETE ON integrations_auditseal
    FOR EACH ROW EXECUTE FUNCTION integrations_audit_is_append_only();
CREATE TRIGGER seals_are_not_emptied BEFORE TRUNCATE ON integrations_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION integrations_audit_is_append_only();
"""
UNGUARD = """
DROP TRIGGER seals_are_not_emptied ON integrations_auditseal;
DROP TRIGGER seals_stay ON integrations_auditseal;
DROP TRIGGER audit_is_not_emptied ON integrations_auditevent;
DROP TRIGGER audit_rows_stay ON integrations_auditevent;
DROP FUNCTION integrations_audit_is_append_only();
"""
COUNT = "ALTER TABLE integrations_auditevent ADD COLUMN sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE"


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.CharField(blank=True, max_length=80)),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("action", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=240)),
                ("subject_id", models.CharField(blank=True, max_length=120)),
                (
                    "detail",
                    models.JSONField(
                        blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder
                    ),
                ),
                ("correlation_id", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(COUNT, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AddField("AuditEvent", "sequence", integrations.models.audit.IdentityField()),
                migrations.AlterModelOptions("AuditEvent", {"ordering": ["-sequence"]}),
            ],
        ),
        migrations.AddIndex("AuditEvent", models.Index(fields=["at"], name="audit_by_time")),
        migrations.AddIndex("AuditEvent", models.Index(fields=["subject_id", "-sequence"], name="audit_by_subject")),
        migrations.AddIndex("AuditEvent", models.Index(fields=["actor_id", "-sequence"], name="audit_by_actor")),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("position", models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("seal", "Seal"), ("purge", "Purge")], max_length=8)),
                ("what", models.CharField(max_length=12)),
                ("at", models.DateTimeField()),
                ("first", models.CharField(blank=True, max_length=40)),
                ("last", models.CharField(max_length=40)),
                ("count", models.PositiveIntegerField()),
                ("rows", models.BinaryField(default=bytes)),
                ("key", models.CharField(max_length=16)),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("mac", models.CharField(max_length=64)),
            ],
            options={"ordering": ["position"]},
        ),
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                ("data", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("days", models.PositiveIntegerField()),
            ],
            options={"ordering": ["data"]},
        ),
        migrations.AddIndex("AuditSeal", models.Index(fields=["what", "kind", "last"], name="audit_seal_by_rows")),
        migrations.AddIndex(
            "Attempt",
            BrinIndex(autosummarize=True, fields=["finished_at"], name="attempt_finished", pages_per_range=16),
        ),
        migrations.AddIndex(
            "Delivery", BrinIndex(autosummarize=True, fields=["closed_at"], name="delivery_closed", pages_per_range=16)
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
