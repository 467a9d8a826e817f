"""The open contract's schema: what an in-house ERP shows that implements it, or is mapped onto it. No IO.

There is no vendor behind it: Customer, Contact and Order are what the dataflow documents name, the properties are ours.
"""

from __future__ import annotations

from samtale.connectors.schema import properties, property_of
from samtale.ports.connector import About, CollectionSpec, PropertySpec

_COMMON: tuple[PropertySpec, ...] = (
    property_of("id", "string", "G", nullable=False),
    property_of("externalId", max_length=100, unique=True, note="Samtale leaves its mark here."),
    *properties("datetime", "G", "createdAt modifiedAt"),
    property_of("version", "string", "G"),
)
_ADDRESS = (
    *properties("string", "GPU", "address.street address.postalCode address.city"),
    property_of("address.country", style="alpha2"),
)


def _collection(name: str, label: str, own: tuple[PropertySpec, ...]) -> CollectionSpec:
    return CollectionSpec(
        name=name,
        label=label,
        key="id",
        modified="modifiedAt",
        created="createdAt",
        version="version",
        mark="externalId",
        deletable=True,
        deletions=True,
        properties=(*_COMMON, *own),
    )


CUSTOMER = _collection(
    "Customer",
    "Customers",
    (property_of("name", "string", "GPU*"), *properties("string", "GPU", "orgNumber email phone website"), *_ADDRESS),
)
CONTACT = _collection(
    "Contact",
    "Contacts",
    (
        *properties("string", "GPU", "givenName familyName email phone mobile"),
        property_of("customerId", refers=("Customer",)),
        *_ADDRESS,
    ),
)
ORDER = _collection(
    "Order",
    "Orders",
    (
        property_of("title", "string", "GPU*"),
        property_of("customerId", refers=("Customer",)),
        property_of("contactId", refers=("Contact",)),
        property_of("amount", "decimal"),
        property_of("orderDate", "date"),
        property_of("status", values=("open", "won", "lost")),
        property_of("lines", "array"),
    ),
)

ABOUT = About(
    connector="customerp",
    title="Custom ERP",
    document_name="Customerp",
    collections=(CUSTOMER, CONTACT, ORDER),
    auth=("api_key",),
    full_pass_hours=24.0,
)
