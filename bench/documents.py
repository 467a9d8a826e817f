"""How fast documents are read: `python -m bench.documents [DOCUMENT...]` prints lines per second.

Without arguments it reads documents of its own making: a small one as the old service wrote them (about 120 lines), one
of a megabyte, and a folder of 2,000 small ones with all cores. Lines include blank ones.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from samtale.documents.files import read_folder, show_folder
from samtale.documents.grammar import Document, Label, Row, Rule, Section
from samtale.documents.reader import parse
from samtale.documents.writer import write


def document(sections: int) -> str:
    """A document with this many sections of three sizes: twelve rows, three, none."""
    parts = tuple(
        Section(
            source=Label(text=f"Ledger Clients{number}"),
            target=Label(text=f"Rolodex Company{number}"),
            rule=Rule.ALWAYS if number % 3 else Rule.MATCH_ONLY,
            merge=() if number % 3 else (("EmailAddress", "email"),),
            rows=tuple(Row(source=f"Address.Part{row}", target=f"Part_{row}") for row in range((12, 3, 0)[number % 3])),
            target_system="Rolodex",
        )
        for number in range(sections)
    )
    return write(
        Document(
            source="Ledger", target="Rolodex", generated=datetime.fromisoformat("2024-01-31 08:00:00"), sections=parts
        )
    )


def rate(lines: int, clock: Callable[[], float], work: Callable[[], object], rounds: int = 5) -> float:
    """Lines per second in the best of some rounds, since whatever else runs on the machine only ever slows one down."""
    best = float("inf")
    for _ in range(rounds):
        runs, start = 0, clock()
        while (elapsed := clock() - start) < 0.5:
            work()
            runs += 1
        best = min(best, elapsed / runs)
    return lines / best


def main(paths: list[str]) -> None:
    """Measure, and print one line for each measurement."""
    texts = {path: Path(path).read_text() for path in paths} or {"small": document(3), "megabyte": document(1_200)}
    for name, text in texts.items():
        lines = text.count("\n")
        found = rate(lines, time.process_time, partial(parse, text))
        print(f"{name}: {len(text):,} bytes, {lines:,} lines: {found:,.0f} lines/s of one core")
    if not paths:
        _folder(document(3))


def _folder(text: str, count: int = 2_000) -> None:
    lines = count * text.count("\n")
    with tempfile.TemporaryDirectory() as name:
        for number in range(count):
            Path(name, f"{number:04}.rst").write_text(text)
        for what, work in (("read", partial(_drain, read_folder)), ("shown as JSON", partial(_drain, show_folder))):
            found = rate(lines, time.perf_counter, partial(work, Path(name)))
            print(f"{count:,} documents {what}, {os.cpu_count()} cores: {lines:,} lines: {found:,.0f} lines/s elapsed")


def _drain(read: Callable[[Path], Iterator[object]], folder: Path) -> int:
    return sum(1 for _ in read(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
