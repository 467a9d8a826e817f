"""The verbs of Zendesk Support.

Reading is ``reading``, errors are ``answers``, the properties that a plain update gets wrong are ``people``, proving
who we are is ``tokens``, the account's own fields are ``fields``.

Zendesk has no conditional update of users and organizations, so an update fetches, compares and writes. Records are
created one by one: of a batch, Zendesk does not say in a documented form which records failed, and for users it is shut
unless its support opens it. Repeating a create is answered by the unique ``external_id``, which carries our mark.

Costs in calls: a page of 100 one; an incremental page of 1,000 one, of which ten a minute are allowed; ``fetch`` one
for 100 keys; ``create`` one; ``update`` of an organization two, of a user two, and three or four more for each of
address, direct line and organization; ``delete`` two; ``check`` one, and one or two a collection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx2
import msgspec

from samtale.connectors.auth import Credentials, Secret
from samtale.connectors.exact import encoded
from samtale.connectors.http import Answer, Call, HttpClient, LocalPace, Pace, Settings
from samtale.connectors.paths import differing, ignored, nested, same
from samtale.connectors.rights import refuse_unwritable
from samtale.connectors.zendesk import answers
from samtale.connectors.zendesk.about import ABOUT, PAGE_SIZE
from samtale.connectors.zendesk.fields import CUSTOM, learned
from samtale.connectors.zendesk.people import SPECIAL, People
from samtale.connectors.zendesk.reading import KINDS, Reader, single
from samtale.connectors.zendesk.tokens import SecretStore, authorizer
from samtale.core.kinds import Raw
from samtale.core.problems import Problem, SystemTrouble, Taken, Uncertain
from samtale.engine.pace import Limit
from samtale.ports.clock import Clock
from samtale.ports.connector import About, CollectionSpec, Cursor, Draft, Fetched, Page, Written

#: Of the account, in the smallest plan that most have (Zendesk, Rate Limits); larger plans allow up to 2,500.
PER_MINUTE = 200.0
#: Of the incremental exports (the same page); 30 with the High Volume add-on.
EXPORTS_PER_MINUTE = 10.0
#: Updates of single users, for the whole account (Zendesk, Users, "Limits").
SECONDS_BETWEEN_USER_UPDATES = 1.0


class Zendesk:
    """One Zendesk Support account.

    ``base_url`` is ``https://{subdomain}.zendesk.com``. ``credentials``: client_id and client_secret, with refresh_token
    for a grant that a person gave; or email and api_token. ``secret_store`` keeps the refresh token that replaces one
    that was used. Options:

    - ``requests_per_minute`` (200), ``exports_per_minute`` (10), ``seconds_between_user_updates`` (1): as the plan allows
    - ``lag`` (65 seconds): until the exports show a write; shorter only for a simulator that hurries
    - ``collections``: names that ``check`` looks at; both by default
    - ``allow_internal``, ``attempts`` (5), ``timeout`` (60 seconds): of the HTTP client

    Raises SamtaleError for an unsafe address or credentials that make no whole set.
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
        secret_store: SecretStore | None = None,
    ) -> None:
        self._system = system
        self._options = options
        self._clock = clock
        self._about = msgspec.structs.replace(ABOUT, lag=float(options.get("lag", ABOUT.lag)))
        self._pace = pace or LocalPace(clock)
        base = None if base_url is None else base_url.rstrip("/").removesuffix("/api/v2")
        self._account = f"zendesk {base}"
        settings = Settings(
            limit=Limit(requests=float(options.get("requests_per_minute", PER_MINUTE)), seconds=60.0),
            attempts=int(options.get("attempts", 5)),
            read=float(options.get("timeout", 60.0)),
            allow_internal=bool(options.get("allow_internal", False)),
        )
        shared: dict[str, Any] = {
            "system": system,
            "base_url": base,
            "clock": clock,
            "dialect": answers.ZendeskDialect(),
            "settings": settings,
            "account": lambda: self._account,
            "pace": self._pace,
            "transport": transport,
        }
        secrets = Credentials(system, credentials)
        self._asking = HttpClient(**shared)
        keeper = authorizer(self._asking, credentials, secrets, clock, secret_store)
        self._client = HttpClient(authorizer=keeper, **shared)
        self._reader = Reader(self._client, self._before_export)

    def about(self) -> About:
        """Collections, properties, abilities; after ``check`` with the account's own fields and rights."""
        return self._about

    # -- check

    def check(self) -> list[Problem]:
        """Whether we are known, as an administrator; then the account's own fields, and the identities API."""
        wanted = self._options.get("collections") or list(KINDS)
        known = {spec.name: spec for spec in self._about.collections}
        problems: list[Problem] = []
        try:
            user = self._me()
            if user.get("role") != "admin":
                problems.append(self._not_admin())
            for name in wanted:
                definitions = self._reader.listed(known[name], CUSTOM[name], CUSTOM[name])
                known[name] = learned(known[name], definitions, writable=user.get("role") == "admin")
            if "Users" in wanted:
                self._reader.identities(known["Users"], str(user["id"]))
        except SystemTrouble as trouble:
            return [*problems, *trouble.problems]
        self._about = msgspec.structs.replace(self._about, collections=tuple(known.values()))
        return problems

    def _me(self) -> dict[str, Any]:
        """The user who calls. Wrong credentials are answered as a visitor's, with status 200 and no id."""
        answer = self._client.call(Call(method="GET", path="api/v2/users/me"))
        if answer.status != 200:
            raise answers.trouble(answer, self._about.collection("Users"), {})
        user = answer.decode(dict[str, Any]).get("user")
        if not isinstance(user, dict) or not user.get("id"):
            raise answers.nobody(self._system)
        return user

    def _not_admin(self) -> Problem:
        return Problem(
            code="missing_privilege",
            summary=f"{self._system} does not let Samtale read what changed.",
            why="The account that Samtale uses is no administrator; incremental exports and organizations need one.",
            remedy="Connect Zendesk with an administrator's account.",
            command="samtale check",
        )

    # -- reading

    def read(self, collection: str, since: Cursor | None) -> Iterator[Page]:
        """All records, or those changed up to a minute ago; of users also those who were deleted since."""
        return self._reader.read(self._about.collection(collection), since)

    def fetch(self, collection: str, keys: Sequence[str]) -> Fetched:
        """The records of these keys, a hundred to a call. Deleted users are left out."""
        spec = self._about.collection(collection)
        records: list[bytes] = []
        requested_at, offset = None, 0
        for start in range(0, len(keys), PAGE_SIZE):
            answer, rows = self._reader.by_ids(spec, keys[start : start + PAGE_SIZE])
            requested_at = answer.requested_at if requested_at is None else requested_at
            offset = answer.clock_offset
            records += [row.raw for row in rows if row.active]
        return Fetched(records=records, requested_at=requested_at or 0, clock_offset=offset)

    def merged_into(self, collection: str, key: str) -> str | None:
        """The organization that one which is gone was merged into. Of users Zendesk's API does not tell: None."""
        if collection != "Organizations":
            return None
        spec = self._about.collection(collection)
        for merge in self._reader.listed(spec, f"organizations/{key}/merges", "organization_merges"):
            if str(merge.get("loser_id")) == key and merge.get("status") == "complete":
                return str(merge["winner_id"])
        return None

    # -- creating

    def create(self, collection: str, drafts: Sequence[Draft]) -> list[Written | SystemTrouble]:
        """Create records, one call each, without a message to the persons; the answer shows what now exists."""
        outcomes: list[Written | SystemTrouble] = []
        for draft in drafts:
            try:
                outcomes.append(self._create(self._about.collection(collection), draft))
            except SystemTrouble as trouble:
                outcomes.append(trouble)
        return outcomes

    def _create(self, spec: CollectionSpec, draft: Draft) -> Written:
        refuse_unwritable(spec, draft.values, creating=True)
        item = nested({**draft.values, "external_id": draft.mark})
        if spec.name == "Users":
            item["skip_verify_email"] = True
        answer = self._client.call(self._json("POST", spec, None, item))
        if answer.status != 201:
            trouble = answers.trouble(answer, spec, draft.values)
            raise self._owned(spec, draft, trouble) if isinstance(trouble, Taken) else trouble
        record, raw = single(answer, spec)
        return _written(record, raw, answer)

    def _owned(self, spec: CollectionSpec, draft: Draft, taken: Taken) -> Taken:
        """The same trouble with the key of the record that has the value, if it can be found; our mark comes first."""
        sent = {path: value for path in taken.properties if isinstance(value := draft.values.get(path), str)}
        for path, value in {"external_id": draft.mark, **sent}.items():
            try:
                key = self._reader.holder(spec, path, value)
            except SystemTrouble:
                continue  # the refusal itself was answered; that the look failed changes nothing
            if key is not None:
                return Taken(*taken.problems, properties=tuple(dict.fromkeys((path, *taken.properties))), key=key)
        return taken

    # -- updating

    def update(
        self,
        collection: str,
        key: str,
        values: Mapping[str, Raw],
        expected: Mapping[str, Raw],
        version: str | None,
    ) -> Written:
        """Fetch, compare with ``expected``, write what changed, compare what is shown with what was sent.

        A user's address, direct line and organization take calls of their own. If one of several calls fails after
        another took effect, the outcome is Uncertain, and the record is looked at again. Raises Moved, Refused (also
        for a write that was accepted and not carried out), Taken, Gone, Retry, Uncertain.
        """
        spec = self._about.collection(collection)
        refuse_unwritable(spec, values, creating=False)
        answer, record, raw = self._reader.one(spec, key)
        if paths := differing(record, expected):
            raise answers.moved(answer, spec, paths)
        people = People(self._client, self._reader, spec)
        special = people.special(record, values) if spec.name == "Users" else ()
        plain = {path: value for path, value in values.items() if path not in special}
        done = 0
        try:
            for path in special:
                people.write(path, key, values[path])
                done += 1
            if plain:
                answer, record, raw = self._put(spec, key, plain)
                done += 1
            if special:
                answer, record, raw = self._reader.one(spec, key)
        except Uncertain:
            raise
        except SystemTrouble as trouble:
            if done:
                raise answers.partly(self._system, spec, trouble) from None
            raise
        if untouched := self._untouched(spec, record, values, expected):
            raise answers.silently(answer, spec, untouched)
        return _written(record, raw, answer)

    def _put(self, spec: CollectionSpec, key: str, plain: Mapping[str, Raw]) -> tuple[Answer, dict[str, Any], bytes]:
        item = nested({path: "" if path == "phone" and value is None else value for path, value in plain.items()})
        if spec.name == "Users":
            self._wait("user updates", Limit(requests=1, seconds=self._between))
        answer = self._client.call(self._json("PUT", spec, key, item))
        if answer.status != 200:
            raise answers.trouble(answer, spec, plain)
        record, raw = single(answer, spec)
        return answer, record, raw

    @staticmethod
    def _untouched(
        spec: CollectionSpec, record: Mapping[str, Any], values: Mapping[str, Raw], expected: Mapping[str, Raw]
    ) -> tuple[str, ...]:
        """What was sent and is not shown. An address or organization must be exactly what was sent."""
        exact = [path for path in SPECIAL if path in values and path != "phone" and spec.name == "Users"]
        wrong = [path for path in exact if not same(_folded(record.get(path)), _folded(values[path]))]
        return tuple(dict.fromkeys((*wrong, *ignored(record, values, expected))))

    # -- deleting

    def delete(self, collection: str, key: str, version: str | None) -> None:
        """Delete the record: a user softly, an organization for good. Raises Gone, Refused (in use), Retry, Uncertain."""
        spec = self._about.collection(collection)
        self._reader.one(spec, key)
        answer = self._client.call(Call(method="DELETE", path=f"api/v2/{KINDS[collection]}/{key}"))
        if answer.status not in (200, 204):
            raise answers.trouble(answer, spec, {})

    def close(self) -> None:
        """Close all connections."""
        self._client.close()
        self._asking.close()

    # -- pace and calls

    @property
    def _between(self) -> float:
        return float(self._options.get("seconds_between_user_updates", SECONDS_BETWEEN_USER_UPDATES))

    def _before_export(self) -> None:
        rate = float(self._options.get("exports_per_minute", EXPORTS_PER_MINUTE))
        self._wait("exports", Limit(requests=rate, seconds=60.0))

    def _wait(self, what: str, limit: Limit) -> None:
        """Wait for a limit that is lower than the account's."""
        wait = self._pace.take(f"{self._account} {what}", limit)
        if wait > 0:
            self._clock.sleep(wait)

    @staticmethod
    def _json(method: str, spec: CollectionSpec, key: str | None, item: Mapping[str, Any]) -> Call:
        kind = KINDS[spec.name]
        path = f"api/v2/{kind}" if key is None else f"api/v2/{kind}/{key}"
        return Call(
            method=method,
            path=path,
            headers={"Content-Type": "application/json"},
            body=encoded({kind[:-1]: item}),
        )


def _written(record: Mapping[str, Any], raw: bytes, answer: Answer) -> Written:
    return Written(
        key=str(record["id"]), record=raw, requested_at=answer.requested_at, clock_offset=answer.clock_offset
    )


def _folded(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else value
