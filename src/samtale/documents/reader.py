"""Reading a dataflow document: title, time, introduction, sections.

Line by line and exact: every line that is not blank is taken by a named shape or reported with its number. A damaged
part never hides the others. Time and memory grow with the length of the text and with nothing in it.

The introduction is whatever stands below the title, up to the first section; its words are not looked at.

Must not know: files (files.py), the model, any connector.
"""

import re
from dataclasses import replace
from datetime import datetime

from samtale.documents import grammar
from samtale.documents.body import Place, begins_table, read_section, splits
from samtale.documents.grammar import Document, Problem, Section

#: Characters of the longest line that is read; the longest one ever printed has about 1,000.
MAX_LINE = 20_000
#: Problems after which a document is given up.
MAX_PROBLEMS = 1_000
#: Characters of one text of a problem.
MAX_ADVICE = 1_000

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_CONDITIONAL_MARK = re.compile(r", it {1,2}will be synchronized with a ")
_EVERY_MARK = " will be synchronized with a "
_BEFORE_MARK = grammar.BEFORE.partition("{x}")[0]
_FORMAT_MARKS = (
    *(template.partition("{")[0] for template in (grammar.ONCE, grammar.PROPERTIES, grammar.NO_PROPERTIES)),
    *(grammar.LIST_TABLE, grammar.HEADER_ROWS, "* - "),
)


def parse(text: str, file: str = "") -> Document:
    """Read a document.

    Args:
        text: The whole document. Lines may end in any of the usual ways; a byte order mark is passed over.
        file: Where the text came from, for the document's `file`.

    Returns:
        What was understood, with a problem for each line that was not. Never raises.
    """
    reading = _Reading(text)
    try:
        return reading.document(file)
    except _TooManyProblems:
        return reading.given_up(file)


def not_read(file: str, line: int, expected: str, suggestion: str) -> Document:
    """A document of which nothing could be read."""
    problem = Problem(line=line, expected=expected, suggestion=suggestion)
    return Document(source="", target="", generated=None, file=file, problems=(problem,))


class _TooManyProblems(Exception):
    """MAX_PROBLEMS is reached."""


