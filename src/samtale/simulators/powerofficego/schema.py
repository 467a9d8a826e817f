"""What PowerOffice Go's API v2 has: its types, their properties with kinds and rights, enums and list filters.

Everything here restates the vendor's OpenAPI descriptions (developer.poweroffice.net, the spec of each area) as data.
Knows nothing of requests or of what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["str", "i64", "i32", "dbl", "bool", "date", "ts", "uuid", "enum", "address", "ids"]


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property: `create` and `patch` say whether POST and PATCH take it, `read` whether answers show it."""

    name: str
    kind: Kind
    read: bool = True
    create: bool = False
    patch: bool = False
    max_length: int | None = None
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One list filter: how its value is read, and which property it is held against."""

    how: Literal["after", "numbers", "ids", "text", "texts", "contains", "flag"]
    property: str


@dataclass(frozen=True, kw_only=True)
class Type:
    """One type of record.

    `noun` begins titles and texts of errors, `path` is the list's place in the API, `collection` its name at the door.
    `is_contact`: customers, suppliers and employees are roles of one contact and may share an Id.
    """

    noun: str
    path: str
    collection: str
    properties: dict[str, Property]
    filters: dict[str, Filter]
    created: str
    is_contact: bool = False
    roles: tuple[str, ...] = ()
    handle: str | None = None
    """The property whose value must be unique, and which a client may choose."""

    by_lower: dict[str, Property] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_lower", {name.lower(): p for name, p in self.properties.items()})


_RIGHTS = {"GPU": (True, True, True), "GP": (True, True, False), "G": (True, False, False), "P": (False, True, False)}


def _properties(**groups: str) -> dict[str, Property]:
    """Properties from lines such as `Name:str(400)*`: kind, greatest length, and `*` for what POST requires."""
    found: dict[str, Property] = {}
    for rights, text in groups.items():
        read, create, patch = _RIGHTS[rights]
        for word in text.split():
            name, _, rest = word.partition(":")
            kind, _, length = rest.rstrip("*").rstrip(")").partition("(")
            found[name] = Property(
                name=name,
                kind=kind,  # type: ignore[arg-type]
                read=read,
                create=create,
                patch=patch,
                max_length=int(length) if length else None,
                required=rest.endswith("*"),
            )
    return dict(sorted(found.items()))


def _filters(**given: str) -> dict[str, Filter]:
    """Filters from `name="how Property"`, keyed in lower case because the API does not mind the case [inferred]."""
    found = {}
    for name, text in given.items():
        how, _, prop = text.partition(" ")
        found[name.lower()] = Filter(how=how, property=prop)  # type: ignore[arg-type]
    return found


ADDRESS: dict[str, Property] = _properties(
    GPU="AddressLine1:str(200) AddressLine2:str(200) City:str(100)* ZipCode:str(50)* CountryCode:str"
)
"""The five properties of any address."""

CONTACT_ADDRESS: dict[str, Property] = {
    **ADDRESS,
    **_properties(GPU="ExternalCode:str(50)", G="Id:i64 LastChangedDateTimeOffset:ts"),
}
"""The address of a customer, supplier or employee is an entity of its own, with an Id and a time of change."""

ENUMS: dict[str, tuple[str, ...]] = {
    "InvoiceDeliveryType": ("PdfByEmail", "Print", "EHF", "AvtaleGiro", "External", "Efaktura", "Factoring"),
    "ReminderDeliveryType": ("PdfByEmail", "Print"),
    "NoticeOfDebtCollectionDeliveryType": ("PdfByEmail", "Print"),
    "Gender": ("Male", "Female", "Hidden"),
    "InternationalIdType": (
        "PassportNumber", "NationalIdentityNumber", "TaxIdentificationNumber", "ValueAddedTaxIdentificationNumber",
    ),
    "ProductType": ("Product", "Service"),
    "UnitOfMeasureCode": (
        "BX", "MTR", "KMT", "KGM", "EA", "LTR", "HUR", "DAY", "MTK", "MTQ", "TNE", "MON", "ANN", "QAN", "NL", "XRO",
        "XBA", "XPL", "XPC", "PR", "XCI", "XBG", "SET", "XTY", "XOF", "FTK", "KWH", "MWH", "LBR", "CMT", "DMT", "LM",
        "XPK", "GRM", "HGM", "XFL", "XBE", "E54", "MMT", "DAA", "H18", "MLT", "HLT", "DLT", "AK", "XCR", "E14", "MJ",
        "J57", "XJG", "XCT", "XSA", "XTU", "WEE", "XCA", "XCN", "NAR", "M4", "XVQ", "P1", "MFU", "KMK", "LM3", "FOT",
        "FM3", "E34", "E35",
    ),
    "OptionalSalesAccountAgricultureDepartment": (
        "None", "Finance", "Farming", "Forestry", "FurAnimals", "OtherIndustries", "Private",
    ),
    "StandardSalesAccountAgricultureDepartment": (
        "None", "Finance", "Farming", "Forestry", "FurAnimals", "OtherIndustries", "Private",
    ),
    "ProjectStatus": ("Tentative", "Active", "Archived", "NotStarted", "Complete"),
    "ProjectBillingMethod": ("FixedPrice", "Time", "TimeAndExpenses"),
    "BillableRateSpecification": ("Activity", "Employee", "Project"),
}  # fmt: skip
"""Allowed values by property. Answers and requests carry them as strings, never as integers."""

_CHANGED = "after LastChangedDateTimeOffset"

CUSTOMER = Type(
    noun="Customer",
    path="Customers",
    collection="Customers",
    is_contact=True,
    roles=("Customer",),
    created="CustomerCreatedDateTimeOffset",
    handle="ExternalImportReference",
    properties=_properties(
        GPU="Allowance:dbl BillableRate:dbl ContactGroupIds:ids CurrencyCode:str CustomerSince:date DateOfBirth:date "
        "DeliveryTermId:i64 DepartmentId:i64 DoNotAddLatePaymentFees:bool DoNotAddLatePaymentInterest:bool "
        "DoNotAutomatePaymentNotifications:bool EmailAddress:str ExternalImportReference:str(50) ExternalNumber:i64 "
        "FirstName:str InvoiceBrandingThemeId:i64 InvoiceDeliveryType:enum InvoiceEmailAddress:str "
        "InvoiceEmailAddressCC:str(2000) IsArchived:bool IsPerson:bool IsVatFree:bool LastName:str LegalName:str "
        "MailAddress:address Name:str NationalIdNumber:str NoticeOfDebtCollectionDeliveryType:enum Number:i64 "
        "OrganizationNumber:str PaymentReminderEmailAddress:str PaymentTermId:i64 PhoneNumber:str "
        "ReminderDeliveryType:enum SalesPersonEmployeeId:i64 SendPaymentReminders:bool "
        "TransferToDebtCollectionAgency:bool UseInvoiceFee:bool WebsiteUrl:str",
        GP="DeliveryTerm:str DepartmentCode:str InvoiceBrandingThemeCode:str PaymentTerm:i32 "
        "SalesPersonEmployeeNumber:i64",
        G="ContactCreatedDateTimeOffset:ts CreatedFromImportJournalId:uuid CustomerCreatedDateTimeOffset:ts Id:i64 "
        "IsActive:bool LastChangedDateTimeOffset:ts SubledgerAccountId:i64",
        P="SubLedgerNumberSeriesId:uuid",
    ),
    filters=_filters(
        contactGroupIds="ids ContactGroupIds",
        customerCreatedDateTimeOffsetGreaterThan="after CustomerCreatedDateTimeOffset",
        customerNos="numbers Number",
        externalImportReference="text ExternalImportReference",
        externalNos="numbers ExternalNumber",
        lastChangedDateTimeOffsetGreaterThan=_CHANGED,
        organizationNumbers="texts OrganizationNumber",
    ),
)

SUPPLIER = Type(
    noun="Supplier",
    path="Suppliers",
    collection="Suppliers",
    is_contact=True,
    roles=("Supplier",),
    created="SupplierCreatedDateTimeOffset",
    handle="ExternalImportReference",
    properties=_properties(
        GPU="ContactGroupIds:ids CurrencyCode:str DateOfBirth:date EmailAddress:str ExternalImportReference:str(50) "
        "ExternalNumber:i64 FirstName:str IsArchived:bool IsPerson:bool LastName:str LegalName:str "
        "MailAddress:address Name:str Number:i64 OrganizationNumber:str Payout:bool PhoneNumber:str WebsiteUrl:str",
        G="ContactCreatedDateTimeOffset:ts CreatedFromImportJournalId:uuid Id:i64 IsActive:bool "
        "LastChangedDateTimeOffset:ts SubledgerAccountId:i64 SupplierCreatedDateTimeOffset:ts",
        P="SubLedgerNumberSeriesId:uuid",
    ),
    filters=_filters(
        contactGroupIds="ids ContactGroupIds",
        supplierCreatedDateTimeOffsetGreaterThan="after SupplierCreatedDateTimeOffset",
        supplierNos="numbers Number",
        externalImportReference="text ExternalImportReference",
        externalNos="numbers ExternalNumber",
        lastChangedDateTimeOffsetGreaterThan=_CHANGED,
        organizationNumbers="texts OrganizationNumber",
        emailAddresses="texts EmailAddress",
    ),
)

EMPLOYEE = Type(
    noun="Employee",
    path="Employees",
    collection="Employees",
    is_contact=True,
    roles=("Employee",),
    created="EmployeeCreatedDateTimeOffset",
    handle="ExternalImportReference",
    properties=_properties(
        GPU="ContactGroupIds:ids DateOfBirth:date DepartmentId:i64 EmailAddress:str EndDate:date "
        "ExternalImportReference:str(50) ExternalNumber:i64 FirstName:str* Gender:enum HiredDate:date "
        "InternationalIdCountryCode:str InternationalIdNumber:str InternationalIdReportToAltinn:bool "
        "InternationalIdType:enum IsArchived:bool JobTitle:str LastName:str* LocationId:i64 MailAddress:address "
        "ManagerEmployeeId:i64 NationalIdNumber:str Number:i64 PhoneNumber:str StartDate:date",
        GP="DepartmentCode:str LocationCode:str ManagerEmployeeNo:i64",
        G="ContactCreatedDateTimeOffset:ts CreatedFromImportJournalId:uuid EmployeeCreatedDateTimeOffset:ts "
        "ExpenseBankAccountId:i64 Id:i64 LastChangedDateTimeOffset:ts SalaryBankAccountId:i64 SubledgerAccountId:i64 "
        "TravelExpenseBankAccountId:i64",
        P="SubLedgerNumberSeriesId:uuid",
    ),
    filters=_filters(
        contactGroupIds="ids ContactGroupIds",
        employeeCreatedDateTimeOffsetGreaterThan="after EmployeeCreatedDateTimeOffset",
        employeeNos="numbers Number",
        externalImportReference="text ExternalImportReference",
        externalNos="numbers ExternalNumber",
        lastChangedDateTimeOffsetGreaterThan=_CHANGED,
        employeeEmails="texts EmailAddress",
        employeePhoneNumbers="texts PhoneNumber",
    ),
)

CONTACT_PERSON = Type(
    noun="ContactPerson",
    path="ContactPersons",
    collection="Contactperson",
    roles=("ContactPerson", "Customer", "Supplier"),
    created="CreatedDateTimeOffset",
    handle="ExternalCode",
    properties=_properties(
        GPU="EmailAddress:str ExternalCode:str(50) FirstName:str* IsActive:bool IsDefault:bool LastName:str* "
        "MailAddress:address PhoneNumber:str Title:str",
        G="ContactId:i64 CreatedDateTimeOffset:ts Id:i64 LastChangedDateTimeOffset:ts",
    ),
    filters=_filters(
        contactIds="ids ContactId",
        externalCodes="texts ExternalCode",
        createdDateTimeOffsetGreaterThan="after CreatedDateTimeOffset",
        lastChangedDateTimeOffsetGreaterThan=_CHANGED,
    ),
)

DEPARTMENT = Type(
    noun="Department",
    path="Departments",
    collection="Departments",
    roles=("Department",),
    created="CreatedDateTimeOffset",
    handle="Code",
    properties=_properties(
        GPU="Code:str IsActive:bool ManagerEmployeeId:i64 Name:str*",
        GP="ManagerEmployeeNo:i64",
        G="CreatedDateTimeOffset:ts CreatedFromImportJournalId:uuid Id:i64 LastChangedDateTimeOffset:ts",
    ),
    filters=_filters(
        codes="texts Code",
        name="contains Name",
        isActive="flag IsActive",
        managerEmployeeNo="numbers ManagerEmployeeNo",
        createdFromImportJournalId="text CreatedFromImportJournalId",
        createdDateTimeOffsetGreaterThan="after CreatedDateTimeOffset",
        lastChangedDateTimeOffsetGreaterThan=_CHANGED,
    ),
)

PRODUCT = Type(
    noun="Product",
    path="Products",
    collection="Product",
    roles=("Product",),
    created="CreatedDateTimeOffset",
    handle="Code",
    properties=_properties(
        GPU="Code:str(100) Description:str Gtin:str IsArchived:bool IsStockItem:bool Name:str(400)* "
        "OptionalSalesAccountId:i64 ProductGroupId:i64 ProductType:enum StandardSalesAccountId:i64 StockOnHand:dbl "
        "UnitCost:dbl UnitOfMeasureCode:enum UnitPrice:dbl",
        GP="OptionalSalesAccount:i64 OptionalSalesAccountAgricultureDepartment:enum ProductGroupCode:str "
        "StandardSalesAccount:i64 StandardSalesAccountAgricultureDepartment:enum",
        G="CreatedDateTimeOffset:ts CreatedFromImportJournalId:uuid Id:i64 LastChangedDateTimeOffset:ts "
        "StockAvailable:dbl StockOnHandLastChangedDatetimeOffset:ts",
    ),
    filters=_filters(
        codes="texts Code",
        names="texts Name",
        productGroupCodes="texts ProductGroupCode",
        type="text ProductType",
        isArchived="flag IsArchived",
        createdDateTimeOffsetGreaterThan="after CreatedDateTimeOffset",
        lastChangedDateTimeOffsetGreaterThan=_CHANGED,
        stockOnHandLastChangedDatetimeOffsetGreaterThan="after StockOnHandLastChangedDatetimeOffset",
    ),
)

PROJECT = Type(
    noun="Project",
    path="Projects",
    collection="Projects",
    roles=("Project",),
    created="CreatedDateTimeOffset",
    handle="Code",
    properties=_properties(
        GPU="AllowAllActivities:bool AllowAllEmployees:bool AttachExpenseVouchersWhenBilling:bool BillableRate:dbl "
        "BillableRateSpecification:enum BrandingThemeId:i64 BudgetedBillableRate:dbl BudgetedCostOfGoods:dbl "
        "BudgetedHours:dbl BudgetedOtherOperatingExpenses:dbl BudgetedPayrollExpenses:dbl BudgetedRevenueHours:dbl "
        "BudgetedTotalRevenue:dbl Code:str ContactPersonId:i64 ContractNo:str CustomerId:i64 DeliveryTermId:i64 "
        "DenyTimeTracking:bool DepartmentId:i64 EndDate:date ExpenseMarkupDescription:str ExpenseMarkupEnabled:bool "
        "ExpenseMarkupFactor:dbl ExternalNumber:i64 FixedPrice:dbl HourlyRateMarkupDescription:str "
        "HourlyRateMarkupEnabled:bool HourlyRateMarkupFactor:dbl IsActive:bool IsBillable:bool IsInternal:bool "
        "LocationId:i64 Name:str* ParentProjectId:i64 PaymentTermId:i64 Progress:i32 ProjectBillingMethod:enum "
        "ProjectManagerEmployeeId:i64 ProjectStatus:enum PurchaseOrderNo:str StartDate:date",
        GP="BrandingThemeCode:str CustomerNo:i64 DeliveryTerm:str DepartmentCode:str LocationCode:str "
        "ParentProjectCode:str PaymentTerms:i32 ProjectManagerEmployeeNo:i64",
        G="CreatedDateTimeOffset:ts CreatedFromImportJournalId:uuid Id:i64 LastChangedDateTimeOffset:ts",
    ),
    filters=_filters(
        projectCodes="texts Code",
        name="contains Name",
        customerNos="numbers CustomerNo",
        departmentCodes="texts DepartmentCode",
        projectManagerEmployeeNos="numbers ProjectManagerEmployeeNo",
        projectBillingMethod="text ProjectBillingMethod",
        status="text ProjectStatus",
        createdDateTimeOffsetGreaterThan="after CreatedDateTimeOffset",
        lastChangedDateTimeOffsetGreaterThan=_CHANGED,
    ),
)

TYPES: tuple[Type, ...] = (CUSTOMER, SUPPLIER, EMPLOYEE, CONTACT_PERSON, DEPARTMENT, PRODUCT, PROJECT)
CONTACTS: tuple[Type, ...] = (CUSTOMER, SUPPLIER, EMPLOYEE)
BY_NOUN: dict[str, Type] = {t.noun: t for t in TYPES}
BY_COLLECTION: dict[str, Type] = {t.collection: t for t in TYPES}


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A code or number that stands for an Id: POST takes either (the Id wins), answers show both, PATCH takes the Id.

    `noun` is the type referred to, with `key` the property that holds the code; or, without a type of ours, `values`
    lists what the simulated company has in its settings, code to Id.
    """

    code: str
    id: str
    noun: str
    key: str = ""
    values: dict[str | int, int] = field(default_factory=dict)


