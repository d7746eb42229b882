import django.contrib.postgres.indexes
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("integrations", "0009_pulse_and_numbers")]

    operations = [
        # What a version that needed no write had asked the value maps; of those with writes, their steps know.
        migrations.AddField(
            model_name="delivery", name="lookups", field=models.JSONField(blank=True, default=None, null=True)
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["lookups"],
                condition=Q(lookups__isnull=False),
                name="delivery_lookups",
                opclasses=["jsonb_path_ops"],
            ),
        ),
        migrations.AlterField(
            model_name="replayjob",
            name="action",
            field=models.CharField(
                choices=[("replay", "Replay"), ("dismiss", "Dismiss"), ("remap", "Remap")],
                default="replay",
                max_length=8,
            ),
        ),
    ]
