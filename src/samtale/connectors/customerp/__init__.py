"""Customerp, any in-house ERP: so far the schema of our own open contract, as data."""
