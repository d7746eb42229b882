"""What the hosting team's support desk keeps in public: who stepped in where, and which customer has which number."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class StepIn(models.Model):
    """Somebody of the hosting team may work at a customer until `ends_at` (or `ended_at`). Rows stay as a record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey("tenants.Person", on_delete=models.CASCADE, related_name="steps_in")
    customer = models.ForeignKey("tenants.Customer", on_delete=models.CASCADE, related_name="steps_in")
    role = models.CharField(max_length=10)
    reason = models.CharField(max_length=300)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-started_at"]
        verbose_name = "step-in"
        indexes: ClassVar = [
            models.Index(fields=["person", "customer", "-ends_at"], name="step_in_current"),
            models.Index(fields=["-started_at"], name="step_in_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.customer}: {self.reason}"


class DocumentMark(models.Model):
    """A customer has a record with a number that has this keyed hash (integrations/document_index.py).

    16 bytes of HMAC-SHA256: without the installation's key nobody can tell the number, or try out numbers.
    """

    mark = models.BinaryField(max_length=16)
    customer = models.ForeignKey("tenants.Customer", on_delete=models.CASCADE, related_name="document_marks")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["mark", "customer"], name="document_mark_once")]

    def __str__(self) -> str:
        return bytes(self.mark).hex()
