"""Who was added to a customer by others is shown there by their own name once they have come; who is there has."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0012_begun_in_vain")]
    operations = [
        migrations.AddField("membership", "has_come", models.BooleanField(default=True, db_default=True)),
        migrations.AddField(
            "membership", "known_as", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
    ]