_TERMS: dict[str | int, int] = {0: 501, 10: 502, 14: 503, 30: 504}
_ACCOUNTS: dict[str | int, int] = {3000: 701, 3100: 702, 3200: 703}

TWINS: dict[str, tuple[Twin, ...]] = {
    "Customer": (
        Twin(code="DepartmentCode", id="DepartmentId", noun="Department", key="Code"),
        Twin(code="SalesPersonEmployeeNumber", id="SalesPersonEmployeeId", noun="Employee", key="Number"),
        Twin(code="PaymentTerm", id="PaymentTermId", noun="Payment term", values=_TERMS),
        Twin(code="DeliveryTerm", id="DeliveryTermId", noun="Delivery term", values={"EXW": 511, "DAP": 512}),
        Twin(code="InvoiceBrandingThemeCode", id="InvoiceBrandingThemeId", noun="Branding theme", values={"1": 521}),
    ),
    "Supplier": (),
    "Employee": (
        Twin(code="DepartmentCode", id="DepartmentId", noun="Department", key="Code"),
        Twin(code="ManagerEmployeeNo", id="ManagerEmployeeId", noun="Employee", key="Number"),
        Twin(code="LocationCode", id="LocationId", noun="Location", values={"1": 531, "2": 532}),
    ),
    "ContactPerson": (),
    "Department": (Twin(code="ManagerEmployeeNo", id="ManagerEmployeeId", noun="Employee", key="Number"),),
    "Product": (
        Twin(code="ProductGroupCode", id="ProductGroupId", noun="Product group", values={"1": 541, "2": 542}),
        Twin(code="StandardSalesAccount", id="StandardSalesAccountId", noun="Account", values=_ACCOUNTS),
        Twin(code="OptionalSalesAccount", id="OptionalSalesAccountId", noun="Account", values=_ACCOUNTS),
    ),
    "Project": (
        Twin(code="CustomerNo", id="CustomerId", noun="Customer", key="Number"),
        Twin(code="DepartmentCode", id="DepartmentId", noun="Department", key="Code"),
        Twin(code="ParentProjectCode", id="ParentProjectId", noun="Project", key="Code"),
        Twin(code="ProjectManagerEmployeeNo", id="ProjectManagerEmployeeId", noun="Employee", key="Number"),
        Twin(code="PaymentTerms", id="PaymentTermId", noun="Payment term", values=_TERMS),
        Twin(code="DeliveryTerm", id="DeliveryTermId", noun="Delivery term", values={"EXW": 511, "DAP": 512}),
        Twin(code="BrandingThemeCode", id="BrandingThemeId", noun="Branding theme", values={"1": 521}),
        Twin(code="LocationCode", id="LocationId", noun="Location", values={"1": 531, "2": 532}),
    ),
}

