from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_jobs_and_reports")]

    operations = [
        # Few rows each, whatever the number of all of them: what a batch or a poll asks first, and mostly in vain.
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["sync", "source_key"], condition=Q(state="behind"), name="delivery_behind"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["sync", "due_at"],
                condition=Q(state__in=["sending", "checking", "verifying"]),
                name="delivery_unsettled",
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                fields=["step"],
                condition=Q(kind="write", outcome="unknown", resolution="") | Q(resolution="not_found"),
                name="attempt_in_question",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["sync"], condition=Q(state="reading"), name="run_reading"),
        ),
    ]
