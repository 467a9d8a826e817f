"""Documents from disk: one file, or a folder of them on both cores.

Here are the limits that keep a hostile file from costing more than its own refusal. A file that cannot be read yields a
document with the problem in it, so that one of 2,000 never stops the others.
"""

import os
import signal
import stat
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from pathlib import Path

import msgspec

from samtale.documents.grammar import Document
from samtale.documents.reader import not_read, parse
from samtale.documents.show import to_json

#: Bytes of the largest file that is read: a thousand times the largest document ever generated.
MAX_BYTES = 16 * 1024 * 1024
#: Files in a folder that one process reads alone before it is worth starting others.
FEW_FILES = 64
#: Files that are handed to another process at once, and such portions that wait for their turn.
PORTION = 32
WAITING = 8
SUFFIXES = frozenset({".rst", ".txt"})


def read_file(path: Path) -> Document:
    """Read one document. Never raises for the sake of the file: what is wrong with it is among the problems."""
    file = str(path)
    try:
        size = os.stat(path)
        if not stat.S_ISREG(size.st_mode):
            return not_read(file, 0, "a file", "name the document itself; a folder is shown as a whole")
        if size.st_size > MAX_BYTES:
            return _too_large(file)
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return not_read(file, 0, "a readable file", f"check its path and rights ({error.strerror or 'no such path'})")
    except ValueError:
        return not_read(file, 0, "a path", "remove the control character from it")
    return _too_large(file) if len(data) > MAX_BYTES else read_bytes(data, file)


def read_bytes(data: bytes, file: str = "") -> Document:
    """Read a document as it is stored. The encoding is UTF-8; a line that is not counts as unreadable."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return not_read(file, 1, "text in UTF-8", f"convert it: iconv -f UTF-16 -t UTF-8 '{file}'")
    zero = data.find(b"\0")
    if zero >= 0:
        return not_read(file, data.count(b"\n", 0, zero) + 1, "text", "this is a binary file, not a document")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        # Half a surrogate pair in place of each bad byte, which the reader reports with its line.
        text = data.decode(errors="surrogateescape")
    return parse(text, file)


def read_folder(folder: Path) -> Iterator[Document]:
    """Read every `*.rst` and `*.txt` of a folder, sorted by name, on all cores; in constant memory.

    Raises OSError if the folder itself cannot be read.
    """
    for packed in _spread(_packed, _documents_in(folder)):
        yield _UNPACK.decode(packed)


def show_folder(folder: Path) -> Iterator[bytes]:
    """The same as lines of JSON, each the object of one document (show.py) without a line end."""
    yield from _spread(_shown, _documents_in(folder))


def _too_large(file: str) -> Document:
    return not_read(file, 0, f"a file of at most {MAX_BYTES:,} bytes", "a document has a few thousand; split it up")


def _documents_in(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if os.path.splitext(entry.name)[1].lower() in SUFFIXES]
    return [folder / name for name in sorted(names)]


_PACK = msgspec.msgpack.Encoder()
_UNPACK = msgspec.msgpack.Decoder(Document)


def _packed(paths: list[Path]) -> list[bytes]:
    return [_PACK.encode(read_file(path)) for path in paths]


def _shown(paths: list[Path]) -> list[bytes]:
    return [to_json(read_file(path)) for path in paths]


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _spread(work: Callable[[list[Path]], list[bytes]], paths: list[Path]) -> Iterator[bytes]:
    """Do the work for each path and yield the results in order, in several processes if there are many."""
    if len(paths) <= FEW_FILES or (os.cpu_count() or 1) == 1:
        for path in paths:
            yield from work([path])
        return
    portions = (paths[at : at + PORTION] for at in range(0, len(paths), PORTION))
    with ProcessPoolExecutor(initializer=_leave_interrupts_to_parent) as pool:
        waiting: deque[Future[list[bytes]]] = deque(pool.submit(work, portion) for portion in islice(portions, WAITING))
        try:
            while waiting:
                yield from waiting.popleft().result()
                waiting.extend(pool.submit(work, portion) for portion in islice(portions, 1))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
