import django.db.models.deletion
from django.db import migrations, models

import tenants.webhook_models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_api")]

    operations = [
        migrations.CreateModel(
            name="WebhookAddress",
            fields=[
                (
                    "address",
                    models.CharField(
                        default=tenants.webhook_models.new_address, max_length=60, primary_key=True, serialize=False
                    ),
                ),
                ("connection_id", models.UUIDField(unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhook_addresses",
                        to="tenants.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookRefusals",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("endpoint", models.CharField(max_length=60)),
                ("reason", models.CharField(max_length=20)),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("header_names", models.JSONField(default=list)),
            ],
            options={
                "verbose_name_plural": "webhook refusals",
                "ordering": ["endpoint", "reason"],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "reason"), name="webhook_refused_once"),
                ],
            },
        ),
    ]
