from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0012_restored_ledgers")]

    operations = [
        migrations.AddIndex(
            model_name="reconciledifference",
            index=models.Index(fields=["report", "is_explained", "id"], name="difference_faults_first"),
        ),
    ]
