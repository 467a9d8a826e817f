"""What is declared, what is locked, what is used and what is explained are the same libraries."""

import re
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT
from tests.house.tree import SOURCE, imports, modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NEEDED = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
TEST, DOCS = (
    [Requirement(line) for line in PROJECT["project"]["optional-dependencies"][extra]] for extra in ("test", "docs")
)
BUILD = [Requirement(line) for line in PROJECT["dependency-groups"]["build"]]

# SQLAlchemy loads the driver by the name in the address of a database; we may never import it ourselves.
LOADED_BY_NAME = {"psycopg"}
OURS = {"samtale", "tests", "bench"}


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def locked(file: str) -> dict[str, list[str]]:
    """The versions of each library in a lock file; more than one where Python versions differ."""
    versions: dict[str, list[str]] = defaultdict(list)
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            versions[canonicalize_name(requirement.name)].append(str(requirement.specifier).removeprefix("=="))
    return versions


def test_every_library_is_explained_and_nothing_else() -> None:
    text = (ROOT / "docs" / "why" / "dependencies.md").read_text(encoding="utf-8")
    explained = [canonicalize_name(found) for found in re.findall(r"^- \*\*([\w.-]+)\*\*: \S", text, re.MULTILINE)]
    assert sorted(explained) == sorted(names(NEEDED + TEST + DOCS + BUILD))


def test_every_library_is_locked_within_its_declared_range() -> None:
    for file, requirements in (
        ("requirements.lock", NEEDED + BUILD),
        (
            "requirements-test.lock",
            NEEDED + TEST,
        ),
        ("requirements-docs.lock", DOCS),
    ):
        versions = locked(file)
        for requirement in requirements:
            found = versions[canonicalize_name(requirement.name)]
            assert found, f"{requirement.name} is not in {file}; run: make lock"
            assert all(version in requirement.specifier for version in found), f"{requirement} in {file}: {found}"


def test_the_tests_run_with_the_libraries_that_users_get() -> None:
    tested = locked("requirements-test.lock")
    assert {name: versions for name, versions in locked("requirements.lock").items() if tested[name] != versions} == {}


def test_locks_name_versions_and_no_place() -> None:
    for file in sorted(ROOT.glob("requirements*.lock")):
        text = file.read_text(encoding="utf-8")
        assert "://" not in text
        assert not re.search(r"^\s*-", text, re.MULTILINE), f"{file.name} holds an option; a lock names versions only"


def imported(*folders: Path) -> set[str]:
    """The libraries that the files below the folders import, by their names in the registry."""
    modules_used = set[str]().union(*(imports(path) for path in modules(*folders)))
    distributions = packages_distributions()
    return {
        canonicalize_name(library)
        for module in modules_used - set(sys.stdlib_module_names) - OURS
        for library in distributions.get(module, [module])
    }


def test_every_imported_library_is_declared() -> None:
    shipped = imported(SOURCE) - imported(SOURCE / "testing")
    assert shipped - names(NEEDED) == set()
    assert imported(SOURCE / "testing") - names(NEEDED) <= {"pytest"}, "the exam needs pytest, which its users have"
    assert imported(ROOT / "tests", ROOT / "bench") - names(NEEDED + TEST) == set()


def test_every_declared_library_is_imported() -> None:
    assert names(NEEDED) - imported(SOURCE) - LOADED_BY_NAME == set()
