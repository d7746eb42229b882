"""How people get in: invitations that nobody has accepted yet, and sign-ups whose mail address is not proven yet."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class Invitation(models.Model):
    """Whoever reads the mail at `email` may join the customer with this role, once, until `expires_at`.

    Only the SHA-256 (hex) of the token in the link is kept. The row goes when it is accepted or withdrawn; the
    customer's audit says what became of it. `invited_by` names the person at that time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey("tenants.Customer", on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["email"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "email"], name="one_invitation_each")]

    def __str__(self) -> str:
        return f"{self.email} to {self.customer_id}: {self.role}"


class SignUp(models.Model):
    """A company that somebody wants to bring; its customer is made when their mail address is proven."""

    person = models.OneToOneField("tenants.Person", on_delete=models.CASCADE, related_name="sign_up")
    company = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.company
