"""Reader: asks nodes for what is expected of them, and notes what they hold instead.

Every method returns None (or an empty collection) after noting a problem, so that reading goes on and finds the next
one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from samtale.config.diagnose import Findings, did_you_mean
from samtale.config.nodes import Node


class Reader:
    """Reads typed values out of nodes into one list of findings."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def keys(
        self, node: Node, allowed: Collection[str], what: str, required: Collection[str] = ()
    ) -> Mapping[str, Node]:
        """The entries of a map that may hold only these keys. ``what`` names the map: ``a system``."""
        entries = self.entries(node, what)
        for key, value in entries.items():
            if key not in allowed:
                self.findings.add(
                    "unknown_key", value, why=f"`{key}` means nothing in {what}.", remedy=did_you_mean(key, allowed)
                )
        for key in required:
            if key not in entries and isinstance(node.value, dict):
                self.findings.add("missing_key", node, why=f"`{key}` is missing in {what}.", remedy=f"Add `{key}:`.")
        return {key: value for key, value in entries.items() if key in allowed}

    def entries(self, node: Node, what: str) -> Mapping[str, Node]:
        """The entries of a map with free keys."""
        if not isinstance(node.value, dict):
            remedy = "Write `key: value` lines, indented under it; `{}` for none."
            self.findings.add(
                "not_a_mapping", node, why=f"In place of {what} there is {described(node)}.", remedy=remedy
            )
            return {}
        return node.value

    def text(self, node: Node | None, what: str) -> str | None:
        """Text that is not empty."""
        if node is None:
            return None
        if isinstance(node.value, str) and node.value.strip():
            return node.value
        self.findings.add(
            "wrong_value",
            node,
            why=f"In place of {what} there is {described(node)}.",
            remedy="Write text; in quotes if it looks like a number.",
        )
        return None

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """A list of texts."""
        if node is None:
            return ()
        if not isinstance(node.value, list):
            self.findings.add(
                "not_a_list",
                node,
                why=f"In place of {what} there is {described(node)}.",
                remedy="Write `[first, second]`.",
            )
            return ()
        return tuple(t for item in node.value if (t := self.text(item, what)) is not None)

    def switch(self, node: Node | None, what: str, default: bool) -> bool:
        """True or false."""
        if node is None:
            return default
        if isinstance(node.value, bool):
            return node.value
        self.findings.add("wrong_value", node, why=f"`{what}` is {described(node)}.", remedy="Write `true` or `false`.")
        return default

    def one_of(self, node: Node | None, what: str, allowed: Collection[str], default: str) -> str:
        """One word of a closed list."""
        if node is None:
            return default
        if isinstance(node.value, str) and node.value in allowed:
            return node.value
        words = " or ".join(f"`{word}`" for word in allowed)
        self.findings.add("wrong_value", node, why=f"`{what}` is {described(node)}.", remedy=f"Write {words}.")
        return default

    def number(self, node: Node | None, what: str, low: float, high: float) -> float | None:
        """A number from low to high."""
        if node is None:
            return None
        value = node.value
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.findings.add(
            "wrong_value",
            node,
            why=f"`{what}` is {described(node)}.",
            remedy=f"Write a number from {low:g} to {high:g}.",
        )
        return None

    def whole(self, node: Node | None, what: str, low: int, high: int) -> int | None:
        """A whole number from low to high."""
        number = self.number(node, what, low, high)
        if number is None or node is None:
            return None
        if number == int(number):
            return int(number)
        self.findings.add(
            "wrong_value", node, why=f"`{what}` is not a whole number.", remedy=f"Write one from {low} to {high}."
        )
        return None


def described(node: Node) -> str:
    """What kind of value a node holds, without showing text that may be secret."""
    match node.value:
        case None:
            return "nothing"
        case bool(value):
            return "`true`" if value else "`false`"
        case int() | float():
            return "a number"
        case str(text):
            return "empty text" if not text.strip() else "other text"
        case list():
            return "a list"
        case _:
            return "a map"
