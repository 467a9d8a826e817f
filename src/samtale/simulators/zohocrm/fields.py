"""What the fields of Accounts, Contacts and Deals are, and how the fields API describes them.

Knows names, types, lengths and rights. Must not know records, requests or time. Names and types follow Zoho's "Fields
Metadata" API and the stock layouts; lengths and pick lists that no public document states are marked [inferred].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: JSON type of each data type, as the fields API names it.
JSON_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "text": "string", "textarea": "string", "email": "string", "phone": "string", "website": "string",
        "picklist": "string", "date": "string", "datetime": "string", "profileimage": "string",
        "boolean": "boolean", "integer": "integer", "double": "double", "currency": "double",
        "lookup": "jsonobject", "ownerlookup": "jsonobject",
    }
)  # fmt: skip

#: Data types whose values are free text, and so are searched and cut.
TEXT_TYPES = frozenset({"text", "textarea", "email", "phone", "website", "picklist"})


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of one module.

    `length` is the longest text in characters (or the most digits), None where the type has none. `writable` is false
    for what Zoho computes or sets itself. `unique` is None, or whether upper and lower case differ.
    """

    api_name: str
    data_type: str
    length: int | None = None
    mandatory: bool = False
    writable: bool = True
    unique: bool | None = None
    choices: tuple[str, ...] = ()
    lookup: str | None = None
    custom: bool = False
    label: str = ""

    @property
    def json_type(self) -> str:
        """The JSON type that the fields API names for this data type."""
        return JSON_TYPES[self.data_type]


@dataclass(frozen=True, kw_only=True)
class Module:
    """One module: its API name, the collection's name at the door, its name field, and what upsert looks at first.

    The system duplicate-check fields are Account_Name, Email and Deal_Name (Zoho, "Upsert Records").
    """

    api_name: str
    collection: str
    name_field: str
    system_duplicate_field: str
    fields: tuple[Field, ...]


def _text(length: int, *names: str) -> tuple[Field, ...]:
    return tuple(Field(api_name=name, data_type="text", length=length) for name in names)


def _typed(data_type: str, length: int | None, *names: str) -> tuple[Field, ...]:
    return tuple(Field(api_name=name, data_type=data_type, length=length) for name in names)


def _choice(name: str, *choices: str) -> Field:
    return Field(api_name=name, data_type="picklist", length=120, choices=choices)


def _given(data_type: str, *names: str) -> tuple[Field, ...]:
    """Fields that Zoho sets or computes itself."""
    return tuple(Field(api_name=name, data_type=data_type, writable=False) for name in names)


def _lookup(name: str, module: str) -> Field:
    return Field(api_name=name, data_type="lookup", length=120, lookup=module)


def _address(prefix: str, code: str) -> tuple[Field, ...]:
    """Accounts call the postal code `_Code`, Contacts call it `_Zip`. Lengths [inferred]."""
    return (
        Field(api_name=f"{prefix}_Street", data_type="text", length=250),
        *_text(100, f"{prefix}_City", f"{prefix}_State"),
        *_text(30, f"{prefix}_{code}"),
        *_text(100, f"{prefix}_Country"),
    )


_OWNER = Field(api_name="Owner", data_type="ownerlookup", length=120)
_SYSTEM = (
    *_given("ownerlookup", "Created_By", "Modified_By"),
    *_given("datetime", "Created_Time", "Modified_Time", "Last_Activity_Time"),
)
_ENRICHED = (*_given("datetime", "Last_Enriched_Time__s"), *_given("text", "Enrich_Status__s"))
_LEAD_SOURCES = ("Advertisement", "Cold Call", "Employee Referral", "External Referral", "Partner", "Public Relations",
                 "Trade Show", "Web Research", "Chat")  # fmt: skip

#: Stage -> probability in per cent, in the order of the stock sales pipeline [inferred].
STAGES: Mapping[str, int] = MappingProxyType(
    {
        "Qualification": 10, "Needs Analysis": 20, "Value Proposition": 40, "Identify Decision Makers": 60,
        "Proposal/Price Quote": 75, "Negotiation/Review": 90, "Closed Won": 100, "Closed Lost": 0,
        "Closed Lost to Competition": 0,
    }
)  # fmt: skip

