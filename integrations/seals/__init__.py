"""Seals over the audit: what was altered, removed or inserted by SQL afterwards is found (docs/audit.md).

Rows that will not change any more are sealed in batches by a job in the background: each batch is a link of a chain,
which holds a MAC of every row. The key is derived from AUDIT_KEYS, which is no part of the database, and the newest
link is also written to the log. Nothing here is on the way of those who write the rows.
"""

from integrations.seals.chain import append_purge
from integrations.seals.sealing import Sealed, seal_customer
from integrations.seals.verifying import Verdict, verify

__all__ = ["Sealed", "Verdict", "append_purge", "seal_customer", "verify"]
