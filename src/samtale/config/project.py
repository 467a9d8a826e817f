"""The project file: ``samtale.yaml`` as frozen values.

It says which systems take part, how they are reached, where the store is, and how careful to be. What the systems'
records mean is the model's business (``load``). Docs: docs/reference/project-file.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import sqlalchemy
from babel.core import get_global
from sqlalchemy.exc import ArgumentError

from samtale.config.brakes import read_brakes
from samtale.config.diagnose import SUMMARIES, Findings, did_you_mean
from samtale.config.nodes import Node, Place, read_file
from samtale.config.reader import Reader, described
from samtale.config.secrets import Reference, command_to_set, parse_reference, resolve
from samtale.core.brakes import Limits
from samtale.core.model import Prefer, Switches
from samtale.core.problems import Problem, SamtaleError

PROJECT_FILE = "samtale.yaml"
#: Folder of the project's own state; never written by hand.
STATE_FOLDER = ".samtale"
DEFAULT_STORE = f"sqlite:///{STATE_FOLDER}/store.db"

KEYS = (
    "workspace",
    "timezone",
    "region",
    "owner",
    "notice",
    "store",
    "first_link",
    "followers",
    "order",
    "systems",
    "brakes",
)
SYSTEM_KEYS = ("connector", "base_url", "auth", "share", "full_sync", "pause", "collections", "options")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SECRET_WORD = re.compile(r"secret|passw|token|api_?key|credential", re.IGNORECASE)


class SystemConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One account in one product, and how to reach it."""

    name: str
    connector: str  #: registry name: ``zohocrm``
    base_url: str | None = None  #: None: the vendor's own address
    auth: dict[str, Reference] = {}
    switches: Switches = Switches()
    collections: dict[str, Switches] = {}  #: switches of single collections, complete
    options: dict[str, str | int | float | bool] = {}  #: what the connector lets one choose; never a secret

    def switches_of(self, collection: str) -> Switches:
        """The switches that hold for a collection."""
        return self.collections.get(collection, self.switches)


class StoreConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where the store is. One of ``url`` and ``reference`` is given."""

    url: str | None = None  #: SQLAlchemy URL without a password
    reference: Reference | None = None  #: leads to a whole URL
    password: Reference | None = None

    def resolve(self, root: Path) -> str:
        """The SQLAlchemy URL, with its password; a SQLite path is made absolute. Raises SamtaleError for a missing
        secret.
        """
        text = self.url if self.reference is None else resolve(self.reference, root)
        try:
            url = sqlalchemy.make_url(text or DEFAULT_STORE)
        except ArgumentError:
            url = None
        if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
            why = f"`{self.reference}` does not hold an address that begins with `sqlite:` or `postgresql:`."
            raise SamtaleError(
                Problem(
                    code="wrong_value",
                    summary=SUMMARIES["wrong_value"],
                    why=why,
                    remedy="Set it anew.",
                    file=PROJECT_FILE,
                )
            )
        if url.get_backend_name() == "sqlite":
            return f"sqlite:///{(root / (url.database or '')).resolve()}"
        if self.password is not None:
            url = url.set(password=resolve(self.password, root))
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project file, checked."""

    root: Path  #: the folder of samtale.yaml
    workspace: str  #: names this company in a store that may hold many
    timezone: str = "UTC"
    region: str = "NO"  #: ISO 3166 alpha-2; where phone numbers without a country code belong
    owner: str = ""  #: who the dataflow documents belong to
    notice: str = ""  #: a sentence that the dataflow documents carry
    store: StoreConfig = StoreConfig(url=DEFAULT_STORE)
    first_link: Literal["ask", "newest"] | Prefer = "ask"
    followers: Literal["equal", "apart"] = "equal"
    order: tuple[str, ...] = ()  #: every system once; breaks ties
    systems: dict[str, SystemConfig] = {}
    brakes: Limits = Limits()

    @property
    def models(self) -> Path:
        """The folder of the project's own model files; it need not exist."""
        return self.root / "models"


