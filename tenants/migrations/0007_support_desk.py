"""Who of the hosting team stepped in where, and the index of document numbers."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_outgoing_events")]

    operations = [
        migrations.CreateModel(
            name="DocumentMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mark", models.BinaryField(max_length=16)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="document_marks",
                        to="tenants.customer",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("mark", "customer"), name="document_mark_once")],
            },
        ),
        migrations.CreateModel(
            name="StepIn",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("role", models.CharField(max_length=10)),
                ("reason", models.CharField(max_length=300)),
                ("started_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps_in", to="tenants.customer"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps_in",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "step-in",
                "ordering": ["-started_at"],
                "indexes": [
                    models.Index(fields=["person", "customer", "-ends_at"], name="step_in_current"),
                    models.Index(fields=["-started_at"], name="step_in_by_time"),
                ],
            },
        ),
    ]
