"""How every customer's syncs are, kept in public."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_webhooks")]

    operations = [
        migrations.AddField(
            "ScheduledWork",
            "fresh_at",
            models.DateTimeField(blank=True, help_text="The source had nothing newer by then.", null=True),
        ),
        migrations.CreateModel(
            name="SyncHealth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sync_id", models.UUIDField(unique=True)),
                ("flow", models.CharField(max_length=60)),
                ("running", models.BooleanField()),
                ("pause_code", models.CharField(blank=True, default="", max_length=40)),
                ("fresh_at", models.DateTimeField(blank=True, null=True)),
                ("failing_polls", models.PositiveIntegerField(default=0)),
                ("backlog", models.JSONField(default=dict)),
                ("failures", models.JSONField(default=dict)),
                ("oldest_open_at", models.DateTimeField(blank=True, null=True)),
                ("connections", models.JSONField(default=dict)),
                ("books_agree", models.BooleanField(blank=True, null=True)),
                ("books_compared_at", models.DateTimeField(blank=True, null=True)),
                ("updated_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sync_health",
                        to="tenants.customer",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "sync health",
                "ordering": ["customer", "flow"],
                "constraints": [models.UniqueConstraint(fields=("customer", "flow"), name="health_once")],
            },
        ),
    ]
