from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("integrations", "0005_outgoing_events")]

    operations = []
