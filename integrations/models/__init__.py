"""The tables of one customer. They stand in the customer's own schema and never point into public."""

from integrations.models.audit import AuditEvent
from integrations.models.connection import Connection
from integrations.models.delivery import Attempt, Delivery, Step
from integrations.models.link import Link, Reference, ValueMap
from integrations.models.sync import Run, Sync

__all__ = ["Attempt", "AuditEvent", "Connection", "Delivery", "Link", "Reference", "Run", "Step", "Sync", "ValueMap"]
