"""The database itself: sessions, transactions, leases, keys, and which processes run."""
