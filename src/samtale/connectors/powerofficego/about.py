"""What is known of PowerOffice Go without asking it: collections, properties, rights. No IO.

Source: the vendor's OpenAPI documents of Go API v2 (DTO, PostDto and PatchDto of each type) and its developer
portal. What was only reasoned is marked [inferred]. Collections bear the names that the dataflow documents use,
properties today's names; ``former`` holds the names of API version 1.
"""

from __future__ import annotations

from samtale.connectors.schema import properties, property_of, with_former
from samtale.ports.connector import About, CollectionSpec, PropertySpec

#: Reads are served from a replica; the portal tells of a small delay, version 1 advised to wait 1 to 2 seconds.
LAG = 2.0
#: A record may appear in the replica after a later one was seen, so incremental reads begin this much earlier
#: [inferred].
SKEW = 10.0
PAGE_SIZE = 1000

_HIDDEN = "Reads as the word hidden unless a special privilege is granted; Samtale neither reads nor writes it."
_TWIN = "Can be given when a record is created; afterwards the property that ends with Id says the same."


def _address(*, own: bool = True) -> tuple[PropertySpec, ...]:
    """The address inside a record.

    An edit of it alone does not move the record's LastChangedDateTimeOffset (portal, Contacts).
    """
    note = "An address is kept only with both City and ZipCode."
    return (
        property_of("MailAddress.AddressLine1", max_length=200, timed=False),
        property_of("MailAddress.AddressLine2", max_length=200, timed=False),
        property_of("MailAddress.City", max_length=100, timed=False, note=note),
        property_of("MailAddress.ZipCode", max_length=50, timed=False, note=note),
        property_of(
            "MailAddress.CountryCode", style="alpha2", timed=False, note="NO if an address is created without it."
        ),
        *(
            (
                property_of("MailAddress.ExternalCode", max_length=50, timed=False, unique=True),
                property_of("MailAddress.Id", "integer", "G", timed=False),
                property_of("MailAddress.LastChangedDateTimeOffset", "datetime", "G", timed=False),
            )
            if own
            else ()
        ),
    )


def _hidden(*names: str) -> tuple[PropertySpec, ...]:
    return tuple(property_of(name, "string", "G", hidden=True, note=_HIDDEN) for name in names)


def _contact(created: str) -> tuple[PropertySpec, ...]:
    """What customers, suppliers and employees share: each is a role of one contact, with one Id."""
    return (
        property_of("Id", "integer", "G", nullable=False),
        property_of("Number", "integer", note="Given by PowerOffice from its number series when it is left out."),
        property_of("EmailAddress"),
        property_of("PhoneNumber"),
        *_address(),
        property_of("ContactGroupIds", "array"),
        property_of("DateOfBirth", "date", note="Of a person only."),
        property_of("ExternalImportReference", max_length=50, unique=True, note="Samtale leaves its mark here."),
        property_of("ExternalNumber", "integer", unique=True),
        property_of(
            "IsArchived", "boolean", note="Acts on every role of the contact; refused while there are balances."
        ),
        property_of("SubLedgerNumberSeriesId", "string", "P"),
        *properties("datetime", "G", f"ContactCreatedDateTimeOffset {created} LastChangedDateTimeOffset"),
        *properties("string", "G", "CreatedFromImportJournalId"),
        *properties("integer", "G", "SubledgerAccountId"),
    )


_COMPANY_OR_PERSON = (
    property_of("IsPerson", "boolean", note="A person instead of an organization; the same collection holds both."),
    property_of("Name", note="Required of an organization."),
    property_of("LegalName", note="Of an organization only."),
    property_of("FirstName", note="Required of a person."),
    property_of("LastName", note="Required of a person."),
    property_of("OrganizationNumber", note="Of an organization only."),
    property_of("WebsiteUrl"),
    property_of("CurrencyCode"),
    property_of("IsActive", "boolean", "G", note="Whether the role is in use; IsArchived is what can be set."),
)

_INVOICE_DELIVERY = ("PdfByEmail", "Print", "EHF", "AvtaleGiro", "External", "Efaktura", "Factoring")

