import django.db.models.deletion
from django.db import migrations, models

import integrations.ids


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_api")]

    operations = [
        migrations.CreateModel(
            name="InboundEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.CharField(max_length=20)),
                ("occurrence", models.CharField(max_length=200)),
                ("event_id", models.CharField(blank=True, default="", max_length=200)),
                ("type", models.CharField(max_length=200)),
                ("object_kind", models.CharField(blank=True, default="", max_length=40)),
                ("object_id", models.CharField(blank=True, default="", max_length=40)),
                ("object_number", models.CharField(blank=True, default="", max_length=60)),
                ("happened_at", models.DateTimeField(blank=True, null=True)),
                ("received_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("applied", "Applied"),
                            ("ignored", "Ignored"),
                            ("failed", "Failed"),
                        ],
                        default="received",
                        max_length=8,
                    ),
                ),
                ("code", models.CharField(blank=True, default="", max_length=60)),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "woken",
                    models.PositiveIntegerField(default=0, help_text="Deliveries that went on because of it."),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inbound_events",
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "ordering": ["-received_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "occurrence"), name="inbound_once"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)),
                        fields=["connection", "due_at"],
                        name="inbound_due",
                    ),
                    models.Index(fields=["-received_at", "-id"], name="inbound_newest"),
                    models.Index(fields=["state", "-received_at", "-id"], name="inbound_by_state"),
                ],
            },
        ),
    ]
