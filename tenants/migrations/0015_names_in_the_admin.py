"""What the operators' admin calls three tables. Nothing of it is in the database."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tenants", "0014_own_rows")]
    operations: ClassVar = [
        migrations.AlterModelOptions(name="servicetitantenant", options={"verbose_name": "ServiceTitan tenant"}),
        migrations.AlterModelOptions(name="signinfailures", options={"verbose_name_plural": "sign in failures"}),
        migrations.AlterModelOptions(name="webhookaddress", options={"verbose_name_plural": "webhook addresses"}),
    ]
