"""`manage.py create_customer`: a customer with a schema of their own, ready to use."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from tenants.models import Person
from tenants.provision import CustomerExists, create_customer


class Command(BaseCommand):
    """Creates a customer and, if asked, its owner. The owner's password is set by `manage.py changepassword`."""

    help = "Creates a customer with a schema of their own, ready to use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The schema's name and what people see."""
        parser.add_argument("schema_name", help="small letters, digits and underscores, for example acme")
        parser.add_argument("--name", help="what people see; by default the schema's name")
        parser.add_argument("--time-zone", default="America/New_York", help="for local-time schedules")
        parser.add_argument("--host", default="", help="by default <schema name>.<PUBLIC_HOST>")
        parser.add_argument("--owner", help="the owner's e-mail address; the person is created if need be")
        parser.add_argument("--if-absent", action="store_true", help="an existing customer is no error")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError, with the reason, if the customer cannot be created."""
        owner, is_new = _person(options["owner"]) if options["owner"] else (None, False)
        done = False
        try:
            customer = create_customer(
                schema_name=options["schema_name"],
                name=options["name"] or options["schema_name"],
                time_zone=options["time_zone"],
                host=options["host"],
                owner=owner,
            )
        except CustomerExists as error:
            if not options["if_absent"]:
                raise CommandError(str(error)) from None
            self.stdout.write(f"{options['schema_name']} is there already.")
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        else:
            done = True
            self.stdout.write(f"{customer.schema_name} is ready at {customer.get_primary_domain().domain}.")
        finally:
            if owner is not None and is_new and not done:
                owner.delete()


def _person(email: str) -> tuple[Person, bool]:
    """The person of this address, and whether they were created for it. Raises CommandError for another text."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise CommandError(f"{email} is no e-mail address.") from None
    found = Person.objects.filter(email=address).first()
    return (found, False) if found else (Person.objects.create_user(address), True)
