"""How often work was begun since it was last released: what ends every worker is not begun for ever."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0011_leaving")]
    operations = [
        migrations.AddField("scheduledwork", "begun", models.PositiveSmallIntegerField(default=0, db_default=0)),
    ]
