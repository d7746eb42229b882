"""Endpoints of outgoing events and customers' alerts have rows in the schedule index, too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0005_jobs"),
    ]

    operations = [
        migrations.AlterField(
            model_name="scheduledwork",
            name="kind",
            field=models.CharField(
                choices=[
                    ("poll", "Poll"),
                    ("deliver", "Deliver"),
                    ("inbound", "Inbound"),
                    ("job", "Job"),
                    ("night", "Night"),
                    ("events", "Events"),
                    ("alerts", "Alerts"),
                ],
                max_length=10,
            ),
        ),
    ]
