"""Jobs and nights have rows in the schedule index, too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_support"),
    ]

    operations = [
        migrations.AlterField(
            model_name="scheduledwork",
            name="kind",
            field=models.CharField(
                choices=[("poll", "Poll"), ("deliver", "Deliver"), ("job", "Job"), ("night", "Night")], max_length=10
            ),
        ),
    ]
