"""What a connector is: data (``about``) plus verbs. Everything the engine knows of a system, it knows through this.

Records travel as the vendor's own JSON, one ``bytes`` each, so that an unchanged record is recognized by its hash and never decoded.
The errors that the verbs raise are those of ``samtale.core.problems``, typed by what to do next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from samtale.core.kinds import Raw
from samtale.core.problems import Problem, SystemTrouble

#: One record as the system shows it: a JSON object.
Record = bytes
#: Opaque to the engine, JSON-encodable; says where the next incremental read begins.
Cursor = Mapping[str, Raw]


class PropertySpec(msgspec.Struct, frozen=True, kw_only=True):
    """One property of a collection, as the vendor's documentation or metadata describes it."""

    path: str  #: dotted, with the vendor's current spelling: ``MailAddress.City``
    type: Literal["string", "integer", "decimal", "boolean", "date", "datetime", "object", "array"] = "string"
    readable: bool = True
    creatable: bool = True
    updatable: bool = True
    required: bool = False  #: without it the system refuses to create the record
    max_length: int | None = None
    unique: bool = False
    values: tuple[str, ...] = ()  #: allowed values, where the list is closed
    refers: tuple[str, ...] = ()  #: collections of the same system whose keys it holds
    style: str | None = None  #: the form of a country, a phone, ... (see Form.style of the kinds)
    hidden: bool = False  #: reads as a placeholder without a special privilege; never no information, never a value
    timed: bool = True  #: whether the record's modified time moves when this property alone changes
    nullable: bool = True
    former: tuple[str, ...] = ()  #: names that older versions of the API, and old documents, use
    note: str = ""  #: why it is read-only, or what to use instead; shown by ``check`` and in documents


class CollectionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of records: how they are identified, and what the system can do with them."""

    name: str  #: as the dataflow documents call it
    properties: tuple[PropertySpec, ...]
    key: str  #: path of the property that identifies a record
    modified: str | None = None  #: path of the time of the last change, an ISO 8601 instant
    created: str | None = None  #: path of the time of creation
    version: str | None = None  #: path of what a conditional update compares; None: the engine fetches and compares
    mark: str | None = None  #: path of a searchable property that may carry our mark; None: no place for it
    archive: tuple[str, bool | int | str] | None = None  #: property and value that archive a record
    writable: bool = True
    deletable: bool = True
    create_batch: int = 1  #: how many records one create call may carry
    fetch_batch: int = 1  #: how many keys one fetch call may carry
    incremental: bool = True  #: whether ``read`` can begin at a cursor
    deletions: bool = False  #: whether incremental reads tell which records were deleted
    blind: bool = False  #: some changes never show in an incremental read; only a full pass finds them
    page_size: int = 200
    omits_empty: bool = False  #: a property missing from a record is empty (else: no information)
    former: tuple[str, ...] = ()
    label: str = ""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a kind of system without asking it."""

    connector: str  #: registry name: ``zohocrm``
    title: str  #: as people call it: ``Zoho CRM``
    document_name: str  #: as the dataflow documents call it: ``ZohoCRM``
    collections: tuple[CollectionSpec, ...]
    auth: tuple[str, ...]  #: keys that ``auth`` in the project file must hold
    lag: float = 0.0  #: seconds within which a read may still show the state before a write
    skew: float = 0.0  #: seconds by which incremental reads overlap, for records that appear late
    ignores_case: bool = False  #: property names differ in case between answers
    full_pass_hours: float = 24.0  #: a full pass at least this often
    assumptions: tuple[str, ...] = ()  #: what is not confirmed by the vendor, in plain words

    def collection(self, name: str) -> CollectionSpec:
        """The collection of that name. Raises KeyError."""
        for spec in self.collections:
            if spec.name == name:
                return spec
        raise KeyError(name)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a read. ``cursor`` is where a later incremental read begins once this page is stored."""

    records: Sequence[Record]
    requested_at: int  #: our clock, milliseconds since 1970 UTC, before the request was sent
    clock_offset: int = 0  #: milliseconds that the system's clock is ahead of ours, by its Date header
    deleted: Sequence[str] = ()  #: keys that the system says are deleted
    cursor: Cursor | None = None
    last: bool = False  #: nothing follows; a full read that ends without it is not complete


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """Records as they are now; keys without a record are simply absent."""

    records: Sequence[Record]
    requested_at: int
    clock_offset: int = 0


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A record to be created: values by property path, and the mark to leave on it where there is a place."""

    values: Mapping[str, Raw]
    mark: str


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A write that took effect: what the system shows now, by its answer or by reading it back."""

    key: str
    record: Record | None  #: None: it took effect, but could not be read back yet
    requested_at: int
    clock_offset: int = 0


class Connector(Protocol):
    """Seven verbs. A verb that concerns one record never touches another."""

    def about(self) -> About:
        """Collections, properties, abilities. No IO; after ``check`` it may know more (custom properties, rights)."""
        ...

    def check(self) -> list[Problem]:
        """Try the credentials, learn custom properties and rights; writes nothing. An empty list is all well."""
        ...

    def read(self, collection: str, since: Cursor | None) -> Iterator[Page]:
        """All records (``since`` None), or those changed since the cursor, overlapping rather than missing any."""
        ...

    def fetch(self, collection: str, keys: Sequence[str]) -> Fetched:
        """The records of these keys as they are now."""
        ...

    def create(self, collection: str, drafts: Sequence[Draft]) -> list[Written | SystemTrouble]:
        """Create up to ``create_batch`` records; one outcome per draft, in order, so that one bad record stops no other.

        Never repeated blindly. A draft whose outcome is not known yields ``Uncertain``.
        """
        ...

    def update(
        self,
        collection: str,
        key: str,
        values: Mapping[str, Raw],
        expected: Mapping[str, Raw],
        version: str | None,
    ) -> Written:
        """Write ``values`` if the record still shows ``expected`` for the paths in it (and ``version``, where the API compares it).

        Raises Moved when it does not, Refused for a bad value, Gone, Retry (nothing written), Uncertain.
        """
        ...

    def delete(self, collection: str, key: str, version: str | None) -> None:
        """Delete the record. Raises Moved, Gone, Refused (in use), Retry, Uncertain."""
        ...
