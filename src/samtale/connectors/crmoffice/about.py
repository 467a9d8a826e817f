"""What is assumed of CRMOffice, whose API is documented nowhere in public: the one place for assumptions. No IO.

Seen in public code and dataflow documents: the addresses of companies and users, and the names of the properties below.
Types, rights, required properties, times of change and everything about writing are [inferred].
"""

from __future__ import annotations

from samtale.connectors.schema import properties, property_of
from samtale.ports.connector import About, CollectionSpec, PropertySpec


def _address(name: str) -> tuple[PropertySpec, ...]:
    return properties("string", "GPU", f"{name}.streetAddress {name}.postCode {name}.postalArea {name}.country")


CONTACTS = CollectionSpec(
    name="Contacts",
    label="Contacts",
    key="id",
    incremental=False,
    deletable=True,
    properties=(
        property_of("id", "string", "G", nullable=False, note="Assumed."),
        *properties("string", "GPU", "givenName familyName directPhone mobilePhone"),
        property_of("company.id", refers=("Companies",)),
    ),
)

COMPANIES = CollectionSpec(
    name="Companies",
    label="Companies",
    key="id",
    incremental=False,
    deletable=True,
    properties=(
        property_of("id", "string", "G", nullable=False),
        *_address("postAddress"),
        *_address("visitAddress"),
    ),
)

ACTIVITIES = CollectionSpec(
    name="Activities",
    label="Activities",
    key="id",
    incremental=False,
    deletable=True,
    properties=(
        property_of("id", "string", "G", nullable=False, note="Assumed."),
        property_of("subject"),
        property_of("ownerId", refers=("Users",), note="Assumed to hold the key of a user."),
        *properties("datetime", "GPU", "startsAt endsAt"),
        *properties("string", "GPU", "address.country address.postalArea"),
    ),
)

USERS = CollectionSpec(
    name="Users",
    label="Users",
    key="userName",
    writable=False,
    incremental=False,
    properties=(property_of("userName", "string", "G", nullable=False, note="Assumed to be an e-mail address."),),
)

ABOUT = About(
    connector="crmoffice",
    title="CRMOffice",
    document_name="Crmoffice",
    collections=(CONTACTS, COMPANIES, ACTIVITIES, USERS),
    auth=("client_id", "client_secret", "refresh_token"),
    lag=5.0,
    full_pass_hours=1.0,
    assumptions=(
        "Lists are read whole: neither paging nor a filter by time is known.",
        "Lists are arrays, or objects that hold the array as items.",
        "Contacts and activities are identified by id, as companies are; users by userName, an e-mail address.",
        "Records are updated with all their properties, since it is not known whether a part suffices.",
        "A country is free text.",
    ),
)
