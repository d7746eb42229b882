from django.db import migrations, models


class Migration(migrations.Migration):
    """When a ledger was put back from a backup, as of when, and since when it knows again what there is."""

    dependencies = [("integrations", "0011_lists_by_index")]

    operations = [
        migrations.AddField("sync", "restored_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("sync", "restored_from", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("sync", "recovered_at", models.DateTimeField(blank=True, null=True)),
    ]