DEFAULTS: dict[str, dict[str, object]] = {
    "Customer": {"IsPerson": False, "CurrencyCode": "NOK", "IsArchived": False, "IsActive": True},
    "Supplier": {"IsPerson": False, "CurrencyCode": "NOK", "IsArchived": False, "IsActive": True, "Payout": True},
    "Employee": {"IsArchived": False},
    "ContactPerson": {"IsActive": False, "IsDefault": False},
    "Department": {"IsActive": False},
    "Product": {"ProductType": "Product", "IsArchived": False, "IsStockItem": False},
    "Project": {"AllowAllActivities": True, "AllowAllEmployees": True, "IsActive": True, "ProjectStatus": "Active"},
}
"""What a create sets when the client does not say. A department is born inactive (documented), and so is a contact
person [inferred]; a project is born active [inferred]."""

CONTACT_LEVEL: frozenset[str] = frozenset({
    "IsArchived", "IsPerson", "Name", "LegalName", "FirstName", "LastName", "DateOfBirth", "OrganizationNumber",
    "NationalIdNumber", "EmailAddress", "PhoneNumber", "WebsiteUrl", "MailAddress", "ContactGroupIds",
})  # fmt: skip
"""Properties that all roles of a contact share. Documented for IsArchived, [inferred] for the rest."""

NUMBER_SERIES: dict[str, tuple[int, int]] = {
    "Customer": (10_000, 39_999),
    "Supplier": (40_000, 69_999),
    "Employee": (1, 9_999),
}
"""The series from which the simulated company numbers its ledgers."""

CONTACT_GROUPS: frozenset[int] = frozenset({1001, 1002, 1003})
"""The contact groups that the simulated company has."""
