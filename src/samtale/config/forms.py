"""Forms: how a property writes a value, where the connector or the model file says more than the type."""

from __future__ import annotations

from collections.abc import Mapping

from samtale.config.diagnose import Findings, did_you_mean
from samtale.config.fields import FieldDraft
from samtale.config.nodes import Node
from samtale.config.reader import Reader, described
from samtale.core.kinds import Form
from samtale.core.kinds.choice import ANY_OTHER
from samtale.ports.connector import PropertySpec

#: Property types that can hold a kind; kinds that are not named here are text.
TYPES = {
    "org_number": ("string", "integer"),
    "phone": ("string", "integer"),
    "date": ("date", "datetime", "string"),
    "datetime": ("datetime", "date", "string"),
    "integer": ("integer", "decimal", "string"),
    "decimal": ("decimal", "integer", "string"),
    "boolean": ("boolean", "integer", "string"),
    "choice": ("string", "integer", "boolean"),
    "list": ("array",),
    "reference": ("string", "integer", "object"),
}

#: The styles of the kinds that have some.
STYLES = {
    "country": ("alpha2", "alpha3", "english", "native", "any"),
    "phone": ("e164", "international", "national", "any"),
    "language": ("tag", "underscore", "english", "native"),
}


def fitting_types(kind: str) -> tuple[str, ...]:
    """The property types that can hold a value of this kind."""
    return TYPES.get(kind, ("string",))


class FormReader(Reader):
    """Reads what a row says about the form of its property."""

    def __init__(self, findings: Findings, timezone: str, region: str) -> None:
        super().__init__(findings)
        self.timezone = timezone
        self.region = region

    def form(
        self, prop: PropertySpec, draft: FieldDraft, kind: str, entries: Mapping[str, Node], node: Node
    ) -> Form | None:
        """The property's form, or None after a finding."""
        values = None
        if "values" in entries:
            if kind not in ("choice", "boolean"):
                why = f"`{draft.field.name}` is `{kind}`; only a choice or a boolean has a map of values."
                self.findings.add(
                    "values_clash", entries["values"], why=why, remedy="Remove `values`, or make the field a choice."
                )
                return None
            values = self.values(prop, draft, entries["values"])
        elif kind == "choice":
            self.check_plain_choice(prop, draft, node)
        return Form(
            type=prop.type,
            style=self.style(prop, kind, entries.get("style")),
            max_length=prop.max_length,
            values=values,
            region=self.region,
            timezone=self.timezone,
            nullable=prop.nullable,
        )

    def style(self, prop: PropertySpec, kind: str, node: Node | None) -> str | None:
        """The style that the row asks for, else the connector's, where the kind knows it."""
        known = STYLES.get(kind, ())
        if node is not None and not known:
            self.findings.add("unknown_key", node, why=f"`{kind}` knows no `style`.", remedy="Remove it.")
        elif node is not None:
            return self.one_of(node, "style", known, "any")
        return prop.style if prop.style in known else None

    def values(self, prop: PropertySpec, draft: FieldDraft, node: Node) -> dict[str, tuple[str, ...]]:
        """Field value, and the property values that say so; the first of them is written for it."""
        found: dict[str, tuple[str, ...]] = {}
        owner: dict[str, str] = {}
        allowed = draft.values or ("true", "false")
        for value, entry in self.entries(node, "a map of values").items():
            if value not in allowed:
                why = f"`{value}` is no value of `{draft.field.name}`."
                self.findings.add("values_clash", entry, why=why, remedy=did_you_mean(value, allowed))
                continue
            for raw in entry.items:
                word = self.property_value(raw, prop)
                if word is None:
                    continue
                if word in owner:
                    why = f"`{word}` of `{prop.path}` stands for `{owner[word]}` and `{value}`."
                    self.findings.add("values_clash", raw, why=why, remedy="Let it stand for one of them.")
                    continue
                owner[word] = value
                found[value] = (*found.get(value, ()), word)
        return found

    def property_value(self, node: Node, prop: PropertySpec) -> str | None:
        if isinstance(node.value, list | dict) or node.value is None:
            self.findings.add(
                "values_clash",
                node,
                why=f"A value of `{prop.path}` is {described(node)}.",
                remedy="Write one word, or a list of words.",
            )
            return None
        word = str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
        if prop.values and word != ANY_OTHER and word not in prop.values:
            remedy = did_you_mean(word, prop.values)
            self.findings.add("values_clash", node, why=f"`{prop.path}` never shows `{word}`.", remedy=remedy)
        return word

    def check_plain_choice(self, prop: PropertySpec, draft: FieldDraft, node: Node) -> None:
        missing = [value for value in draft.values if prop.values and value not in prop.values]
        if missing:
            why = f"`{prop.path}` never shows {', '.join(f'`{m}`' for m in missing)}."
            remedy = (
                "Say which of its values means what: `{path: "
                + prop.path
                + ", values: {"
                + missing[0]
                + ": [VALUE]}}`."
            )
            self.findings.add("values_clash", node, why=why, remedy=remedy)
