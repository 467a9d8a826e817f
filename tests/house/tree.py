"""The files of the repository, as the house's tests look at them: what git tracks, and what it would track."""

import ast
import subprocess
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "samtale"
CORE = SOURCE / "core"


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the repository, new ones included, ignored ones not."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(sorted(path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()))


def modules(*folders: Path) -> list[Path]:
    """The Python files below the folders."""
    return [path for path in files() if path.suffix == ".py" and any(path.is_relative_to(top) for top in folders)]


def tree(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path: Path) -> str:
    """A path as people write it, from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """The top-level names of the packages that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
