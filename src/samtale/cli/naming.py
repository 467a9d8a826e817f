"""What people call things: a record by what it shows of its first field, a match rule by its fields.

Asks the store alone, for many records at once. Programs get keys and numbers; this is for screens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samtale.core.link import RecordName
    from samtale.engine.setting import Setting
    from samtale.ports.store import RecordRow

#: Longest name beside a key.
LONGEST = 32
_RULE = re.compile(r"\brule (\d+)")


class Names:
    """Names of one project's records and rules."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._known: dict[RecordName, str] = {}

    def of(self, names: Iterable[RecordName]) -> dict[RecordName, str]:
        """What to call each of these records; the empty text for one that shows no name."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._known]
        if wanted:
            with self._setting.store.read() as session:
                rows = self._setting.known(session)
                refs = {(rows[n[:2]].id, n[2]): n for n in wanted if n[:2] in rows}
                records, shapes = session.records(refs), session.shapes()
            self._known |= dict.fromkeys(wanted, "")
            for ref, record in records.items():
                self._known[refs[ref]] = self._name(refs[ref], record, shapes[record.shape])
        return self._known

    def one(self, name: RecordName) -> str:
        """What to call this record."""
        return self.of([name])[name]

    def _name(self, name: RecordName, record: RecordRow, shape: tuple[str, ...]) -> str:
        from samtale.cli.screen import short
        from samtale.core.mapping import Unread

        maps = self._setting.maps
        raws = maps.collections[name[0], name[1]].reshape(record.shown, shape, strictly=False)
        for (_, member_name), member in maps.members.items():
            if member_name != f"{name[0]}.{name[1]}" or not member.by_field or not member.by_field[0]:
                continue
            value = member.read(member.by_field[0][0], raws)
            found = "" if isinstance(value, Unread) else member.type.fields[0].show(value)
            if found:
                return short(found, LONGEST)
        return ""

    def rules(self, text: str, type_name: str) -> str:
        """``rule 1`` in a text, in the words of the model: ``same email``."""

        def worded(found: re.Match[str]) -> str:
            kinds = {entity_type.name: entity_type.match for entity_type in self._setting.model.types}
            rules, number = kinds.get(type_name, ()), int(found[1]) - 1
            return f"same {' and '.join(rules[number].fields)}" if number < len(rules) else found[0]

        return _RULE.sub(worded, text)
