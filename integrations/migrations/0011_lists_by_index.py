from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("integrations", "0010_what_was_looked_up")]

    operations = [
        # What people filter and search by in lists of any length.
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                fields=["origin", "flow", "source_key"], condition=~Q(origin="created"), name="link_by_origin"
            ),
        ),
        migrations.AddIndex(
            model_name="valuemap",
            index=models.Index(fields=["key"], name="value_map_by_key", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddIndex(
            model_name="valuemap",
            index=models.Index(fields=["value"], name="value_map_by_value"),
        ),
        migrations.AddIndex(
            model_name="reference",
            index=models.Index(fields=["key"], name="reference_by_key", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddIndex(
            model_name="reference",
            index=models.Index(fields=["name"], name="reference_by_name", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddIndex(
            model_name="inboundevent",
            index=models.Index(fields=["object_number"], condition=~Q(object_number=""), name="inbound_by_number"),
        ),
    ]
