"""The verbs of PowerOffice Go, API version 2.

Reading is ``reading``, patches are ``patch``, refusals are ``answers``, and what is known without asking is
``about``. Costs: a page is one call; ``fetch`` one call a key; ``create`` and ``delete`` one call; ``update`` one
call, two where the record must be looked at first. A contact person whose parent is not known yet costs one more
call, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx2
import msgspec

from samtale.connectors.auth import Credentials, Secret, Token, TokenKeeper, client_credentials
from samtale.connectors.exact import encoded
from samtale.connectors.http import Answer, Call, HttpClient, LocalPace, Pace, Settings
from samtale.connectors.paths import differing, ignored, nested
from samtale.connectors.powerofficego import answers
from samtale.connectors.powerofficego.about import ABOUT, LAG
from samtale.connectors.powerofficego.patch import check_address, must_look, operations
from samtale.connectors.powerofficego.reading import RESOURCES, Reader
from samtale.connectors.powerofficego.records import text_at
from samtale.connectors.rights import refuse_unwritable
from samtale.core.kinds import Raw
from samtale.core.problems import Moved, Problem, Refused, SystemTrouble
from samtale.engine.pace import Limit
from samtale.ports.clock import Clock
from samtale.ports.connector import About, CollectionSpec, Cursor, Draft, Fetched, Page, Written

#: Ten requests a second for one subscription key, over all companies that use it (developer portal, Requests).
LIMIT = 10.0
BASE_URL = "https://goapi.poweroffice.net"
#: PowerOffice asks for a mark of at most so many characters.
MARK_LENGTH = 50


class PowerOfficeGo:
    """One company in PowerOffice Go.

    ``base_url`` is the address up to, not including, ``/v2``: the vendor's own, or
    ``https://goapi.poweroffice.net/Demo``. ``credentials``: application_key, client_key, subscription_key.
    ``options``: ``conditional_patch`` (default true), ``page_size`` (1000), ``requests_per_second`` (10),
    ``collections`` (names whose privileges ``check`` asks for), ``contact`` (who to write to, shown to the vendor),
    ``allow_internal``, ``attempts``, ``timeout`` (seconds).
    """

    def __init__(
        self,
        *,
        system: str,
        base_url: str | None,
        credentials: Mapping[str, Secret],
        options: Mapping[str, Any],
        clock: Clock,
        transport: httpx2.BaseTransport | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._system = system
        self._options = options
        self._clock = clock
        self._about = ABOUT
        secrets = Credentials(system, credentials)
        base = (base_url or BASE_URL).rstrip("/").removesuffix("/v2")
        settings = Settings(
            limit=Limit(requests=float(options.get("requests_per_second", LIMIT))),
            attempts=int(options.get("attempts", 5)),
            read=float(options.get("timeout", 60.0)),
            allow_internal=bool(options.get("allow_internal", False)),
        )
        shared: dict[str, Any] = {
            "system": system,
            "clock": clock,
            "dialect": answers.PowerOfficeDialect(),
            "settings": settings,
            "account": lambda: f"powerofficego {secrets.digest('subscription_key')}",
            "pace": pace or LocalPace(clock),
            "transport": transport,
        }
        contact = f" ({options['contact']})" if options.get("contact") else ""
        asking = HttpClient(base_url=base, **shared)

        def ask() -> Token:
            shut = {"Ocp-Apim-Subscription-Key": secrets["subscription_key"]}
            pair = {"user": "application_key", "password": "client_key"}
            return client_credentials(asking, "OAuth/Token", secrets, headers=shut, **pair)

        def headers(token: Token) -> dict[str, str]:
            return {
                "Authorization": f"Bearer {token.value}",
                "Ocp-Apim-Subscription-Key": secrets["subscription_key"],
                **({"User-Agent": f"samtale{contact}"} if contact else {}),
            }

        self._client = HttpClient(base_url=f"{base}/v2", authorizer=TokenKeeper(clock, ask, headers), **shared)
        self._reader = Reader(self._client, self._about, int(options.get("page_size", 0)) or None)

    def about(self) -> About:
        """Collections, properties, abilities; after ``check`` also which collections may be written."""
        return self._about

    def check(self) -> list[Problem]:
        """Ask for the privileges of this integration, which needs none itself (Client Integration Information)."""
        try:
            answer = self._client.call(Call(method="GET", path="ClientIntegrationInformation"))
            if answer.status != 200:
                raise answer.broken("The connection test of PowerOffice Go answers with status 200.")
            said = answer.decode(dict[str, Any])
        except SystemTrouble as trouble:
            return list(trouble.problems)
        granted = {str(p).casefold() for p in _list(said, "ValidPrivileges")}
        self._about = msgspec.structs.replace(
            self._about, collections=tuple(self._with_rights(s, granted) for s in self._about.collections)
        )
        wanted = self._options.get("collections")
        readable = [s.name for s in self._about.collections if _readable(s.name, granted)]
        if wanted is None:
            return [] if readable else [self._lacking("any collection", "one of Customer, Supplier, Employee")]
        return [
            self._lacking(name, RESOURCES[name].privileges[-1])
            for name in wanted
            if name in RESOURCES and name not in readable
        ]

    def read(self, collection: str, since: Cursor | None) -> Iterator[Page]:
        """All records, or those changed since; an edit of nothing but an address does not show (see ``blind``)."""
        return self._reader.read(collection, since)

    def fetch(self, collection: str, keys: Sequence[str]) -> Fetched:
        """The records of these keys, one call each; reads come from a replica, up to ``lag`` behind."""
        records: list[bytes] = []
        requested_at, offset = None, 0
        for key in keys:
            found = self._reader.one(collection, key)
            requested_at = found.answer.requested_at if requested_at is None else requested_at
            offset = found.answer.clock_offset
            if found.record is not None:
                records.append(found.raw)
        return Fetched(records=records, requested_at=requested_at or 0, clock_offset=offset)

    def create(self, collection: str, drafts: Sequence[Draft]) -> list[Written | SystemTrouble]:
        """Create records, one call each; the answer shows what now exists."""
        outcomes: list[Written | SystemTrouble] = []
        for draft in drafts:
            try:
                outcomes.append(self._create(self._about.collection(collection), draft))
            except SystemTrouble as trouble:
                outcomes.append(trouble)
        return outcomes

    def _create(self, spec: CollectionSpec, draft: Draft) -> Written:
        resource = RESOURCES[spec.name]
        values = dict(draft.values)
        refuse_unwritable(spec, values, creating=True)
        check_address(values)
        path = resource.path
        if resource.parent is not None:
            path = f"{path}/{values.pop(resource.parent)}"
        if spec.mark is not None:
            if len(draft.mark) > MARK_LENGTH:
                raise ValueError(f"a mark for PowerOffice Go has at most {MARK_LENGTH} characters")
            values[spec.mark] = draft.mark
        values = {**_defaults(spec, values), **values}
        answer = self._client.call(_json("POST", path, nested(values)))
        if answer.status not in (200, 201):
            raise answers.trouble(answer, spec, values, addressed=False)
        return self._written(spec, answer)

    def update(
        self,
        collection: str,
        key: str,
        values: Mapping[str, Raw],
        expected: Mapping[str, Raw],
        version: str | None,
    ) -> Written:
        """Patch the record, with a test for every expected value; the answer shows what it is now.

        Raises Moved where a test fails, Refused also for a write that was accepted and not carried out, Gone, Retry,
        Uncertain.
        """
        spec = self._about.collection(collection)
        refuse_unwritable(spec, values, creating=False)
        conditional = bool(self._options.get("conditional_patch", True))
        seen: dict[str, Any] | None = None
        if not conditional or must_look(spec, values, expected):
            seen = self._look(spec, key, expected)
        patch = operations(values, expected, seen, tests=conditional)
        answer = self._client.call(_json("PATCH", self._reader.path(collection, key), patch))
        if answer.status != 200:
            raise self._unpatched(spec, key, answer, values, expected, tested=conditional)
        written = self._written(spec, answer)
        shown, _ = self._reader.record(answer, spec, answer.body)
        if untouched := ignored(shown, values, expected):
            raise answers.silently(answer, spec, untouched)
        return written

    def _look(self, spec: CollectionSpec, key: str, expected: Mapping[str, Raw]) -> dict[str, Any]:
        """The record, if it shows what is expected. Raises Gone, Moved."""
        found = self._reader.one(spec.name, key)
        if found.record is None:
            self._clock.sleep(LAG)  # a new record shows in the replica a little later
            found = self._reader.one(spec.name, key)
        if found.record is None:
            raise answers.gone(found.answer, spec)
        if paths := differing(found.record, expected):
            raise answers.moved(found.answer, spec, paths)
        return found.record

    def _unpatched(
        self,
        spec: CollectionSpec,
        key: str,
        answer: Answer,
        values: Mapping[str, Raw],
        expected: Mapping[str, Raw],
        *,
        tested: bool,
    ) -> SystemTrouble:
        """Why a patch was refused.

        A failed test has no code of its own, so where the words do not tell, the record does.
        """
        trouble = answers.trouble(answer, spec, values)
        if not tested or answer.status != 400 or type(trouble) is not Refused:
            return trouble
        try:
            self._look(spec, key, expected)
        except Moved as moved:
            return moved
        except SystemTrouble:
            return trouble  # the patch itself was answered; that the look failed changes nothing
        return trouble

    def delete(self, collection: str, key: str, version: str | None) -> None:
        """Delete the record. Raises Gone, Refused (in use), Retry, Uncertain."""
        spec = self._about.collection(collection)
        answer = self._client.call(Call(method="DELETE", path=self._reader.path(collection, key)))
        if answer.status not in (200, 204):
            raise answers.trouble(answer, spec, {})

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _written(self, spec: CollectionSpec, answer: Answer) -> Written:
        record, raw = self._reader.record(answer, spec, answer.body)
        key = text_at(record, spec.key)
        if key is None:
            raise answer.broken("The record in it has no Id.")
        return Written(key=key, record=raw, requested_at=answer.requested_at, clock_offset=answer.clock_offset)

    def _with_rights(self, spec: CollectionSpec, granted: set[str]) -> CollectionSpec:
        writable = any(f"{name}_full".casefold() in granted for name in RESOURCES[spec.name].privileges)
        return msgspec.structs.replace(spec, writable=writable, deletable=writable)

    def _lacking(self, what: str, privilege: str) -> Problem:
        return Problem(
            code="missing_privilege",
            summary=f"{self._system} does not let Samtale read {what}.",
            why=f"The integration lacks the privilege {privilege}, or the company lacks the module.",
            remedy="Give the integration the privilege in PowerOffice Go, under the client's settings.",
            command="samtale check",
        )


def _defaults(spec: CollectionSpec, values: Mapping[str, Raw]) -> dict[str, Raw]:
    """What a new record needs to be usable: departments are born inactive, and customers without e-mail are refused."""
    if spec.name in ("Departments", "Contactperson"):
        return {"IsActive": True}
    if spec.name == "Customers" and not values.get("EmailAddress") and not values.get("InvoiceEmailAddress"):
        return {"InvoiceDeliveryType": "Print"}
    return {}


def _json(method: str, path: str, value: Any) -> Call:
    kind = "application/json-patch+json" if method == "PATCH" else "application/json"
    return Call(method=method, path=path, headers={"Content-Type": kind}, body=encoded(value))


def _readable(name: str, granted: set[str]) -> bool:
    return any(p.casefold() in granted or f"{p}_full".casefold() in granted for p in RESOURCES[name].privileges)


def _list(said: Mapping[str, Any], name: str) -> list[Any]:
    for key, value in said.items():
        if key.casefold() == name.casefold() and isinstance(value, list):
            return value
    return []
