"""What flows share: how one thing is said in SAP and in ServiceTitan, and what several flows of one target do alike.

Plain Python between `flows` and `systems`. Amounts, addresses and texts; orders, receipts, bills and vendors as either
system has them; what takes over what.
"""