ACCOUNTS = Module(
    api_name="Accounts",
    collection="Account",
    name_field="Account_Name",
    system_duplicate_field="Account_Name",
    fields=(
        Field(api_name="Account_Name", data_type="text", length=200, mandatory=True),
        *_text(40, "Account_Number"),
        *_text(80, "Account_Site"),
        _choice("Account_Type", "Analyst", "Competitor", "Customer", "Distributor", "Integrator", "Investor", "Other",
                "Partner", "Press", "Prospect", "Reseller", "Supplier", "Vendor"),
        *_typed("currency", 16, "Annual_Revenue"),
        *_address("Billing", "Code"),
        *_address("Shipping", "Code"),
        *_typed("textarea", 32_000, "Description"),
        *_typed("integer", 9, "Employees"),
        *_typed("phone", 30, "Fax", "Phone"),
        _choice("Industry", "ASP (Application Service Provider)", "Data/Telecom OEM",
                "ERP (Enterprise Resource Planning)", "Government/Military", "Large Enterprise", "ManagementISV",
                "MSP (Management Service Provider)", "Network Equipment Enterprise", "Non-management ISV",
                "Optical Networking", "Service Provider", "Small/Medium Enterprise", "Storage Equipment",
                "Storage Service Provider", "Systems Integrator", "Wireless Industry"),
        _choice("Ownership", "Other", "Private", "Public", "Subsidiary", "Partnership", "Government", "Privately Held",
                "Public Company"),
        _lookup("Parent_Account", "Accounts"),
        _choice("Rating", "Acquired", "Active", "Market Failed", "Project Cancelled", "Shut Down"),
        *_given("profileimage", "Record_Image"),
        *_typed("integer", 9, "SIC_Code"),
        *_text(30, "Ticker_Symbol"),
        *_typed("website", 450, "Website"),
        _OWNER,
        *_SYSTEM,
        *_ENRICHED,
    ),
)  # fmt: skip

CONTACTS = Module(
    api_name="Contacts",
    collection="Contact",
    name_field="Full_Name",
    system_duplicate_field="Email",
    fields=(
        *_text(40, "First_Name"),
        Field(api_name="Last_Name", data_type="text", length=80, mandatory=True),
        *_given("text", "Full_Name"),
        _choice("Salutation", "Mr.", "Mrs.", "Ms.", "Dr.", "Prof."),
        *_typed("email", 100, "Email", "Secondary_Email"),
        *_typed("phone", 30, "Phone", "Mobile", "Home_Phone", "Other_Phone", "Asst_Phone", "Fax"),
        *_text(50, "Assistant", "Department", "Skype_ID", "Twitter"),
        *_text(100, "Title"),
        _lookup("Account_Name", "Accounts"),
        _lookup("Reporting_To", "Contacts"),
        *_typed("date", None, "Date_of_Birth"),
        *_typed("boolean", None, "Email_Opt_Out"),
        _choice("Lead_Source", *_LEAD_SOURCES),
        *_address("Mailing", "Zip"),
        *_address("Other", "Zip"),
        *_typed("textarea", 32_000, "Description"),
        *_given("profileimage", "Record_Image"),
        *_given("picklist", "Unsubscribed_Mode"),
        *_given("datetime", "Unsubscribed_Time"),
        _OWNER,
        *_SYSTEM,
        *_ENRICHED,
    ),
)