CUSTOMERS = CollectionSpec(
    name="Customers",
    label="Customers",
    key="Id",
    modified="LastChangedDateTimeOffset",
    created="CustomerCreatedDateTimeOffset",
    mark="ExternalImportReference",
    archive=("IsArchived", True),
    deletable=True,
    blind=True,
    page_size=PAGE_SIZE,
    properties=(
        *_contact("CustomerCreatedDateTimeOffset"),
        *_COMPANY_OR_PERSON,
        property_of(
            "InvoiceDeliveryType",
            values=_INVOICE_DELIVERY,
            note="Print is sent with a new customer who has no e-mail address.",
        ),
        *properties(
            "string", "GPU", "ReminderDeliveryType NoticeOfDebtCollectionDeliveryType", values=("PdfByEmail", "Print")
        ),
        *properties("string", "GPU", "InvoiceEmailAddress InvoiceEmailAddressCC PaymentReminderEmailAddress"),
        property_of("DepartmentId", "integer", refers=("Departments",)),
        property_of("DepartmentCode", "string", "GP", note=_TWIN),
        property_of("SalesPersonEmployeeId", "integer", refers=("Employees",)),
        property_of("SalesPersonEmployeeNumber", "integer", "GP", note=_TWIN),
        *properties("integer", "GPU", "DeliveryTermId InvoiceBrandingThemeId PaymentTermId"),
        *properties("string", "GP", "DeliveryTerm InvoiceBrandingThemeCode", note=_TWIN),
        property_of("PaymentTerm", "integer", "GP", note=_TWIN),
        *properties("decimal", "GPU", "Allowance BillableRate"),
        property_of("CustomerSince", "date"),
        *properties(
            "boolean",
            "GPU",
            "DoNotAddLatePaymentFees DoNotAddLatePaymentInterest DoNotAutomatePaymentNotifications IsVatFree "
            "SendPaymentReminders TransferToDebtCollectionAgency UseInvoiceFee",
        ),
        *_hidden("NationalIdNumber"),
    ),
)

SUPPLIERS = CollectionSpec(
    name="Suppliers",
    label="Suppliers",
    key="Id",
    modified="LastChangedDateTimeOffset",
    created="SupplierCreatedDateTimeOffset",
    mark="ExternalImportReference",
    archive=("IsArchived", True),
    deletable=True,
    blind=True,
    page_size=PAGE_SIZE,
    properties=(
        *_contact("SupplierCreatedDateTimeOffset"),
        *_COMPANY_OR_PERSON,
        property_of("Payout", "boolean", note="True unless it is said otherwise: payments are prepared."),
    ),
)

EMPLOYEES = CollectionSpec(
    name="Employees",
    label="Employees",
    key="Id",
    modified="LastChangedDateTimeOffset",
    created="EmployeeCreatedDateTimeOffset",
    mark="ExternalImportReference",
    archive=("IsArchived", True),
    deletable=True,
    blind=True,
    page_size=PAGE_SIZE,
    properties=(
        *_contact("EmployeeCreatedDateTimeOffset"),
        *properties("string", "GPU*", "FirstName LastName"),
        property_of("JobTitle"),
        *properties("date", "GPU", "StartDate EndDate HiredDate"),
        property_of("DepartmentId", "integer", refers=("Departments",)),
        property_of("ManagerEmployeeId", "integer", refers=("Employees",)),
        property_of("LocationId", "integer"),
        *properties("string", "GP", "DepartmentCode LocationCode", note=_TWIN),
        property_of("ManagerEmployeeNo", "integer", "GP", note=_TWIN),
        *properties("integer", "G", "ExpenseBankAccountId SalaryBankAccountId TravelExpenseBankAccountId"),
        *_hidden("NationalIdNumber", "InternationalIdNumber", "Gender"),
        *properties("string", "G", "InternationalIdCountryCode InternationalIdType"),
        property_of("InternationalIdReportToAltinn", "boolean", "G"),
    ),
)