class _Reading:
    """The state of reading one document."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self.sections: list[Section] = []
        self.names = ("", "")
        self.generated: datetime | None = None
        self.text = text

    def document(self, file: str) -> Document:
        self.lines = self._clean_lines(self.text)
        places, introduction = self._places()
        if not places and not any(map(_is_title_or_time, self.lines)):
            return not_read(file, 1, "a dataflow document", "this text has neither the title of one nor a section")
        self._front(introduction, places[0].top if places else len(self.lines))
        for place in places:
            if place.heading is not None and _is_rule(self.lines[place.start - 1], "-"):
                self._check_rule(place.start - 1, place.heading)
            self.sections.append(read_section(self.lines, place, self.names, self._report))
        return self._result(file)

    def given_up(self, file: str) -> Document:
        """The result after too many problems: the sections that were complete by then."""
        problem = Problem(
            line=self.problems[-1].line,
            expected=f"fewer than {MAX_PROBLEMS} problems",
            suggestion="the section around this line and all that follow were left out; is this a dataflow document?",
        )
        self.problems.append(problem)
        return self._result(file)

    def _result(self, file: str) -> Document:
        return Document(
            source=self.names[0],
            target=self.names[1],
            generated=self.generated,
            sections=tuple(self.sections),
            file=file,
            problems=tuple(sorted(self.problems, key=lambda problem: problem.line)),
        )

    def _report(self, index: int, expected: str, suggestion: str) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            raise _TooManyProblems
        problem = Problem(line=index + 1, expected=expected[:MAX_ADVICE], suggestion=suggestion[:MAX_ADVICE])
        self.problems.append(problem)

    # --------------------------------------------------------------------------------------------------------- lines

    def _clean_lines(self, text: str) -> list[str]:
        """The lines without blanks at their ends and without escapes; a line that cannot be one counts as blank."""
        text = text.removeprefix("\ufeff")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if "\\" in text:
            text = _ESCAPED.sub(lambda match: match[1], text)
        lines = text.split("\n")
        if len(max(lines, key=len)) > MAX_LINE:
            for index, line in enumerate(lines):
                if len(line) > MAX_LINE:
                    self._report(index, f"at most {MAX_LINE:,} characters in a line", "break the line up or remove it")
                    lines[index] = ""
        if grammar.UNPRINTABLE.search(text.replace("\n", "")):
            for index, line in enumerate(lines):
                if grammar.UNPRINTABLE.search(line):
                    self._report(index, "printable characters", "remove the control characters from the line")
                    lines[index] = ""
        return [line.rstrip(" \t") for line in lines]

    # -------------------------------------------------------------------------------------------------------- places

    def _places(self) -> tuple[list[Place], int | None]:
        """Find the sections, and the line of dashes under the introduction's heading (None if there is none)."""
        lines = self.lines
        introduction: int | None = None
        rules: set[int] = set()
        places: list[Place] = []
        for index, line in enumerate(lines):
            if not line or line[0] == " ":
                continue
            if line[0] == "-" and not line.strip("-"):
                above = lines[index - 1] if index else ""
                if index - 1 in rules:
                    rules.add(index)  # A second line of dashes; the section that it stands in reports it.
                elif _is_start(above):
                    continue  # As above.
                elif introduction is None and not places and not self._is_section(index):
                    introduction = index
                else:
                    is_cell = above[:1] == " " and begins_table(above)
                    heading = None if not above or is_cell else index - 1
                    top = index if heading is None else heading
                    places.append(Place(top=top, heading=heading, start=index + 1, end=len(lines)))
                    rules.add(index)
            elif _is_start(line):
                self._without_rule(index, rules, places)
        following = [place.top for place in places[1:]]
        places[:-1] = [replace(place, end=end) for place, end in zip(places, following, strict=False)]
        return places, introduction

    def _is_section(self, rule: int) -> bool:
        """Whether the first line of dashes already belongs to a section, since a rule sentence follows it."""
        return _is_start(next((line for line in self.lines[rule + 1 : rule + 4] if line), ""))

    def _without_rule(self, index: int, rules: set[int], places: list[Place]) -> None:
        """Begin a section at a rule sentence that has no heading with a line of dashes above it."""
        lines = self.lines
        above = index - 1
        while above >= 0 and not lines[above]:
            above -= 1
        if above in rules or (above >= 0 and _is_start(lines[above])):
            return
        heading = above if above == index - 1 and above >= 0 and _may_be_heading(lines[above]) else None
        top = index if heading is None else heading
        if heading is not None:
            self._report(heading, "a line of dashes below the heading", "add it, as long as the heading")
            if places and places[-1].heading is None and places[-1].start == heading:
                top = places.pop().top  # The line of dashes stands above its heading.
        places.append(Place(top=top, heading=heading, start=index, end=len(lines)))

    # --------------------------------------------------------------------------------------------------------- front

    def _front(self, introduction: int | None, end: int) -> None:
        """Read what stands above the first section, which begins at line `end`."""
        top = end if introduction is None else introduction
        left = [index for index in range(top) if self.lines[index]]
        title = self._title(left)
        self._time(left)
        below = [index for index in left if index > title] if introduction is None else left[-1:]
        if introduction is not None:
            if below and below[0] == introduction - 1 and below[0] > title:
                left.remove(below[0])
            else:
                self._report(introduction, "the heading of the introduction above these dashes", "add 'Introduction'")
        elif below:
            advice = "add 'Introduction' and a line of dashes as long"
            self._report(below[0], "a heading and a line of dashes above the introduction", advice)
            left = [index for index in left if index < title or self._is_format(index)]
        for index in left:
            self._report(index, "title, time and introduction, each once, above the first section", "remove the line")
        first = self.lines[end] if end < len(self.lines) else ""
        for index in range(top + 1, end):
            if self._is_format(index) or (first and self.lines[index] == first):
                self._report(index, "a heading above the first section", "restore the lines above this one")

    def _title(self, left: list[int]) -> int:
        """Read the title and take its lines out of those that are left; returns its index, -1 without one."""
        lines = self.lines
        title = next((index for index in left if lines[index].endswith(grammar.TITLE_END)), -1)
        if title < 0:
            self._report(left[0] if left else 0, "a title 'X to Y Dataflow'", "add it between two lines of =")
            return title
        left.remove(title)
        for rule, where in ((title - 1, "above"), (title + 1, "below")):
            if rule in left and _is_rule(lines[rule], "="):
                left.remove(rule)
                self._check_rule(rule, title)
            else:
                self._report(title, f"a line of = {where} the title", "add it, as long as the title")
        text = " " + lines[title].strip(" \t").removesuffix(grammar.TITLE_END)
        candidates = [(x.strip(" \t"), y.strip(" \t")) for x, y in splits(text)]
        if not candidates:
            self._report(title, "a title of the form 'X to Y Dataflow'", "write both names with ' to ' between them")
        elif len(candidates) == 1:
            self.names = candidates[0]
        else:
            self.names = self._likeliest(candidates, title)
        return title

    def _likeliest(self, candidates: list[tuple[str, str]], title: int) -> tuple[str, str]:
        """Of several ways to split the title, the one that most headings bear out."""
        lines = self.lines
        headings = [lines[index - 1] for index, line in enumerate(lines) if index and _is_rule(line, "-")]

        def borne_out(names: tuple[str, str]) -> int:
            x, y = names
            return sum(heading.startswith(x) and f" to {y} " in heading for heading in headings)

        best = max(candidates, key=borne_out)
        if sum(borne_out(names) == borne_out(best) for names in candidates) > 1:
            self._report(title, "a title with one ' to '", f"it is read as from '{best[0]}' to '{best[1]}'")
        return best

    def _time(self, left: list[int]) -> None:
        lines = self.lines
        index = next((index for index in left if lines[index].startswith(grammar.GENERATED.rstrip())), None)
        advice = "write 'Generated: ' and a time such as 2024-01-31 08:00:00"
        if index is None:
            self._report(left[0] if left else 0, "the time of making below the title", advice)
            return
        left.remove(index)
        text = lines[index].removeprefix(grammar.GENERATED)
        self.generated = grammar.read_time(text)
        if self.generated is None:
            self._report(index, "the time of making", advice)

    def _check_rule(self, rule: int, heading: int) -> None:
        if len(self.lines[rule]) < len(self.lines[heading].strip(" \t")):
            self._report(rule, "a line as long as the text beside it", "lengthen it")

    def _is_format(self, index: int) -> bool:
        """Whether a line above the first section is one that only a section can have."""
        text = self.lines[index].lstrip(" \t")
        return text.startswith(_FORMAT_MARKS) or _is_start(text)


def _is_title_or_time(line: str) -> bool:
    return line.endswith(grammar.TITLE_END) or line.startswith(grammar.GENERATED.rstrip())


def _is_rule(line: str, mark: str) -> bool:
    return bool(line) and not line.strip(mark)


def _is_start(line: str) -> bool:
    """Whether a line has the form of a sentence that can stand first in a section, whatever its labels."""
    return (
        (line.startswith("Every ") and _EVERY_MARK in line)
        or line.startswith(_BEFORE_MARK)
        or (", it " in line and _CONDITIONAL_MARK.search(line) is not None)
    )


def _may_be_heading(line: str) -> bool:
    return " to " in line and line[0] != " " and not _is_start(line)
