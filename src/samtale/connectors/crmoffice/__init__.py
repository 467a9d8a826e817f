"""CRMOffice: so far what is known of it, as data, most of it assumed."""
