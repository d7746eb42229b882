from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_inbound_events")]

    operations = []
