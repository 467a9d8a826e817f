"""The properties of a user that a plain update would get wrong: address, direct line, organization.

Source: Zendesk's pages Users ("Update User"), User Identities and Organization Memberships. A plain update of ``email``
adds a secondary address and leaves the primary one; one of ``phone`` adds a second number beside a direct line; one of
``organization_id`` ends all other memberships. So each of the three goes through its own API, and what the user shows
afterwards is read back and compared. The old address stays as a secondary one, the old membership stays, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samtale.connectors.exact import encoded
from samtale.connectors.http import Answer, Call, HttpClient
from samtale.connectors.zendesk import answers
from samtale.connectors.zendesk.reading import Reader
from samtale.core.kinds import Raw
from samtale.core.problems import Refused, SystemTrouble
from samtale.ports.connector import CollectionSpec

#: In the order in which they are written: what is refused most often comes first, while nothing is written yet.
SPECIAL = ("email", "phone", "organization_id")


class People:
    """Writes what hangs on a user. Every method does one property, and raises Refused only if nothing changed."""

    def __init__(self, client: HttpClient, reader: Reader, spec: CollectionSpec) -> None:
        self._client = client
        self._reader = reader
        self._spec = spec

    def special(self, record: Mapping[str, Any], values: Mapping[str, Raw]) -> tuple[str, ...]:
        """The properties among ``values`` that a plain update of this record would get wrong."""
        found = [path for path in SPECIAL if path in values]
        if "phone" in found and (not values["phone"] or not _has_line(record)):
            found.remove("phone")  # a first or shared number, or none, is written plainly
        return tuple(found)

    def write(self, path: str, key: str, value: Raw) -> None:
        """Write one of ``SPECIAL``. Raises Refused, Taken (nothing changed), and what the client raises."""
        if path == "organization_id":
            self._belong(key, value)
        elif value in (None, ""):
            self._without_address(key)
        else:
            self._known_by(path, key, str(value))

    # -- identities

    def _known_by(self, path: str, key: str, value: str) -> None:
        """Let the user's primary address or direct line be this one."""
        type_ = "email" if path == "email" else "phone_number"
        held = self._reader.identities(self._spec, key)
        own = next((i for i in held if i.matches(type_, value)), None)
        primary = next((i for i in held if i.type == type_ and i.primary), None)
        if own is None:
            made = self._made(path, key, value, type_, verified=primary is not None and primary.verified)
            try:
                self._call("PUT", f"users/{key}/identities/{made}/make_primary", path)
            except Refused:
                self._call("DELETE", f"users/{key}/identities/{made}", path)
                raise
        else:
            if own.value != value:  # the same address in other letters
                self._call("PUT", f"users/{key}/identities/{own.key}", path, {"identity": {"value": value}})
            if not own.primary:
                self._call("PUT", f"users/{key}/identities/{own.key}/make_primary", path)

    def _made(self, path: str, key: str, value: str, type_: str, *, verified: bool) -> str:
        """A new identity, as verified as the one whose place it takes; no message goes to the person."""
        item: dict[str, Raw] = {"type": type_, "value": value, "skip_verify_email": True}
        if verified:
            item["verified"] = True
        answer = self._call("POST", f"users/{key}/identities", path, {"identity": item})
        identity = answer.decode(dict[str, Any]).get("identity")
        made = identity.get("id") if isinstance(identity, dict) else None
        if not isinstance(made, int):
            raise answer.broken("There is no identity with an id in it.")
        return str(made)

    def _without_address(self, key: str) -> None:
        """Take the only address away. With several, the next one would take its place."""
        held = [i for i in self._reader.identities(self._spec, key) if i.type == "email"]
        if len(held) > 1:
            raise answers.impossible(
                self._client.system,
                "email",
                "The user has several e-mail addresses: without the primary one, another would take its place.",
                "Remove the address in Zendesk, or give the person another one.",
            )
        for identity in held:
            self._call("DELETE", f"users/{key}/identities/{identity.key}", "email")

    # -- memberships

    def _belong(self, key: str, value: Raw) -> None:
        """Let this organization be the user's default one; all other memberships stay."""
        held = self._reader.memberships(self._spec, key)
        if value in (None, ""):
            if len(held) > 1:
                raise answers.impossible(
                    self._client.system,
                    "organization_id",
                    "The user is in several organizations: without the default one, another would take its place.",
                    "End the membership in Zendesk, or name another organization.",
                )
            for organization in held:
                self._call("DELETE", f"users/{key}/organizations/{organization}", "organization_id")
            return
        wanted = str(value)
        joining = wanted not in held
        if joining:
            item = {"user_id": _number(key), "organization_id": _number(wanted)}
            self._call("POST", "organization_memberships", "organization_id", {"organization_membership": item})
        if joining and not held:
            return  # the first membership is the default
        try:
            self._call("PUT", f"users/{key}/organizations/{wanted}/make_default", "organization_id")
        except Refused:
            if joining:
                self._call("DELETE", f"users/{key}/organizations/{wanted}", "organization_id")
            raise

    def _call(self, method: str, path: str, about: str, body: Mapping[str, Any] | None = None) -> Answer:
        """One call. Raises what its refusal means for the property that it is about."""
        answer = self._client.call(
            Call(
                method=method,
                path=f"api/v2/{path}",
                headers={"Content-Type": "application/json"},
                body=None if body is None else encoded(body),
            )
        )
        if answer.status not in (200, 201, 204):
            raise self._trouble(answer, about)
        return answer

    def _trouble(self, answer: Answer, about: str) -> SystemTrouble:
        found = answers.trouble(answer, self._spec, {}, value_of=about)
        if isinstance(found, Refused) and not found.properties:
            found.properties = (about,)
        return found


def _has_line(record: Mapping[str, Any]) -> bool:
    """Whether the user's number is a direct line, which is an identity; a shared number is none."""
    return bool(record.get("phone")) and record.get("shared_phone_number") is not True


def _number(key: str) -> int | str:
    return int(key) if key.isdigit() else key
