import django.db.models.deletion
from django.db import migrations, models

import integrations.ids


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0007_fast_paths"),
    ]

    operations = [
        migrations.CreateModel(
            name="FitReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("ends", models.JSONField(default=dict)),
                ("flows", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("finished", "Finished"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unknown", "Unknown"),
                            ("fits", "Fits"),
                            ("after-steps", "After Steps"),
                            ("does-not-fit", "Does Not Fit"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("steps_done", models.PositiveSmallIntegerField(default=0)),
                ("steps_all", models.PositiveSmallIntegerField(default=0)),
                ("calls", models.PositiveIntegerField(default=0)),
                ("calls_most", models.PositiveIntegerField(default=0)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("cursor", models.JSONField(blank=True, default=dict)),
                ("facts", models.JSONField(blank=True, default=dict)),
                ("findings", models.JSONField(blank=True, default=list)),
                ("steps", models.JSONField(blank=True, default=list)),
                ("because", models.JSONField(blank=True, default=list)),
                ("started_by", models.CharField(max_length=80)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("error_code", models.CharField(blank=True, default="", max_length=60)),
                ("error", models.TextField(blank=True, default="")),
                (
                    "sap",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
                (
                    "servicetitan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="integrations.connection",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")), fields=("sap", "servicetitan"), name="fit_one_running"
                    )
                ],
            },
        ),
    ]
