"""Zendesk Support, simulated: users with their identities and memberships, organizations, exports, OAuth.

Read `simulator` first; each file beside it holds one of the vendor's areas and says whose documentation it follows.
"""

from samtale.simulators.zendesk.simulator import Zendesk

__all__ = ["Zendesk"]