def find_project(start: Path) -> Path:
    """The nearest folder with a samtale.yaml, from ``start`` upwards. Raises SamtaleError if there is none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise SamtaleError(
        Problem(
            code="file_missing",
            summary=SUMMARIES["file_missing"],
            why=f"There is no {PROJECT_FILE} in this folder, nor in any folder above it.",
            remedy="Go to the project's folder, name it with `--project DIR`, or begin a project here.",
            command="samtale init",
            file=PROJECT_FILE,
        )
    )


def load_project(directory: Path, connectors: Collection[str] | None = None) -> Project:
    """The project in this folder. ``connectors``: the registry names that may be used; None leaves that check to
    others.

    Raises SamtaleError with all problems of the file at once.
    """
    findings = Findings()
    documents = read_file(directory / PROJECT_FILE, PROJECT_FILE, findings)
    project = None
    if len(documents) == 1:
        project = _ProjectReader(findings, directory.resolve(), connectors).project(documents[0])
    elif documents:
        findings.add("yaml_feature", documents[1], why="The file holds several documents (`---`).", remedy="Keep one.")
    elif not findings.problems:
        findings.add(
            "not_a_mapping", Place(PROJECT_FILE), why="The file is empty.", remedy="Begin anew.", command="samtale init"
        )
    findings.stop_at_errors()
    assert project is not None
    return project


class _ProjectReader(Reader):
    """Reads the one map of samtale.yaml."""

    def __init__(self, findings: Findings, root: Path, connectors: Collection[str] | None) -> None:
        super().__init__(findings)
        self.root = root
        self.connectors = connectors

    def project(self, node: Node) -> Project:
        entries = self.keys(node, KEYS, PROJECT_FILE, required=("workspace", "systems"))
        systems = self.systems(entries.get("systems"))
        timezone = self.timezone(entries.get("timezone"))
        first_link = self.first_link(entries.get("first_link"), systems)
        followers = self.one_of(entries.get("followers"), "followers", ("equal", "apart"), "equal")
        return Project(
            root=self.root,
            workspace=self.name(entries.get("workspace"), "the workspace") or "",
            timezone=timezone,
            region=self.region(entries.get("region"), timezone),
            owner=self.text(entries.get("owner"), "the owner") or "",
            notice=self.text(entries.get("notice"), "the notice") or "",
            store=self.store(entries.get("store")),
            first_link=first_link,
            followers=cast(Literal["equal", "apart"], followers),
            order=self.order(entries.get("order"), systems),
            systems=systems,
            brakes=read_brakes(self, entries.get("brakes")),
        )

    def name(self, node: Node | None, what: str) -> str | None:
        text = self.text(node, what)
        if text is not None and node is not None and not _NAME.fullmatch(text):
            remedy = "Begin with a letter; then letters, digits, `_` and `-`, at most 40 in all."
            self.findings.add(
                "wrong_value",
                node,
                why=f"{what[0].upper()}{what[1:]} has a character that a name may not have.",
                remedy=remedy,
            )
        return text

    def timezone(self, node: Node | None) -> str:
        name = self.text(node, "the time zone")
        if name is None or node is None:
            return "UTC"
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            self.findings.add("unknown_timezone", node, why=f"`{name}` is none.", remedy=_zone_remedy(name))
        return name

    def region(self, node: Node | None, timezone: str) -> str:
        """The country that the project names, else the one of its time zone."""
        if node is None:
            territory = str(get_global("zone_territories").get(timezone, ""))
            return territory if territory in get_global("territory_currencies") else "NO"
        code = self.text(node, "the region")
        if code is not None and code not in get_global("territory_currencies"):
            why = "`region` is no country's code of two capital letters."
            self.findings.add("wrong_value", node, why=why, remedy="Write one, such as `NO` or `SE`.")
        return code or "NO"

    def store(self, node: Node | None) -> StoreConfig:
        if node is None:
            return StoreConfig(url=DEFAULT_STORE)
        if not isinstance(node.value, dict):
            text = self.text(node, "the store")
            reference = parse_reference(text) if text else None
            if reference is not None:
                return StoreConfig(reference=reference)
            return StoreConfig(url=self.store_url(node, text) if text else DEFAULT_STORE)
        entries = self.keys(node, ("url", "password"), "`store`", required=("url",))
        text = self.text(entries.get("url"), "the address of the store")
        return StoreConfig(
            url=self.store_url(entries["url"], text) if text else DEFAULT_STORE,
            password=self.reference(entries.get("password"), "password", "SAMTALE_STORE_PASSWORD"),
        )

    def store_url(self, node: Node, text: str) -> str:
        remedy = f"Write `{DEFAULT_STORE}`, or `postgresql://USER@HOST/DATABASE` with `password: env:NAME`."
        try:
            url = sqlalchemy.make_url(text)
        except ArgumentError:
            self.findings.add("wrong_value", node, why="The store is no address of a database.", remedy=remedy)
            return DEFAULT_STORE
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            self.findings.add("wrong_value", node, why="The store is neither SQLite nor PostgreSQL.", remedy=remedy)
        if url.password is not None or any(_SECRET_WORD.search(key) for key in url.query):
            self.plain_secret(node, "the address of the store", "password", "SAMTALE_STORE_PASSWORD")
            return DEFAULT_STORE
        return text

    def first_link(self, node: Node | None, systems: Collection[str]) -> Literal["ask", "newest"] | Prefer:
        if node is None:
            return "ask"
        if isinstance(node.value, dict):
            entries = self.keys(node, ("prefer",), "`first_link`", required=("prefer",))
            return Prefer(self.known_systems(entries.get("prefer"), systems))
        word = self.one_of(node, "first_link", ("ask", "newest", "{prefer: [SYSTEM, ...]}"), "ask")
        return "newest" if word == "newest" else "ask"

    def order(self, node: Node | None, systems: Collection[str]) -> tuple[str, ...]:
        named = self.known_systems(node, systems)
        return (*named, *(name for name in systems if name not in named))

    def known_systems(self, node: Node | None, systems: Collection[str]) -> tuple[str, ...]:
        names = self.texts(node, "a list of systems")
        for item in node.items if node is not None else ():
            if isinstance(item.value, str) and item.value not in systems:
                self.findings.add(
                    "unknown_system", item, why=f"`{item.value}` is none.", remedy=did_you_mean(item.value, systems)
                )
        if node is not None and len(set(names)) != len(names):
            self.findings.add("wrong_value", node, why="A system stands there twice.", remedy="Name each system once.")
        return names

    def systems(self, node: Node | None) -> dict[str, SystemConfig]:
        found: dict[str, SystemConfig] = {}
        for name, entry in self.entries(node, "systems").items() if node is not None else ():
            if not _NAME.fullmatch(name) or name == "person":
                remedy = "Use letters, digits, `_` and `-`, at most 40; the word `person` is taken."
                self.findings.add("wrong_value", entry, why=f"`{name}` cannot be the name of a system.", remedy=remedy)
            found[name] = self.system(name, entry)
        if node is not None and isinstance(node.value, dict) and not node.value:
            self.findings.add("missing_key", node, why="No system is named.", remedy="Add one.", command="samtale init")
        return found

    def system(self, name: str, node: Node) -> SystemConfig:
        entries = self.keys(node, SYSTEM_KEYS, f"the system `{name}`", required=("connector",))
        connector = self.text(entries.get("connector"), "the connector") or ""
        if self.connectors is not None and connector and connector not in self.connectors:
            remedy = did_you_mean(connector, self.connectors)
            self.findings.add("unknown_connector", entries["connector"], why=f"`{connector}` is none.", remedy=remedy)
        switches = self.switches(entries, Switches())
        collections = {}
        for collection, entry in (
            self.entries(entries["collections"], "collections").items() if "collections" in entries else ()
        ):
            collections[collection] = self.switches(
                self.keys(entry, Switches.__struct_fields__, f"the collection `{collection}`"), switches
            )
        return SystemConfig(
            name=name,
            connector=connector,
            base_url=self.base_url(entries.get("base_url")),
            auth=self.auth(name, entries.get("auth")),
            switches=switches,
            collections=collections,
            options=self.options(name, entries.get("options")),
        )

    def switches(self, entries: Collection[str], default: Switches) -> Switches:
        nodes = cast("dict[str, Node]", entries)
        return Switches(
            share=self.switch(nodes.get("share"), "share", default.share),
            full_sync=self.switch(nodes.get("full_sync"), "full_sync", default.full_sync),
            pause=self.switch(nodes.get("pause"), "pause", default.pause),
        )

    def base_url(self, node: Node | None) -> str | None:
        text = self.text(node, "the address")
        if text is None or node is None:
            return None
        why = unsafe_address(text)
        if why:
            remedy = "Write an address that begins with `https://`; secrets belong under `auth`."
            self.findings.add("unsafe_url", node, why=why, remedy=remedy)
            return None
        return text.rstrip("/")

    def auth(self, system: str, node: Node | None) -> dict[str, Reference]:
        found: dict[str, Reference] = {}
        for key, entry in self.entries(node, "credentials").items() if node is not None else ():
            reference = self.reference(entry, key, re.sub(r"\W", "_", f"{system}_{key}").upper())
            if reference is not None:
                found[key] = reference
        return found

    def reference(self, node: Node | None, key: str, suggested: str) -> Reference | None:
        if node is None:
            return None
        reference = parse_reference(node.value) if isinstance(node.value, str) else None
        if reference is None:
            self.plain_secret(node, f"`{key}`", key, suggested)
        return reference

    def plain_secret(self, node: Node, what: str, key: str, suggested: str) -> None:
        why = f"{what[0].upper()}{what[1:]} is {described(node)} where only a reference may stand."
        remedy = f"Write `{key}: env:{suggested}` (or `file:PATH`, `keyring:NAME`); renew a secret that others saw."
        self.findings.add(
            "plain_secret", node, why=why, remedy=remedy, command=command_to_set(Reference("env", suggested))
        )

    def options(self, system: str, node: Node | None) -> dict[str, str | int | float | bool]:
        found: dict[str, str | int | float | bool] = {}
        for key, entry in self.entries(node, "options").items() if node is not None else ():
            if _SECRET_WORD.search(key):
                why = f"`{key}` under `options` sounds like a secret."
                remedy = f"Move it under `auth`, as a reference: `{key}: env:NAME`."
                self.findings.add("plain_secret", entry, why=why, remedy=remedy)
            elif isinstance(entry.value, str | int | float | bool):
                found[key] = entry.value
            else:
                self.findings.add(
                    "wrong_value",
                    entry,
                    why=f"`{key}` is {described(entry)}.",
                    remedy="Write one word, number, or true or false.",
                )
        return found


def unsafe_address(text: str) -> str:
    """Why an address must not be used, or nothing: only https, or http to this very machine; no credentials, query or
    fragment.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "It cannot be read as an address."
    if not host or parts.scheme not in ("https", "http"):
        return "It does not begin with `https://` and a host."
    if parts.username is not None or parts.password is not None:
        return "It carries credentials."
    if parts.query or parts.fragment:
        return "It carries a query or a fragment."
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "Without `https` everyone on the way could read the data and the credentials."
    return ""


def _zone_remedy(name: str) -> str:
    remedy = did_you_mean(name, available_timezones())
    return remedy if remedy.startswith("Did") else "Write one of the IANA names, such as `Europe/Oslo`."
