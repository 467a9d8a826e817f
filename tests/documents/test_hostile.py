"""Files that mean harm: refused at once, with a clear word, in little memory. And a fuzzer that looks for more of them.

SAMTALE_FUZZ_SECONDS sets how long the fuzzer runs (2 unless told otherwise); a failure prints the seed to set in
SAMTALE_FUZZ_SEED.
"""

import os
import random
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtale.documents import files, reader
from samtale.documents.files import read_bytes, read_file
from samtale.documents.reader import parse
from tests.documents.samples import SAMPLES, X, Y, document, every, section, table


def spent(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.rst"
    with path.open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    tracemalloc.start()
    seconds = spent(lambda: read_file(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (problem,) = read_file(path).problems
    assert (problem.line, "16,777,216 bytes" in problem.message) == (0, True)
    assert peak < 100_000
    assert seconds < 0.1


def test_a_line_of_10_megabytes_is_passed_over() -> None:
    text = document(section(), "x" * 10_000_000, section())
    start = time.process_time()
    read = parse(text)
    assert time.process_time() - start < 1
    assert [problem.message for problem in read.problems if "20,000 characters" in problem.message]
    assert len(read.sections) == 2


def test_nothing_but_a_line_of_10_megabytes() -> None:
    (problem,) = read_bytes(b"x" * 10_000_000).problems
    assert problem.line == 1


@pytest.mark.parametrize(
    ("data", "line", "advice"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0", 3, "binary file"),
        (b"a\nb\n\0", 3, "binary file"),
        ("Ledger to Rolodex".encode("utf-16"), 1, "iconv -f UTF-16"),
        (b"", 1, "neither the title of one nor a section"),
        (b"name;mail\nKari;kari@example.com\n" * 5_000, 1, "neither the title of one nor a section"),
    ],
)
def test_what_is_no_document_has_one_problem(data: bytes, line: int, advice: str) -> None:
    (problem,) = read_bytes(data, "a.rst").problems
    assert (problem.line, advice in problem.message) == (line, True)


@pytest.mark.parametrize("bad", [b"\xe6", b"\x01", b"\x1b[2J", "\u2028".encode(), b"\xed\xa0\x80"])
def test_a_line_with_unreadable_characters_is_reported_and_passed_over(bad: bytes) -> None:
    data = document(section(), section()).encode().replace(b"Name", b"Na" + bad + b"me", 1)
    read = read_bytes(data)
    line = data[: data.index(bad)].count(b"\n") + 1
    assert [problem.line for problem in read.problems if "printable characters" in problem.message] == [line]
    assert [len(part.rows) for part in read.sections] == [0, 1]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join("-" * 40 for _ in range(50_000)),
        "\n".join(f"{' ' * 200}* - {'* - ' * 100}" for _ in range(20_000)),
        document(*["a to " * 180 + "b\n---\n"] * 3_000),
        document(section(every("a" * 9_000, "b" * 9_000)) + "Once a link between a " * 100_000),
        document(section() + f"Once a link between a {' and a ' * 130} is established\n" * 15_000),
        document("Every a will be synchronized with a b.\n" * 100_000),
        document("\n\nEvery a will be synchronized with a b.\n\n" * 50_000),
        document(section(properties=table(X, Y, *[("(" * 90 + "Dependant on having " * 40, "x", '"string"')] * 5_000))),
        document(section(f"{', it ' * 3_000}, it  will be synchronized with a {Y}.\n" * 500)),
        "=\n" * 300_000 + " to Dataflow",
        "a to b Dataflow\n" * 100_000,
        "\\" * 20_000 + "\n" + "\\\\\n" * 200_000 + "Dataflow",
        document(f"{'x' * 19_000}\n---\n" * 400),
    ],
    ids=lambda text: f"{text[:8].strip()!r} {len(text)}",
)
def test_no_text_costs_more_than_its_length(text: str) -> None:
    assert spent(lambda: parse(text)) < 1 + len(text) / 1_000_000
    read = parse(text)
    assert len(read.problems) <= reader.MAX_PROBLEMS + 1
    assert all(len(problem.message) < 3 * reader.MAX_ADVICE for problem in read.problems)


def test_a_document_with_too_many_problems_is_given_up_and_says_where() -> None:
    text = document(section(), "what?\n" * (2 * reader.MAX_PROBLEMS), section())
    read = parse(text)
    assert len(read.problems) == reader.MAX_PROBLEMS + 1
    assert read.problems[-1].message.startswith(f"expected fewer than {reader.MAX_PROBLEMS} problems")
    assert "all that follow were left out" in read.problems[-1].message


@given(st.text())
def test_any_text(text: str) -> None:
    read = parse(text)
    assert read.problems


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    assert read_bytes(data).problems


@given(
    st.lists(st.sampled_from(SAMPLES["qualified"].splitlines() + SAMPLES["conditional"].splitlines())), st.booleans()
)
def test_any_lines_of_documents(lines: list[str], dos: bool) -> None:
    read = parse(("\r\n" if dos else "\n").join(lines))
    assert all(0 <= problem.line <= len(lines) + 1 for problem in read.problems)


def test_a_fuzzer_finds_no_exception() -> None:
    seed = int(os.environ.get("SAMTALE_FUZZ_SEED") or time.time_ns() % 2**32)
    dice = random.Random(seed)
    end = time.monotonic() + float(os.environ.get("SAMTALE_FUZZ_SECONDS", "2"))
    whole = [text.encode() for text in SAMPLES.values()]
    runs = 0
    while time.monotonic() < end:
        data = bytearray(dice.choice(whole))
        for _ in range(dice.randint(1, 12)):
            _damage(data, dice, whole)
        try:
            read = read_bytes(bytes(data))
        except Exception as error:
            raise AssertionError(f"SAMTALE_FUZZ_SEED={seed}, run {runs}") from error
        assert all(0 <= problem.line <= data.count(b"\n") + data.count(b"\r") + 1 for problem in read.problems), seed
        runs += 1
    assert runs > 100


def _damage(data: bytearray, dice: random.Random, whole: list[bytes]) -> None:
    start = dice.randrange(len(data) + 1)
    end = min(len(data), start + dice.choice([0, 1, 1, 4, 40, 400]))
    other = dice.choice(whole)
    piece = dice.randrange(len(other))
    data[start:end] = dice.choice(
        [
            b"",
            dice.randbytes(dice.randint(1, 4)),
            other[piece : piece + dice.randint(1, 300)],
            dice.choice(
                [
                    b"\n",
                    b"\n\n",
                    b"\r",
                    b"\t",
                    b" to ",
                    b" and a ",
                    b"   * - ",
                    b"     - ",
                    b"---\n",
                    b"\\",
                    b'"',
                    b"\0",
                ]
            ),
        ]
    )


def test_a_path_that_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.rst")
    (tmp_path / "folder.rst").mkdir()
    for name, expected in (("pipe.rst", "a file"), ("folder.rst", "a file"), ("none.rst", "a readable file")):
        (problem,) = read_file(tmp_path / name).problems
        assert (problem.line, problem.expected) == (0, expected)
    assert read_file(Path("a\0b")).problems[0].expected == "a path"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.rst"
    path.write_text(SAMPLES["always"])

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "open", refuse, raising=False)
    assert "Permission denied" in read_file(path).problems[0].message


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.rst"
    path.write_text(SAMPLES["always"])
    monkeypatch.setattr(files, "MAX_BYTES", path.stat().st_size)
    assert read_file(path).problems == ()
    monkeypatch.setattr("samtale.documents.files.os.stat", lambda _: os.lstat(tmp_path / "b.rst"))
    (tmp_path / "b.rst").write_text("small")
    path.write_text(SAMPLES["always"] + "\n")
    assert "a file of at most" in read_file(path).problems[0].message
