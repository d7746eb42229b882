import uuid

import django.db.models.deletion
from django.db import migrations, models

import integrations.ids


class Migration(migrations.Migration):
    dependencies = [("integrations", "0002_audit")]

    operations = [
        migrations.CreateModel(
            name="ApiCall",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("actor", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("began_at", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.TextField(default="")),
                ("headers", models.JSONField(default=dict)),
                ("made", models.CharField(default="", max_length=120)),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["created_at"], name="api_call_by_age")],
                "constraints": [models.UniqueConstraint(fields=("actor", "key"), name="api_call_once")],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "scope",
                    models.CharField(
                        choices=[("read", "Read"), ("operate", "Operate"), ("configure", "Configure")], max_length=10
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=200)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [models.Index(fields=["-created_at", "-id"], name="api_key_by_age")],
            },
        ),
        migrations.CreateModel(
            name="ApiKeySecret",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("prefix", models.CharField(max_length=16)),
                ("created_at", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="secrets", to="integrations.apikey"
                    ),
                ),
            ],
            options={"ordering": ["-created_at"]},
        ),
    ]
