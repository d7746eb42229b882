from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_api")]

    operations = []
