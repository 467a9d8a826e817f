"""Zoho CRM v8, simulated: Accounts, Contacts and Deals with the accounts server on the same address.

Read `simulator` first; each file beside it holds one of the vendor's areas and says whose documentation it follows.
"""

from samtale.simulators.zohocrm.simulator import ZohoCrm

__all__ = ["ZohoCrm"]
