"""What is known of Zendesk Support without asking it: users and organizations, their properties and rights. No IO.

Source: Zendesk's API reference (Users, Organizations, Incremental Exports) and its OpenAPI document. What was only
reasoned is marked [inferred]. Custom fields (``user_fields``, ``organization_fields``) belong to the account.
"""

from __future__ import annotations

from samtale.connectors.schema import properties, property_of
from samtale.ports.connector import About, CollectionSpec

#: Exports leave out the last minute, so a write shows there a minute later; a little more for slow answers.
LAG = 65.0
#: Seconds by which an incremental read overlaps the one before: the minute that was left out, twice.
OVERLAP = 120
PAGE_SIZE = 100

_API_ADDRESS = (
    "The record's address in Zendesk's API, not a web site. "
    "For a web site make a custom field of the type text, and map organization_fields.website or user_fields.website."
)
_UNSENT = (
    "Read only here: an update replaces the whole list, and a domain moves users with such an address "
    "into the organization."
)

USERS = CollectionSpec(
    name="Users",
    label="Users",
    key="id",
    modified="updated_at",
    created="created_at",
    mark="external_id",
    deletable=True,
    deletions=True,
    blind=True,
    create_batch=1,
    fetch_batch=PAGE_SIZE,
    page_size=PAGE_SIZE,
    properties=(
        property_of("id", "integer", "G", nullable=False),
        property_of("name", "string", "GPU*"),
        property_of(
            "email",
            unique=True,
            timed=False,
            note="The primary of the user's e-mail identities; changing it takes three calls, not a plain update.",
        ),
        property_of("phone", timed=False, note="A direct line is an identity; a second number does not replace it."),
        property_of(
            "organization_id",
            "integer",
            refers=("Organizations",),
            timed=False,
            note="The default organization. It is written as a membership, so that the others stay.",
        ),
        property_of("external_id", unique=True, note="Samtale leaves its mark here; compared without case."),
        *properties("string", "GPU", "alias details notes locale time_zone signature"),
        property_of("role", values=("end-user", "agent", "admin")),
        *properties("boolean", "GPU", "suspended verified moderator restricted_agent only_private_comments"),
        *properties("integer", "GPU", "custom_role_id default_group_id"),
        property_of("tags", "array", note="Written whole: a list replaces the list."),
        property_of("user_fields", "object"),
        property_of("url", "string", "G", note=_API_ADDRESS),
        *properties("datetime", "G", "created_at updated_at last_login_at"),
        *properties("boolean", "G", "active shared shared_agent chat_only two_factor_auth_enabled"),
        *properties("string", "G", "iana_time_zone"),
        property_of("role_type", "integer", "G"),
    ),
)

ORGANIZATIONS = CollectionSpec(
    name="Organizations",
    label="Organizations",
    key="id",
    modified="updated_at",
    created="created_at",
    mark="external_id",
    deletable=True,
    blind=True,
    create_batch=1,
    fetch_batch=PAGE_SIZE,
    page_size=PAGE_SIZE,
    properties=(
        property_of("id", "integer", "G", nullable=False),
        property_of("name", "string", "GPU*", unique=True, note="Unique without regard to case."),
        property_of("external_id", unique=True, note="Samtale leaves its mark here; compared without case."),
        *properties("string", "GPU", "details notes"),
        property_of("domain_names", "array", "G", note=_UNSENT),
        property_of("tags", "array", note="Written whole: a list replaces the list."),
        property_of("organization_fields", "object"),
        property_of("group_id", "integer"),
        *properties("boolean", "GPU", "shared_tickets shared_comments"),
        property_of("url", "string", "G", note=_API_ADDRESS),
        *properties("datetime", "G", "created_at updated_at"),
    ),
)

ABOUT = About(
    connector="zendesk",
    title="Zendesk",
    document_name="Zendesk",
    collections=(USERS, ORGANIZATIONS),
    auth=("client_id", "client_secret"),
    lag=LAG,
    skew=float(OVERLAP),
    full_pass_hours=24.0,
    assumptions=(
        "An update changes the properties that are sent, and no others.",
        "Lists, and records read by their ids, show a write at once; only the incremental exports lag behind.",
        "Deleted users show in the incremental export, and by their ids, as not active.",
        "An address that is not verified may become a user's primary address.",
        "external_id is unique among organizations too, as it is documented for users.",
    ),
)
