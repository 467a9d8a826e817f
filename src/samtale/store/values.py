"""How values are kept: compact JSON in bytes, and texts that no database can spoil.

What lives here: the codecs between the values of ports/store.py and what a column holds, pure functions all. It must
not know tables or statements.

    pack, unpack                 raw values as JSON; decimals as JSON numbers with all their digits, integers as
    integers pack_agreed, unpack_agreed   an entity's agreed values; what they have in common is kept once spell, read
    texts for text columns; odd ones (NUL, lone surrogates, control characters) escaped
"""

from __future__ import annotations

import json
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from samtale.core.model import FieldValue
from samtale.ports.store import Agreed

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode

#: Begins a text that is not kept as it is. A text that begins with it is escaped itself.
ESCAPE = "\x1b"
_ODD = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def pack(value: object) -> bytes:
    """A raw value, or lists and mappings of them, as JSON."""
    try:
        return _encode(value)
    except UnicodeEncodeError:  # a lone surrogate: JSON can spell it, msgspec will not
        return _ascii(value).encode()


def unpack(data: bytes) -> Any:
    """What ``pack`` was given, sequences as lists."""
    try:
        return _decode(data)
    except msgspec.DecodeError:  # lone surrogates again
        return json.loads(data, parse_float=Decimal)


def _ascii(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_ascii, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_ascii(entry)}" for key, entry in value.items()) + "}"
    return json.dumps(value)


def pack_revs(revs: Sequence[int]) -> tuple[int, int | None, bytes | None]:
    """How many revisions, the one that all share, and the list if they do not."""
    if len(set(revs)) <= 1:
        return len(revs), revs[0] if revs else None, None
    return len(revs), None, _encode(revs)


def unpack_revs(views: int, rev: int | None, revs: bytes | None) -> tuple[int, ...]:
    """What ``pack_revs`` was given."""
    if revs is not None:
        return tuple(_decode(revs))
    return () if rev is None else (rev,) * views


def pack_digests(digests: Iterable[int]) -> bytes:
    """Signed 64-bit integers, in order."""
    ordered = sorted(digests)
    return struct.pack(f">{len(ordered)}q", *ordered)


def unpack_digests(data: bytes) -> tuple[int, ...]:
    """What ``pack_digests`` was given, in order."""
    return struct.unpack(f">{len(data) // 8}q", data)


def pack_agreed(agreed: Sequence[Agreed | None]) -> bytes:
    """``[values, shared, exceptions]``: revision, origin and times that most have in common are kept once."""
    about = [a[1:] for a in agreed if a is not None]
    shared = about[0] if about else None
    if about and about.count(about[0]) != len(about):
        shared = Counter(about).most_common(1)[0][0]
    values = [_NOTHING if a is None else _tagged_field(a[0]) for a in agreed]
    if shared is None or about.count(shared) == len(about):
        return pack([values, shared])
    exceptions = [[n, *a[1:]] for n, a in enumerate(agreed) if a is not None and a[1:] != shared]
    return pack([values, shared, exceptions])


def unpack_agreed(data: bytes) -> tuple[Agreed | None, ...]:
    """What ``pack_agreed`` was given."""
    values, shared, *rest = unpack(data)
    about = {n: meta for n, *meta in rest[0]} if rest else {}
    found: list[Agreed | None] = []
    for n, stored in enumerate(values):
        if stored == _NOTHING:
            found.append(None)
        else:
            value = (stored,) if type(stored) is str else _field(stored)
            found.append(tuple.__new__(Agreed, (value, *about.get(n, shared))))  # quicker than Agreed's own way
    return tuple(found)


#: Stands for a field that has no agreed value, which is not the same as an empty one (null).
_NOTHING: dict[str, object] = {}


def _tagged_field(value: FieldValue) -> object:
    """A field of one part as its part, a group as the list of its parts."""
    if len(value) == 1:
        return value[0] if type(value[0]) is str else _tagged(value[0])
    return [_tagged(part) for part in value]


def _field(stored: object) -> FieldValue:
    return tuple(map(_typed, stored)) if type(stored) is list else (_typed(stored),)


def _tagged(value: Any) -> object:
    """A typed value as JSON: what JSON has no type for, or would change the type of, as an object with one key."""
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Decimal):
        text = str(value)
        return value if "." in text or "E" in text else {"decimal": text}
    if value is ...:
        return {"unshown": True}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, time):
        return {"time": value.isoformat()}
    if isinstance(value, (tuple, list)):
        return {"list": [_tagged(part) for part in value]}
    raise TypeError(f"a {type(value).__name__} is not a value that a field can have")


_READERS: dict[str, Callable[[Any], Any]] = {
    "decimal": Decimal,
    "unshown": lambda _: ...,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "list": lambda parts: tuple(map(_typed, parts)),
}


def _typed(stored: Any) -> Any:
    if type(stored) is not dict:
        return stored
    ((tag, content),) = stored.items()
    return _READERS[tag](content)


def spell(text: str) -> str:
    """A text as a text column keeps it: as it is, or escaped. Never holds a NUL, nor what UTF-8 cannot spell.

    The same text is spelled the same way for ever, since keys are found by it.
    """
    return ESCAPE + json.dumps(text) if _ODD.search(text) else text


def read(stored: str) -> str:
    """What ``spell`` was given."""
    return json.loads(stored[1:]) if stored[:1] == ESCAPE else stored