CONTACTPERSON = CollectionSpec(
    name="Contactperson",
    label="Contact persons",
    key="Id",
    modified="LastChangedDateTimeOffset",
    created="CreatedDateTimeOffset",
    mark="ExternalCode",
    archive=("IsActive", False),
    deletable=True,
    blind=True,
    page_size=PAGE_SIZE,
    former=("ContactPersons", "PartyContactPerson"),
    properties=with_former(
        (
            property_of("Id", "integer", "G", nullable=False),
            property_of(
                "ContactId",
                "integer",
                "GP*",
                refers=("Customers", "Suppliers"),
                nullable=False,
                note="A contact person cannot be moved to another customer or supplier.",
            ),
            *properties("string", "GPU*", "FirstName LastName"),
            property_of("EmailAddress"),
            property_of("PhoneNumber"),
            property_of("Title"),
            property_of("ExternalCode", max_length=50, unique=True, note="Samtale leaves its mark here."),
            property_of("IsActive", "boolean", note="True is sent with a new contact person."),
            property_of("IsDefault", "boolean"),
            *_address(own=False),
            *properties("datetime", "G", "CreatedDateTimeOffset LastChangedDateTimeOffset"),
        ),
        {
            "Id": ("id",),
            "ContactId": ("partyId",),
            "FirstName": ("firstName",),
            "LastName": ("lastName",),
            "EmailAddress": ("emailAddress",),
            "PhoneNumber": ("phoneNumber",),
            "ExternalCode": ("externalCode",),
            "IsActive": ("isActive",),
            "MailAddress.AddressLine1": ("address1",),
            "MailAddress.AddressLine2": ("address2",),
            "MailAddress.City": ("city",),
            "MailAddress.ZipCode": ("zipCode",),
            "MailAddress.CountryCode": ("residenceCountryCode",),
            "LastChangedDateTimeOffset": ("lastChanged",),
        },
    ),
)

DEPARTMENTS = CollectionSpec(
    name="Departments",
    label="Departments",
    key="Id",
    modified="LastChangedDateTimeOffset",
    created="CreatedDateTimeOffset",
    archive=("IsActive", False),
    deletable=True,
    page_size=PAGE_SIZE,
    properties=(
        property_of("Id", "integer", "G", nullable=False),
        property_of("Name", "string", "GPU*"),
        property_of("Code"),
        property_of("IsActive", "boolean", note="True is sent with a new department, which is inactive otherwise."),
        property_of("ManagerEmployeeId", "integer", refers=("Employees",)),
        property_of("ManagerEmployeeNo", "integer", "GP", note=_TWIN),
        *properties("datetime", "G", "CreatedDateTimeOffset LastChangedDateTimeOffset"),
        *properties("string", "G", "CreatedFromImportJournalId"),
    ),
)

PRODUCT = CollectionSpec(
    name="Product",
    label="Products",
    key="Id",
    modified="LastChangedDateTimeOffset",
    created="CreatedDateTimeOffset",
    archive=("IsArchived", True),
    deletable=True,
    blind=True,
    page_size=PAGE_SIZE,
    former=("Products",),
    properties=with_former(
        (
            property_of("Id", "integer", "G", nullable=False),
            property_of("Name", "string", "GPU*", max_length=400),
            property_of("Code", max_length=100),
            *properties("string", "GPU", "Description Gtin UnitOfMeasureCode"),
            property_of("ProductType", values=("Product", "Service")),
            *properties("decimal", "GPU", "UnitPrice UnitCost"),
            property_of("StockOnHand", "decimal", timed=False, note="Can be set only of a stock item."),
            property_of("StockAvailable", "decimal", "G", timed=False),
            property_of("StockOnHandLastChangedDatetimeOffset", "datetime", "G", timed=False),
            *properties("boolean", "GPU", "IsArchived IsStockItem"),
            *properties("integer", "GPU", "ProductGroupId StandardSalesAccountId OptionalSalesAccountId"),
            *properties("integer", "GP", "StandardSalesAccount OptionalSalesAccount", note=_TWIN),
            *properties(
                "string",
                "GP",
                "ProductGroupCode OptionalSalesAccountAgricultureDepartment StandardSalesAccountAgricultureDepartment",
                note=_TWIN,
            ),
            *properties("datetime", "G", "CreatedDateTimeOffset LastChangedDateTimeOffset"),
            *properties("string", "G", "CreatedFromImportJournalId"),
        ),
        {
            "Id": ("id",),
            "Code": ("code",),
            "Name": ("name",),
            "Description": ("description",),
            "Gtin": ("gtin",),
            "UnitPrice": ("salesPrice",),
            "UnitCost": ("costPrice",),
            "StockAvailable": ("availableStock",),
            "StockOnHand": ("productsOnHand",),
            "ProductType": ("type",),
            "StandardSalesAccount": ("salesAccount",),
            "OptionalSalesAccount": ("vatExemptSalesAccount",),
            "LastChangedDateTimeOffset": ("lastChanged",),
        },
    ),
)

