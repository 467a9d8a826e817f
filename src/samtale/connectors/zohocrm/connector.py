"""The verbs of Zoho CRM, API version 8.

Reading is ``reading``, codes are ``answers``, an account's own fields are ``metadata``. Records are inserted and
updated, never upserted: an upsert without fields to check turns a new contact with a known e-mail into an edit of
somebody else's.

Costs in calls: a page one (and one for each 50 records and further slice of 50 fields); ``fetch`` one for 50 keys; an
incremental read one more for deletions; ``create`` one for 100 records and one for each 50 to read them back;
``update`` two (three when the version is younger than ten seconds); ``delete`` two; ``check`` one a collection. Zoho
counts a credit a call, and for writes one for each ten records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx2
import msgspec

from samtale.connectors.auth import Credentials, Secret, Token, TokenKeeper, exchange_code, refresh_token
from samtale.connectors.exact import decoded, encoded
from samtale.connectors.http import Answer, Call, HttpClient, LocalPace, Pace, Settings
from samtale.connectors.paths import differing, ignored, nested
from samtale.connectors.rights import refuse_unwritable
from samtale.connectors.times import from_ms, instant
from samtale.connectors.zohocrm import answers
from samtale.connectors.zohocrm.about import ABOUT, MODULES, SKEW
from samtale.connectors.zohocrm.metadata import MARK_LABEL, MARK_LENGTH, learned
from samtale.connectors.zohocrm.reading import Reader, Row
from samtale.core.kinds import Raw
from samtale.core.problems import Problem, Refused, SamtaleError, SystemTrouble
from samtale.engine.pace import Limit
from samtale.ports.clock import Clock
from samtale.ports.connector import About, CollectionSpec, Cursor, Draft, Fetched, Page, Written

#: Accounts servers by data center (Zoho, "Multi DC"); where the API is, the token's answer says.
ACCOUNTS = {
    "us": "https://accounts.zoho.com",
    "eu": "https://accounts.zoho.eu",
    "in": "https://accounts.zoho.in",
    "au": "https://accounts.zoho.com.au",
    "jp": "https://accounts.zoho.jp",
    "cn": "https://accounts.zoho.com.cn",
    "ca": "https://accounts.zohocloud.ca",
    "sa": "https://accounts.zoho.sa",
}
DATA_CENTER = "us"
SCOPES = "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL"


class ZohoCrm:
    """One organization in Zoho CRM.

    ``base_url`` is the accounts server; None: the one of the option ``data_center`` (us, eu, in, au, jp, cn, ca, sa).
    ``credentials``: client_id, client_secret, refresh_token. Options:

    - ``trigger``: which automation our writes start (any of workflow, approval, blueprint); none by default
    - ``mark_property``: a unique text field for our mark; by default Samtale_Mark, if ``check`` finds it
    - ``credit_reserve`` (200): below so many credits every call waits a second
    - ``requests_per_second``: no limit but Zoho's by default
    - ``collections``: names that ``check`` looks at; all by default
    - ``allow_internal``, ``attempts`` (5), ``timeout`` (60 seconds): of the HTTP client

    Raises SamtaleError for an unknown data center.
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
        self._mark: str | None = options.get("mark_property")
        self._secrets = Credentials(system, credentials)
        rate = options.get("requests_per_second")
        settings = Settings(
            limit=None if rate is None else Limit(requests=float(rate)),
            attempts=int(options.get("attempts", 5)),
            read=float(options.get("timeout", 60.0)),
            allow_internal=bool(options.get("allow_internal", False)),
        )
        shared: dict[str, Any] = {
            "system": system,
            "clock": clock,
            "dialect": answers.ZohoDialect(int(options.get("credit_reserve", 200))),
            "settings": settings,
            "account": lambda: f"zohocrm {self._secrets.digest('refresh_token')}",
            "pace": pace or LocalPace(clock),
            "transport": transport,
        }
        self._accounts = HttpClient(base_url=base_url or _accounts(system, options), **shared)
        keeper = TokenKeeper(clock, self._ask, lambda t: {"Authorization": f"Zoho-oauthtoken {t.value}"})
        self._client = HttpClient(base_url=None, authorizer=keeper, **shared)
        self._reader = Reader(self._client)
        self._about = ABOUT if self._mark is None else _marked(ABOUT, self._mark)

    def _ask(self) -> Token:
        return refresh_token(self._accounts, "oauth/v2/token", self._secrets, throttled=answers.THROTTLED)

    def about(self) -> About:
        """Collections, properties, abilities; after ``check`` as this account has them."""
        return self._about

    def check(self) -> list[Problem]:
        """Read each collection's own fields: custom ones, lengths, pick lists, rights, a place for our mark."""
        wanted = self._options.get("collections") or list(MODULES)
        problems: dict[tuple[str, str], Problem] = {}
        known = {spec.name: spec for spec in self._about.collections}
        for name in wanted:
            try:
                known[name] = learned(known[name], self._fields(known[name]), self._mark)
            except SystemTrouble as trouble:
                problems |= {(p.code, p.why): p for p in trouble.problems}
                if not trouble_of_one(trouble):
                    break
        self._about = msgspec.structs.replace(self._about, collections=tuple(known.values()))
        return list(problems.values())

    def _fields(self, spec: CollectionSpec) -> list[dict[str, Any]]:
        answer = self._client.call(
            Call(method="GET", path="crm/v8/settings/fields", query=[("module", MODULES[spec.name])])
        )
        if answer.status != 200:
            raise answers.trouble(answer, spec)
        fields = answer.decode(dict[str, Any]).get("fields")
        if not isinstance(fields, list):
            raise answers.trouble(answer, spec)
        return [f for f in fields if isinstance(f, dict)]

    def create_mark(self, collection: str) -> None:
        """Make the unique custom field that carries our mark; ``samtale connect`` offers it, ``check`` then finds it.

        Raises Refused (no permission to change layouts, no unique field left in this edition), Unauthorized, Uncertain.
        """
        spec = self._about.collection(collection)
        field = {
            "field_label": MARK_LABEL,
            "data_type": "text",
            "length": MARK_LENGTH,
            "unique": {"case_sensitive": False},
        }
        answer = self._client.call(
            Call(
                method="POST",
                path="crm/v8/settings/fields",
                query=[("module", MODULES[collection])],
                headers={"Content-Type": "application/json"},
                body=encoded({"fields": [field]}),
            )
        )
        said = answer.lenient()
        if answer.status not in (200, 201) or next(answers.errors_in(said), None) is not None:
            raise answers.trouble(answer, spec)

    def redeem(self, redirect_uri: str | None = None) -> str:
        """The refresh token for the credential ``code``, a grant code with SCOPES; for ``samtale connect``."""
        return exchange_code(self._accounts, "oauth/v2/token", self._secrets, redirect_uri=redirect_uri)

    def read(self, collection: str, since: Cursor | None) -> Iterator[Page]:
        """All records, or those changed since; an incremental read also tells what was deleted."""
        return self._reader.read(self._about.collection(collection), since)

    def fetch(self, collection: str, keys: Sequence[str]) -> Fetched:
        """The records of these keys, fifty to a call."""
        records: list[bytes] = []
        requested_at, offset = None, 0
        for answer, rows in self._reader.by_ids(self._about.collection(collection), keys):
            requested_at = answer.requested_at if requested_at is None else requested_at
            offset = answer.clock_offset
            records += [row.raw for row in rows]
        return Fetched(records=records, requested_at=requested_at or 0, clock_offset=offset)

    def create(self, collection: str, drafts: Sequence[Draft]) -> list[Written | SystemTrouble]:
        """Insert up to a hundred records in one call; each item has its own outcome. Then what exists is read back."""
        spec = self._about.collection(collection)
        outcomes: list[Written | SystemTrouble | None] = [None] * len(drafts)
        items: dict[int, dict[str, Any]] = {}
        for place, draft in enumerate(drafts):
            try:
                refuse_unwritable(spec, draft.values, creating=True)
            except Refused as refusal:
                outcomes[place] = refusal
                continue
            mark = {} if spec.mark is None else {spec.mark: draft.mark}
            items[place] = nested({**draft.values, **mark})
        if items:
            for place, outcome in zip(items, self._insert(spec, list(items.values())), strict=True):
                outcomes[place] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def _insert(self, spec: CollectionSpec, items: list[dict[str, Any]]) -> list[Written | SystemTrouble]:
        try:
            answer = self._client.call(self._write("POST", MODULES[spec.name], items))
            results = _items(answer, len(items))
        except SystemTrouble as trouble:
            return [trouble] * len(items)
        if results is None:
            return [answers.trouble(answer, spec)] * len(items)
        written: list[Written | SystemTrouble] = [
            answers.trouble(answer, spec, result)
            if answers.is_error(result)
            else Written(
                key=_key(result), record=None, requested_at=answer.requested_at, clock_offset=answer.clock_offset
            )
            for result in results
        ]
        shown = self._read_back(spec, {_key(r): _stamp(r) for r in results if not answers.is_error(r)})
        return [shown.get(w.key, w) if isinstance(w, Written) else w for w in written]

    def update(
        self,
        collection: str,
        key: str,
        values: Mapping[str, Raw],
        expected: Mapping[str, Raw],
        version: str | None,
    ) -> Written:
        """Update one record on the condition that it was not changed after ``version`` (If-Unmodified-Since).

        Versions have whole seconds: a record may have been edited again within the second of its version. So a version
        younger than the overlap of reads, or none, is checked by fetching the record and comparing it with ``expected``
        first. Raises Moved, Refused (also for a write that was accepted and not carried out), Gone, Retry, Uncertain.
        """
        spec = self._about.collection(collection)
        refuse_unwritable(spec, values, creating=False)
        if version is None or self._young(version):
            version = self._unmoved(spec, key, expected, version)
        call = self._write("PUT", f"{MODULES[collection]}/{key}", [nested(values)], {"If-Unmodified-Since": version})
        answer = self._client.call(call)
        results = _items(answer, 1)
        if answer.status == 412:
            raise answers.moved(answer, spec)
        if results is None or answers.is_error(results[0]):
            raise answers.trouble(answer, spec, results[0] if results else None)
        shown = self._read_back(spec, {key: _stamp(results[0])}).get(key)
        if shown is None or shown.record is None:
            return Written(key=key, record=None, requested_at=answer.requested_at, clock_offset=answer.clock_offset)
        if untouched := ignored(decoded(shown.record), values, expected):
            raise answers.silently(answer, spec, untouched)
        return shown

    def delete(self, collection: str, key: str, version: str | None) -> None:
        """Delete the record, if its version is still this one; there is no condition in Zoho's call itself."""
        spec = self._about.collection(collection)
        self._unmoved(spec, key, {}, version)
        query = [] if "workflow" in self._trigger else [("wf_trigger", "false")]
        answer = self._client.call(Call(method="DELETE", path=f"crm/v8/{MODULES[collection]}/{key}", query=query))
        results = _items(answer, 1)
        if results is None or answers.is_error(results[0]):
            raise answers.trouble(answer, spec, results[0] if results else None)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()
        self._accounts.close()

    @property
    def _trigger(self) -> list[str]:
        """The automation that our writes start, from a list or from words between commas."""
        chosen = self._options.get("trigger", ())
        return chosen.replace(",", " ").split() if isinstance(chosen, str) else [str(t) for t in chosen]

    def _write(
        self, method: str, path: str, items: list[dict[str, Any]], headers: Mapping[str, str] | None = None
    ) -> Call:
        """A write that starts only the automation that was asked for; left out, Zoho would start all."""
        body = encoded({"data": items, "trigger": self._trigger})
        return Call(
            method=method,
            path=f"crm/v8/{path}",
            headers={"Content-Type": "application/json", **(headers or {})},
            body=body,
        )

    def _young(self, version: str) -> bool:
        found = instant(version)
        age = (from_ms(self._clock.now_ms() + self._client.clock_offset) - found).total_seconds() if found else 0.0
        return age < SKEW

    def _unmoved(self, spec: CollectionSpec, key: str, expected: Mapping[str, Raw], version: str | None) -> str:
        """The record's version, if it shows what is expected, at the version decided on. Raises Gone, Moved."""
        answer, rows = next(self._reader.by_ids(spec, [key]))
        if not rows:
            raise answers.gone(answer, spec)
        shown = rows[0].modified
        if shown is None:
            raise answer.broken("A record in it has no Modified_Time.")
        if version is not None and instant(version) != instant(shown):
            raise answers.moved(answer, spec)
        if differing(decoded(rows[0].raw), expected):
            raise answers.moved(answer, spec)
        return shown

    def _read_back(self, spec: CollectionSpec, stamps: Mapping[str, str | None]) -> dict[str, Written]:
        """What records show after our write; without those that somebody changed since, or that cannot be read."""
        found: dict[str, Written] = {}
        if not stamps:
            return found
        try:
            for answer, rows in self._reader.by_ids(spec, list(stamps)):
                for row in rows:
                    if _same_moment(row, stamps.get(row.id)):
                        found[row.id] = Written(
                            key=row.id,
                            record=row.raw,
                            requested_at=answer.requested_at,
                            clock_offset=answer.clock_offset,
                        )
        except SystemTrouble:
            return found  # the write took effect all the same; an ordinary read will show it
        return found


