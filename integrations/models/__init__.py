"""The tables of one customer. They stand in the customer's own schema and never point into public."""

from integrations.models.access import ApiCall, ApiKey, ApiKeySecret
from integrations.models.alerting import Alert, AlertSettings
from integrations.models.audit import AuditEvent, AuditSeal, RetentionRule
from integrations.models.connection import Connection
from integrations.models.delivery import Attempt, Delivery, Step
from integrations.models.fitting import FitReport
from integrations.models.inbound import InboundEvent
from integrations.models.jobs import Progress, ReconcileDifference, ReconcileReport, ReplayJob
from integrations.models.link import Link, Reference, ValueMap
from integrations.models.outgoing import Event, EventAttempt, EventDelivery, EventEndpoint
from integrations.models.showing import Pulse, RecordNumber
from integrations.models.sync import Run, Sync

__all__ = [
    "ApiCall",
    "ApiKey",
    "ApiKeySecret",
    "Alert",
    "AlertSettings",
    "Attempt",
    "AuditEvent",
    "AuditSeal",
    "Connection",
    "Delivery",
    "Event",
    "EventAttempt",
    "EventDelivery",
    "EventEndpoint",
    "FitReport",
    "InboundEvent",
    "Link",
    "Progress",
    "Pulse",
    "ReconcileDifference",
    "ReconcileReport",
    "RecordNumber",
    "Reference",
    "ReplayJob",
    "RetentionRule",
    "Run",
    "Step",
    "Sync",
    "ValueMap",
]
