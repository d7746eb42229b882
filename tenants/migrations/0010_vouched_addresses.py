"""Everybody whom the hosting team has added so far has an address that counts as proven."""

from typing import Any, ClassVar

from django.db import migrations


def vouch(apps: Any, editor: Any) -> None:
    """One row for each person who has none."""
    address = apps.get_model("account", "EmailAddress")
    people = apps.get_model("tenants", "Person").objects.filter(emailaddress=None)
    rows = (address(user=person, email=person.email, verified=True, primary=True) for person in people.iterator())
    address.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("tenants", "0009_joining"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]
    operations: ClassVar = [migrations.RunPython(vouch, migrations.RunPython.noop)]
