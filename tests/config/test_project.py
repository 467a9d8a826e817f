"""The project file: what a right one becomes, and what is told of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from samtale.config.load import load_model
from samtale.config.project import StoreConfig, find_project, load_project, unsafe_address
from samtale.config.secrets import Reference
from samtale.core.brakes import Limit, Limits
from samtale.core.model import Prefer, Switches
from samtale.core.problems import Problem, SamtaleError
from tests.config.samples import ABOUTS, COMPANY, PROJECT, SOMEONE, project_in

FULL = """\
workspace: acme-as
timezone: Europe/Stockholm
owner: Acme AS
notice: For testers only.
store: {url: "postgresql://hub@db.acme.example/samtale", password: "keyring:db"}
first_link: {prefer: [sales, accounts]}
followers: apart
order: [sales]
systems:
  accounts:
    connector: books
    base_url: https://api.books.example/v2/
    auth: {key: "env:BOOKS_KEY"}
    share: false
    collections: {Customers: {pause: true}}
    options: {demo: true, edition: small, page: 50}
  sales:
    connector: crm
    auth: {client: "file:secrets/crm", token: "keyring:crm"}
    full_sync: false
brakes:
  window_hours: 12
  delete: {number: 3, share: 0}
  create: {number: 50}
  shrink_share: 0.8
