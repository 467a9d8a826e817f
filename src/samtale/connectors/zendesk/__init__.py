"""Zendesk: so far what is known of it, as data."""
