import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="delete_after",
            field=models.DateTimeField(blank=True, help_text="Everything of theirs is removed then.", null=True),
        ),
        migrations.CreateModel(
            name="StaffCall",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("actor", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("began_at", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.TextField(default="")),
                ("headers", models.JSONField(default=dict)),
                ("made", models.CharField(default="", max_length=120)),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["created_at"], name="staff_call_by_age")],
                "constraints": [models.UniqueConstraint(fields=("actor", "key"), name="staff_call_once")],
            },
        ),
    ]
