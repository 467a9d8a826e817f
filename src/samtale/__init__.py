"""Samtale keeps the records of a company's business systems in step."""

__version__ = "0.1.0"
