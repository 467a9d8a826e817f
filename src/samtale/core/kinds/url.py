"""Web addresses.

What lives here: one spelling for one address. Only ``http`` and ``https`` are addresses of web sites; a name and a
password before the host are never kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from samtale.core.kinds.characters import fold
from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, Value, fit
from samtale.core.kinds.text import text_of

_PARTS = re.compile(
    r"(?:(?:(?P<scheme>[a-z][a-z0-9+.-]*):)?//)?(?P<host>\[[0-9a-f:.]{2,45}\]|[^/?#:@\[\]]+)(?::(?P<port>[0-9]{0,5}))?(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.ASCII,
)
_HOST = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63})*")
_GAP = re.compile("[\\s\\\\\x00-\x20\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_PORTS = {"http": "80", "https": "443"}
_LONGEST = 4_000


#: A host name in plain ASCII, with or without scheme and closing slash. A doubled hyphen may be Punycode.
_LABEL = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_ORDINARY = re.compile(rf"(?:(https?)://)?((?:{_LABEL}\.)+{_LABEL})/?")
_LONGEST_ORDINARY = 63


def by_rule(text: str) -> str | None:
    """The canonical form of a plain host name, the same as `canonical_url` gives; None: ask there."""
    if len(text) <= _LONGEST_ORDINARY and text.isascii() and (match := _ORDINARY.fullmatch(text.lower())):
        return f"{match[1] or 'https'}://{match[2]}"
    return None


@lru_cache(maxsize=4096)
def canonical_url(text: str) -> str:
    """Scheme (``https`` if none is given), host in lower case, port unless it is the usual one, and the rest as typed.

    Raises Unreadable.
    """
    if _GAP.search(text):
        raise Unreadable("a web address with a gap in it")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise Unreadable("not a web address")
    scheme = (parts["scheme"] or "https").lower()
    if scheme not in _PORTS:
        raise Unreadable("an address of something else than a web site")
    host = _host(parts["host"])
    if "." not in host and ":" not in host and parts["scheme"] is None:
        raise Unreadable("not a web address")
    port = (parts["port"] or "").lstrip("0")
    if port and int(port) > 65535:
        raise Unreadable("not a web address")
    rest = parts["rest"] or ""
    if rest == "/" or rest[:2] in ("/?", "/#"):
        rest = rest[1:]
    return f"{scheme}://{host}{':' + port if port and port != _PORTS[scheme] else ''}{rest}"


def _host(host: str) -> str:
    host = unicodedata.normalize("NFKC", host.lower()).lower().removesuffix(".")
    if host.startswith("["):
        return host
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise Unreadable("not a web address")
    return ".".join(_readable(label) for label in host.split("."))


def _readable(label: str) -> str:
    """A label as people know it (``blåbær``), where its ASCII form (``xn--blbr-roah``) says exactly the same."""
    if not label.startswith("xn--"):
        return label
    try:
        readable = label.encode("ascii").decode("idna")
        faithful = readable.encode("idna").decode("ascii") == label
    except UnicodeError:
        return label
    return readable if faithful and not readable.isascii() and _HOST.fullmatch(readable) else label


@dataclass(frozen=True, slots=True)
class Url(Lens):
    """The address of a web site or a page on it: ``https://www.acme.no``."""

    name: ClassVar[str] = "url"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`. A bare word is no address; a host without a dot needs its scheme."""
        if type(raw) is str and (ordinary := by_rule(raw)) is not None:
            return ordinary
        if raw is not None and not isinstance(raw, str):
            raise Unreadable("not a text")
        text = text_of(raw, _LONGEST)
        if text is None:
            return None
        canonical = canonical_url(text)
        if canonical != text and canonical_url(canonical) != canonical:
            raise Unreadable("a web address with more than one spelling")
        return canonical

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The canonical address."""
        return fit(value, form)

    def key(self, value: Value) -> str | None:
        """See `Kind.key`: the scheme, ``www.`` and a closing slash do not count."""
        return fold(str(value)).partition("://")[2].removeprefix("www.").rstrip("/") or None
