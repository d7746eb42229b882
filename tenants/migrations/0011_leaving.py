"""Whether it was an owner who decided to leave, and so may take it back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0010_vouched_addresses")]
    operations = [
        migrations.AddField("customer", "left_at", models.DateTimeField(null=True, blank=True, editable=False)),
    ]