DEALS = Module(
    api_name="Deals",
    collection="Deal",
    name_field="Deal_Name",
    system_duplicate_field="Deal_Name",
    fields=(
        Field(api_name="Deal_Name", data_type="text", length=120, mandatory=True),
        Field(api_name="Stage", data_type="picklist", length=120, mandatory=True, choices=tuple(STAGES)),
        *_typed("date", None, "Closing_Date"),
        *_typed("currency", 16, "Amount"),
        _lookup("Account_Name", "Accounts"),
        _lookup("Contact_Name", "Contacts"),
        *_typed("integer", 3, "Probability"),
        *_given("currency", "Expected_Revenue"),
        _choice("Type", "Existing Business", "New Business"),
        _choice("Lead_Source", *_LEAD_SOURCES),
        *_text(100, "Next_Step"),
        *_given("lookup", "Campaign_Source"),
        *_typed("textarea", 32_000, "Description"),
        *_given("integer", "Lead_Conversion_Time", "Overall_Sales_Duration", "Sales_Cycle_Duration"),
        _OWNER,
        *_SYSTEM,
    ),
)

MODULES: Mapping[str, Module] = MappingProxyType({module.api_name: module for module in (ACCOUNTS, CONTACTS, DEALS)})


def described(field: Field, *, field_id: str, profile_id: str) -> dict[str, object]:
    """The field as GET /settings/fields shows it (Zoho, "Fields Metadata")."""
    label = field.label or field.api_name.removesuffix("__s").replace("_", " ")
    editable = field.writable
    return {
        "id": field_id,
        "api_name": field.api_name,
        "field_label": label,
        "display_label": label,
        "data_type": field.data_type,
        "json_type": field.json_type,
        "length": field.length or 0,
        "system_mandatory": field.mandatory,
        "read_only": False,
        "field_read_only": not editable,
        "custom_field": field.custom,
        "unique": {} if field.unique is None else {"case_sensitive": field.unique},
        "pick_list_values": [_described_choice(field, field_id, place) for place in range(len(field.choices))],
        "lookup": _described_lookup(field, field_id),
        "operation_type": {
            "web_update": editable, "api_create": editable, "web_create": editable, "api_update": editable,
        },
        "view_type": {"view": True, "edit": editable, "quick_create": field.mandatory, "create": editable},
        "profiles": [{
            "permission_type": "read_write" if editable else "read_only", "name": "Administrator", "id": profile_id,
        }],
        "currency": _described_currency(field),
        "decimal_place": 2 if field.data_type in {"currency", "double"} else None,
        "type": "used",
        "created_source": "default",
        "display_field": field.mandatory,
        "email_parser": {"fields_update_supported": False, "record_operations_supported": False},
        "display_type": -1,
        "ui_type": 1,
        **dict.fromkeys(
            ("visible", "filterable", "searchable", "sortable", "mass_update", "blueprint_supported"), True),
        **dict.fromkeys(
            ("webhook", "colour_code_enabled_by_system", "businesscard_supported", "separator", "enable_colour_code",
             "history_tracking_enabled", "virtual_field", "public", "pick_list_values_sorted_lexically",
             "hipaa_compliance_enabled"), False),
        **{name: {} for name in ("multi_module_lookup", "convert_mapping", "rollup_summary", "formula",
                                 "multiselectlookup", "auto_number")},
        **dict.fromkeys(("association_details", "associated_module", "external", "range", "tooltip", "crypt", "private",
                         "created_time", "modified_time", "parent_field", "child_fields", "history_tracking",
                         "hipaa_compliance", "address", "additional_column", "display_format", "global_picklist")),
    }  # fmt: skip


def _described_choice(field: Field, field_id: str, place: int) -> dict[str, object]:
    value = field.choices[place]
    return {
        "display_value": value,
        "actual_value": value,
        "reference_value": value,
        "sequence_number": place + 1,
        "id": str(int(field_id) + place + 1),
        "type": "used",
    }


def _described_lookup(field: Field, field_id: str) -> dict[str, object]:
    if field.lookup is None:
        return {}
    return {
        "display_label": field.lookup,
        "api_name": field.lookup,
        "module": {"api_name": field.lookup, "crypt": False, "id": field_id},
        "id": field_id,
        "revalidate_filter_during_edit": False,
        "query_details": {"system_query_id": None},
    }


def _described_currency(field: Field) -> dict[str, object]:
    return {"rounding_option": "normal", "precision": 2} if field.data_type == "currency" else {}
