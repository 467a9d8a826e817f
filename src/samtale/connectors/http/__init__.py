"""The HTTP client that all connectors share, and the values it takes and gives."""

from samtale.connectors.http.address import check_address, same_origin
from samtale.connectors.http.call import Answer, Call
from samtale.connectors.http.client import Authorizer, Dialect, Grant, HttpClient, Settings
from samtale.connectors.http.pace import LocalPace, Pace

__all__ = [
    "Answer", "Authorizer", "Call", "Dialect", "Grant", "HttpClient", "LocalPace", "Pace", "Settings",
    "check_address", "same_origin",
]  # fmt: skip