PROJECTS = CollectionSpec(
    name="Projects",
    label="Projects",
    key="Id",
    modified="LastChangedDateTimeOffset",
    created="CreatedDateTimeOffset",
    archive=("ProjectStatus", "Archived"),
    deletable=True,
    page_size=PAGE_SIZE,
    properties=(
        property_of("Id", "integer", "G", nullable=False),
        property_of("Name", "string", "GPU*"),
        property_of("Code", note="Of a sub-project it comes back with the code of its parent and a dot before it."),
        property_of("CustomerId", "integer", refers=("Customers",)),
        property_of(
            "ContactPersonId", "integer", refers=("Contactperson",), note="Must belong to the project's customer."
        ),
        property_of("DepartmentId", "integer", refers=("Departments",)),
        property_of("ProjectManagerEmployeeId", "integer", refers=("Employees",)),
        property_of("ParentProjectId", "integer", refers=("Projects",)),
        *properties("date", "GPU", "StartDate EndDate"),
        *properties(
            "integer", "GPU", "BrandingThemeId DeliveryTermId ExternalNumber LocationId PaymentTermId Progress"
        ),
        *properties(
            "boolean",
            "GPU",
            "AllowAllActivities AllowAllEmployees AttachExpenseVouchersWhenBilling DenyTimeTracking "
            "ExpenseMarkupEnabled HourlyRateMarkupEnabled IsActive IsBillable IsInternal",
        ),
        *properties(
            "decimal",
            "GPU",
            "BillableRate BudgetedBillableRate BudgetedCostOfGoods BudgetedHours BudgetedOtherOperatingExpenses "
            "BudgetedPayrollExpenses BudgetedRevenueHours BudgetedTotalRevenue ExpenseMarkupFactor FixedPrice "
            "HourlyRateMarkupFactor",
        ),
        *properties("string", "GPU", "ContractNo ExpenseMarkupDescription HourlyRateMarkupDescription PurchaseOrderNo"),
        property_of("ProjectStatus", values=("Tentative", "Active", "Archived", "NotStarted", "Complete")),
        property_of("ProjectBillingMethod", values=("FixedPrice", "Time", "TimeAndExpenses")),
        property_of("BillableRateSpecification", values=("Activity", "Employee", "Project")),
        *properties(
            "string", "GP", "BrandingThemeCode DeliveryTerm DepartmentCode LocationCode ParentProjectCode", note=_TWIN
        ),
        *properties("integer", "GP", "CustomerNo PaymentTerms ProjectManagerEmployeeNo", note=_TWIN),
        *properties("datetime", "G", "CreatedDateTimeOffset LastChangedDateTimeOffset"),
        *properties("string", "G", "CreatedFromImportJournalId"),
    ),
)

ABOUT = About(
    connector="powerofficego",
    title="PowerOffice Go",
    document_name="Powerofficego",
    collections=(CUSTOMERS, DEPARTMENTS, CONTACTPERSON, EMPLOYEES, SUPPLIERS, PRODUCT, PROJECTS),
    auth=("application_key", "client_key", "subscription_key"),
    lag=LAG,
    skew=SKEW,
    ignores_case=True,
    full_pass_hours=24.0,
    assumptions=(
        "A JSON Patch is carried out as a whole or not at all.",
        "A failing test in a JSON Patch is answered with status 400, and nothing is changed.",
        "The Id of a contact person is unique among all contact persons, whoever they belong to.",
        "Lists are sorted by Id when OrderBy=Id is given, and hold archived records.",
        "An edit of a customer's address alone shows in no incremental read, so a full pass runs every day.",
    ),
)
