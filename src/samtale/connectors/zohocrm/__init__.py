"""Zoho CRM, API version 8: ``about`` is what is known of it, ``metadata`` what an account adds."""