"""


def told(tmp_path: Path, text: str) -> tuple[Problem, ...]:
    with pytest.raises(SamtaleError) as caught:
        project_in(tmp_path, text)
    return caught.value.problems


def test_a_full_project(tmp_path: Path) -> None:
    project = project_in(tmp_path, FULL)
    assert (project.workspace, project.timezone, project.region) == ("acme-as", "Europe/Stockholm", "SE")
    assert (project.owner, project.notice) == ("Acme AS", "For testers only.")
    assert project.first_link == Prefer(("sales", "accounts"))
    assert (project.followers, project.order) == ("apart", ("sales", "accounts"))
    accounts = project.systems["accounts"]
    assert accounts.base_url == "https://api.books.example/v2"
    assert accounts.auth == {"key": Reference("env", "BOOKS_KEY")}
    assert accounts.switches == Switches(share=False)
    assert accounts.switches_of("Customers") == Switches(share=False, pause=True)
    assert accounts.switches_of("Departments") == Switches(share=False)
    assert accounts.options == {"demo": True, "edition": "small", "page": 50}
    assert project.systems["sales"].switches == Switches(full_sync=False)
    assert project.brakes.window_hours == 12
    assert project.brakes.delete == Limit(number=3, share=0)
    assert project.brakes.create == Limit(number=50, share=Limits().create.share)
    assert (project.brakes.clear, project.brakes.shrink_share) == (Limits().clear, 0.8)


def test_a_short_project_has_sensible_defaults(tmp_path: Path) -> None:
    project = project_in(tmp_path, PROJECT)
    assert (project.first_link, project.followers, project.order) == ("ask", "equal", ("accounts", "sales"))
    assert project.brakes == Limits()
    assert project.store.resolve(project.root) == f"sqlite:///{tmp_path.resolve()}/.samtale/store.db"
    assert project.region == "NO"
    assert project.models == tmp_path.resolve() / "models"


def test_the_store_takes_its_password_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "p@ss/w:rd")
    store = StoreConfig(url="postgresql://hub@db/samtale", password=Reference("env", "DB_PASSWORD"))
    assert store.resolve(tmp_path) == "postgresql+psycopg://hub:p%40ss%2Fw%3Ard@db/samtale"


def test_the_store_may_be_a_reference_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_in(tmp_path, PROJECT + 'store: "env:STORE_URL"\n')
    monkeypatch.setenv("STORE_URL", "postgresql://hub:secret@db/samtale")
    assert project.store.resolve(tmp_path) == "postgresql+psycopg://hub:secret@db/samtale"
    monkeypatch.setenv("STORE_URL", "mysql://hub:secret@db/samtale")
    with pytest.raises(SamtaleError) as caught:
        project.store.resolve(tmp_path)
    assert "secret" not in str(caught.value)


def test_the_project_is_found_from_a_folder_within(tmp_path: Path) -> None:
    project_in(tmp_path)
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_project(inner) == tmp_path.resolve()


def test_no_project_names_the_command_that_begins_one(tmp_path: Path) -> None:
    with pytest.raises(SamtaleError) as caught:
        find_project(tmp_path)
    assert caught.value.problems[0].command == "samtale init"
    with pytest.raises(SamtaleError) as caught:
        load_project(tmp_path)
    assert [p.code for p in caught.value.problems] == ["file_missing"]


def test_an_unknown_connector(tmp_path: Path) -> None:
    (tmp_path / "samtale.yaml").write_text(PROJECT)
    with pytest.raises(SamtaleError) as caught:
        load_project(tmp_path, connectors=["book", "crm"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.remedy) == ("unknown_connector", 4, "Did you mean `book`?")


CASES = [
    ("workspace: acme", "workspaces: acme", "unknown_key", 1, "`workspace`"),
    ("workspace: acme", "owner: acme", "missing_key", 1, "workspace"),
    ("workspace: acme", "workspace: a b", "wrong_value", 1, "letter"),
    ("workspace: acme", "workspace: 7", "wrong_value", 1, "quotes"),
    ("Europe/Oslo", "Europe/Olso", "unknown_timezone", 2, "`Europe/Oslo`"),
    ("Europe/Oslo", "../../etc/passwd", "unknown_timezone", 2, "IANA"),
    ("timezone", "region: Norway\ntimezone", "wrong_value", 2, "`NO`"),
    ("timezone", "followers: same\ntimezone", "wrong_value", 2, "`apart`"),
    ("timezone", "first_link: oldest\ntimezone", "wrong_value", 2, "`newest`"),
    ("timezone", "first_link: {prefer: [salse]}\ntimezone", "unknown_system", 2, "`sales`"),
    ("timezone", "order: [sales, sales]\ntimezone", "wrong_value", 2, "once"),
    ("timezone", "order: sales\ntimezone", "not_a_list", 2, "[first"),
    ("timezone", "brakes: {delet: {number: 1}}\ntimezone", "unknown_key", 2, "`delete`"),
    ("timezone", "brakes: {delete: {share: 5}}\ntimezone", "wrong_value", 2, "0 to 1"),
    ("timezone", "brakes: {delete: {number: 1.5}}\ntimezone", "wrong_value", 2, "whole"),
    ("timezone", "brakes: {window_hours: yes}\ntimezone", "wrong_value", 2, "number"),
    ("timezone", "store: mysql://db/x\ntimezone", "wrong_value", 2, "postgresql"),
    ("timezone", "store: nonsense\ntimezone", "wrong_value", 2, "sqlite"),
    ("timezone", "store: postgresql://hub:hunter2@db/x\ntimezone", "plain_secret", 2, "env:SAMTALE_STORE_PASSWORD"),
    ("{connector: books,", "{conector: books,", "unknown_key", 4, "`connector`"),
    ("{connector: books,", "{share: false,", "missing_key", 4, "connector"),
    ("{connector: books,", "{connector: books, share: no,", "wrong_value", 4, "`true`"),
    ("{connector: books,", "{connector: books, base_url: http://books.example,", "unsafe_url", 4, "https"),
    ("{connector: books,", "{connector: books, options: {api_key: hunter2},", "plain_secret", 4, "auth"),
    ("{connector: books,", "{connector: books, options: {list: [1]},", "wrong_value", 4, "one word"),
    ('"env:BOOKS_KEY"', "hunter2", "plain_secret", 4, "env:ACCOUNTS_KEY"),
    ('"env:BOOKS_KEY"', '"env:hunter2 "', "plain_secret", 4, "env:ACCOUNTS_KEY"),
    ('"env:BOOKS_KEY"', '"https://hunter2"', "plain_secret", 4, "env:ACCOUNTS_KEY"),
    ('"env:BOOKS_KEY"', "12345", "plain_secret", 4, "env:ACCOUNTS_KEY"),
    ("  accounts:", "  my.accounts:", "wrong_value", 4, "letters"),
    ("  accounts:", "  person:", "wrong_value", 4, "taken"),
]


@pytest.mark.parametrize(("old", "new", "code", "line", "word"), CASES)
def test_each_mistake_is_told_where_it_stands(
    tmp_path: Path, old: str, new: str, code: str, line: int, word: str
) -> None:
    problems = told(tmp_path, PROJECT.replace(old, new, 1))
    found = [p for p in problems if p.code == code and p.line == line and p.file == "samtale.yaml"]
    assert found, problems
    assert any(word in p.why + p.remedy for p in found), found
    assert all("hunter2" not in f"{p.why} {p.remedy} {p.command}" for p in problems)


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = PROJECT.replace("Europe/Oslo", "Olso").replace("env:BOOKS_KEY", "hunter2").replace("workspace", "workplace")
    assert {"unknown_timezone", "plain_secret", "unknown_key", "missing_key"} <= {p.code for p in told(tmp_path, text)}


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "not_a_mapping"), ("- a\n", "not_a_mapping"), ("workspace: a\n---\nworkspace: b\n", "yaml_feature")],
)
def test_files_that_are_no_project(tmp_path: Path, text: str, code: str) -> None:
    assert told(tmp_path, text)[0].code == code


def test_no_system_at_all(tmp_path: Path) -> None:
    assert told(tmp_path, "workspace: a\nsystems: {}\n")[0].code == "missing_key"


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (', token: "file:token"', "", "misses `token`"),
        ('"file:token"}', '"file:token", pin: "env:PIN"}', "has `pin`"),
    ],
)
def test_credentials_are_those_of_the_connector(tmp_path: Path, old: str, new: str, word: str) -> None:
    project = project_in(tmp_path, PROJECT.replace(old, new), company=COMPANY, someone=SOMEONE)
    with pytest.raises(SamtaleError) as caught:
        load_model(project, ABOUTS)
    (problem,) = [p for p in caught.value.problems if p.code == "auth_keys"]
    assert word in problem.why
    assert "`token: env:NAME`" in problem.remedy


def test_switches_of_a_collection_that_is_none(tmp_path: Path) -> None:
    text = PROJECT.replace("{connector: books,", "{connector: books, collections: {Customer: {pause: true}},")
    with pytest.raises(SamtaleError) as caught:
        load_model(project_in(tmp_path, text, company=COMPANY, someone=SOMEONE), ABOUTS)
    assert [p.remedy for p in caught.value.problems if p.code == "unknown_collection"] == ["Did you mean `Customers`?"]


@pytest.mark.parametrize("address", ["https://api.example/v2", "http://127.0.0.1:8001", "http://localhost:8001/x"])
def test_addresses_that_may_be_used(address: str) -> None:
    assert unsafe_address(address) == ""


@pytest.mark.parametrize(
    "address",
    ["http://api.example", "ftp://api.example", "//api.example", "https://", "https://me@api.example", "https://a:b@c",
     "https://api.example?key=1", "https://api.example#x", "https://api.example:port", "https://[::1", "file:///etc/passwd"],
)  # fmt: skip
def test_addresses_that_may_not(address: str) -> None:
    assert unsafe_address(address)
