"""HTML and Markdown: everything that the document says is there, and nothing in it is taken for markup."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given

from samtale.documents.grammar import Document, Label, Row, Rule, Section
from samtale.documents.introduction import Imprint
from samtale.documents.markdown import to_markdown
from samtale.documents.page import to_html
from samtale.documents.reader import parse
from tests.documents.samples import SAMPLES
from tests.documents.strategies import documents

VOID = {"meta", "br"}
HOSTILE = Document(
    source="<script>",
    target='"><img src=x>',
    generated=None,
    sections=(
        Section(
            source=Label(text="A & <b>B</b>"),
            target=Label(text="C | D"),
            rule=Rule.ALWAYS,
            rows=(Row(source="a|b", target="*c*_<i>", state="reference, see A & <b>B</b> to C | D"),),
        ),
    ),
)


class Page(HTMLParser):
    """Reads a page strictly: every element is closed in its turn, every link inside the page leads somewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []
        assert {link.removeprefix("#") for link in self.links} <= set(self.ids)
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@given(documents())
def test_a_page_holds_every_cell_as_text(document: Document) -> None:
    text = "".join(Page(to_html(document)).texts)
    for section in document.sections:
        for row in section.rows:
            assert row.source in text
            assert row.target in text
            assert row.state in text


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_loads_nothing(name: str) -> None:
    html = to_html(parse(SAMPLES[name]), Imprint(project="acme", owner="Acme AS"))
    assert not re.search(r"(?:https?:)?//|<script|<link|<img|@import|url\(", html)
    assert {"src", "onclick", "style"} & set(Page(html).attributes) == set()
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "@media print" in html
    assert "@media (max-width" in html


def test_a_page_takes_no_name_for_markup() -> None:
    page = Page(to_html(HOSTILE))
    assert "src" not in page.attributes
    assert '<script> to "><img src=x> Dataflow' in page.texts


def test_a_state_links_to_its_section_in_a_page() -> None:
    assert Page(to_html(HOSTILE)).links == ["#section-1", "#section-1"]


def test_markdown() -> None:
    text = to_markdown(parse(SAMPLES["match only"]), Imprint(project="acme"))
    for line in (
        "# Ledger to Rolodex Dataflow",
        "Generated: 2024-02-29 23:59:58",
        "## Ledger Clients to Rolodex Company",
        "| Ledger Clients Property | Rolodex Company Property |",
        "| --- | --- |",
        "| mail | email |",
        "| Ledger Clients Property | Rolodex Company Property | Rolodex Data Type |",
        '| Name | title | "string" |',
    ):
        assert line in text.splitlines()


@given(documents())
def test_markdown_tables_have_one_line_for_a_row(document: Document) -> None:
    lines = [line for line in to_markdown(document).splitlines() if line.startswith("| ")]
    rows = [len(table) + 2 for section in document.sections for table in (section.rows, section.merge) if table]
    assert len(lines) == sum(rows)
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) in (3, 4, 5) for line in lines)


def test_markdown_takes_no_name_for_markup() -> None:
    text = to_markdown(HOSTILE)
    assert "| a\\|b | \\*c\\*\\_\\<i\\> |" in text
    assert "<script>" not in text
