"""Folders of documents: all of them, in order, in several processes, whatever is wrong with one."""

import itertools
from pathlib import Path

import msgspec
import pytest

from samtale.documents import files
from samtale.documents.files import read_file, read_folder, show_folder
from tests.documents.samples import SAMPLES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten documents, one broken file, and what is no document."""
    for number, text in zip(range(10), itertools.cycle(SAMPLES.values()), strict=False):
        (tmp_path / f"{number}.{'rst' if number % 2 else 'txt'}").write_text(text)
    (tmp_path / "b.RST").write_bytes(b"\0")
    (tmp_path / "readme.md").write_text("no document")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.rst").write_text("below, and not asked for")
    return tmp_path


def test_a_folder_is_read_in_the_order_of_names(folder: Path) -> None:
    read = list(read_folder(folder))
    assert [Path(document.file).name for document in read] == [
        *(f"{number}.{'rst' if number % 2 else 'txt'}" for number in range(10)),
        "b.RST",
    ]
    assert [bool(document.problems) for document in read] == [False] * 10 + [True]


def test_several_processes_say_the_same_as_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, shown = list(read_folder(folder)), list(show_folder(folder))
    monkeypatch.setattr(files, "FEW_FILES", 0)
    monkeypatch.setattr(files, "PORTION", 2)
    monkeypatch.setattr(files, "WAITING", 2)
    assert list(read_folder(folder)) == alone == [read_file(Path(document.file)) for document in alone]
    assert list(show_folder(folder)) == shown


def test_a_reader_that_stops_early_leaves_nothing_running(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FEW_FILES", 0)
    monkeypatch.setattr(files, "PORTION", 1)
    stream = read_folder(folder)
    assert next(stream).source == "Ledger"
    stream.close()  # type: ignore[attr-defined]
    assert list(stream) == []


def test_each_line_of_a_folder_is_one_object(folder: Path) -> None:
    lines = list(show_folder(folder))
    assert all(b"\n" not in line for line in lines)
    shown = [msgspec.json.decode(line) for line in lines]
    assert [Path(document["file"]).name for document in shown][-1] == "b.RST"
    assert shown[-1]["problems"] == [{"line": 1, "message": "expected text; this is a binary file, not a document"}]


def test_a_file_name_that_is_no_text_is_still_shown(tmp_path: Path) -> None:
    path = tmp_path / "\udce6.rst"
    path.write_text(SAMPLES["always"])
    (shown,) = map(msgspec.json.decode, show_folder(tmp_path))
    assert shown["file"].endswith("?.rst")
    assert len(shown["sections"]) == 2


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_folder(tmp_path / "none"))
    assert list(read_folder(tmp_path)) == []
