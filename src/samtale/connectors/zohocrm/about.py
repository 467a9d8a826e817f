"""What is known of Zoho CRM without asking it: collections, stock fields, rights. No IO.

Source: Zoho's API documentation, versions 7 and 8, and the stock layouts as its fields API shows them. Lengths, pick
lists and custom fields belong to the account; ``check`` reads them. What was only reasoned is marked [inferred].
"""

from __future__ import annotations

from samtale.connectors.schema import properties, property_of
from samtale.ports.connector import About, CollectionSpec, PropertySpec

#: Lists and single records show a write at once, only the search index lags; a second to be careful [inferred].
LAG = 1.0
#: Whether If-Modified-Since includes its own second is not documented, so incremental reads overlap.
SKEW = 10.0
#: Get Records gives at most so many records a page, and Insert Records takes at most so many.
PAGE_SIZE, CREATE_BATCH = 200, 100
#: Record ids that fit into one request's parameter ``ids`` of 1024 characters.
FETCH_BATCH = 50

#: Collections by the dataflow documents' name, modules by the API's.
MODULES = {"Account": "Accounts", "Contact": "Contacts", "Deal": "Deals"}

_COMPUTED = "Zoho computes it."


def _lookup(name: str, *refers: str) -> tuple[PropertySpec, ...]:
    """A lookup: written and compared by id. Its name changes with the other record, and is shown only."""
    return (
        property_of(f"{name}.id", refers=refers),
        property_of(f"{name}.name", "string", "G", note=f"Belongs to the record that {name} leads to.", timed=False),
    )


def _address(prefix: str, code: str) -> tuple[PropertySpec, ...]:
    names = f"{prefix}_Street {prefix}_City {prefix}_State {prefix}_{code} {prefix}_Country"
    return properties("string", "GPU", names)


_SYSTEM = (
    property_of("id", "string", "G", nullable=False),
    *properties("datetime", "G", "Created_Time Modified_Time Last_Activity_Time"),
    property_of("Owner.id", note="A user of Zoho CRM."),
    *properties("string", "G", "Owner.name Owner.email Created_By.id Created_By.name Modified_By.id Modified_By.name"),
    property_of("Description", note="Lists show the first 500 characters of a rich text field."),
)


def _collection(name: str, label: str, own: tuple[PropertySpec, ...]) -> CollectionSpec:
    return CollectionSpec(
        name=name,
        label=label,
        former=(MODULES[name],),
        key="id",
        modified="Modified_Time",
        created="Created_Time",
        version="Modified_Time",
        deletable=True,
        deletions=True,
        create_batch=CREATE_BATCH,
        fetch_batch=FETCH_BATCH,
        page_size=PAGE_SIZE,
        properties=(*_SYSTEM, *own),
    )


ACCOUNT = _collection(
    "Account",
    "Accounts",
    (
        property_of("Account_Name", "string", "GPU*"),
        *properties(
            "string", "GPU", "Account_Number Account_Site Account_Type Industry Ownership Rating Ticker_Symbol"
        ),
        *properties("string", "GPU", "Phone Fax"),
        property_of("Website"),
        *_address("Billing", "Code"),
        *_address("Shipping", "Code"),
        *_lookup("Parent_Account", "Account"),
        property_of("Annual_Revenue", "decimal"),
        *properties("integer", "GPU", "Employees SIC_Code"),
        *properties("string", "G", "Record_Image"),
    ),
)

CONTACT = _collection(
    "Contact",
    "Contacts",
    (
        property_of("Last_Name", "string", "GPU*"),
        property_of("First_Name"),
        property_of("Full_Name", "string", "G", note=_COMPUTED),
        *properties("string", "GPU", "Email Secondary_Email"),
        *properties("string", "GPU", "Phone Mobile Home_Phone Other_Phone Asst_Phone Fax"),
        *properties("string", "GPU", "Salutation Title Department Assistant Lead_Source Skype_ID Twitter"),
        *_lookup("Account_Name", "Account"),
        *_lookup("Reporting_To", "Contact"),
        *_address("Mailing", "Zip"),
        *_address("Other", "Zip"),
        property_of("Date_of_Birth", "date"),
        property_of("Email_Opt_Out", "boolean"),
        *properties("string", "G", "Record_Image Unsubscribed_Mode"),
        property_of("Unsubscribed_Time", "datetime", "G"),
    ),
)

DEAL = _collection(
    "Deal",
    "Deals",
    (
        *properties("string", "GPU*", "Deal_Name Stage"),
        property_of("Pipeline", note="Required where an account has several pipelines."),
        property_of("Closing_Date", "date", note="A date without a time of day."),
        property_of("Amount", "decimal"),
        property_of("Probability", "integer", note="Follows from Stage unless it is given."),
        property_of("Expected_Revenue", "decimal", "G", note=_COMPUTED),
        *_lookup("Account_Name", "Account"),
        *_lookup("Contact_Name", "Contact"),
        *properties("string", "GPU", "Type Lead_Source Next_Step"),
        property_of("Campaign_Source.id", "string", "G"),
        *properties("integer", "G", "Lead_Conversion_Time Overall_Sales_Duration Sales_Cycle_Duration"),
    ),
)

ABOUT = About(
    connector="zohocrm",
    title="Zoho CRM",
    document_name="ZohoCRM",
    collections=(ACCOUNT, CONTACT, DEAL),
    auth=("client_id", "client_secret", "refresh_token"),
    lag=LAG,
    skew=SKEW,
    full_pass_hours=24.0,
    assumptions=(
        "Writing null empties a field, and fields that are not sent keep their values.",
        "Every edit of a record moves its Modified_Time.",
        "Lists in the order of id, followed by page tokens, leave out no record that exists all the while.",
        "Records read by their ids show a write at once.",
    ),
)