def trouble_of_one(trouble: SystemTrouble) -> bool:
    """Whether a trouble concerns one collection, so that asking for the next one makes sense."""
    return isinstance(trouble, Refused) or any(
        p.code in ("missing_privilege", "no_such_path") for p in trouble.problems
    )


def _items(answer: Answer, count: int) -> list[Mapping[str, Any]] | None:
    """The results of a write, one for each record sent; None if there is a bare error instead.

    Raises Uncertain if the answer does not tell what became of each record.
    """
    said = answer.decode(dict[str, Any])
    items = said.get("data")
    if not isinstance(items, list):
        return None
    if len(items) != count or any(not isinstance(i, dict) for i in items):
        if (
            count > 1
            and len(items) == 1
            and isinstance(items[0], dict)
            and answers.is_error(items[0])
            and answer.status >= 400
        ):
            return items * count
        raise answer.broken("It does not tell what became of each record.")
    if any(not answers.is_error(i) and not _key(i) for i in items):
        raise answer.broken("It does not tell the id of a record.")
    return items


def _key(item: Mapping[str, Any]) -> str:
    details = item.get("details")
    return str(details.get("id") or "") if isinstance(details, Mapping) else ""


def _stamp(item: Mapping[str, Any]) -> str | None:
    details = item.get("details")
    stamp = details.get("Modified_Time") if isinstance(details, Mapping) else None
    return stamp if isinstance(stamp, str) else None


def _same_moment(row: Row, stamp: str | None) -> bool:
    return stamp is None or row.modified is None or instant(row.modified) == instant(stamp)


def _marked(about: About, mark: str) -> About:
    return msgspec.structs.replace(
        about, collections=tuple(msgspec.structs.replace(spec, mark=mark) for spec in about.collections)
    )


def _accounts(system: str, options: Mapping[str, Any]) -> str:
    center = str(options.get("data_center", DATA_CENTER)).lower()
    if center not in ACCOUNTS:
        raise SamtaleError(
            Problem(
                code="unknown_data_center",
                summary=f"{system} has a data center that Zoho does not have.",
                why=f"It is none of {', '.join(ACCOUNTS)}.",
                remedy="Set data_center to the ending of the address under which people open Zoho CRM.",
            )
        )
    return ACCOUNTS[center]
