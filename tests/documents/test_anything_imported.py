"""Whatever documents say, importing them ends in model files that are YAML, and verifying them in verdicts."""

from collections.abc import Callable
from functools import cache
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from samtale.config.load import load_model
from samtale.core.model import Model
from samtale.core.problems import Problem, SamtaleError
from samtale.documents.from_model import build
from samtale.documents.grammar import Document, Row
from samtale.documents.verify import verify
from tests.config.test_standard import CONNECTORS, project
from tests.documents.projects import SYSTEMS, imported, loaded, named
from tests.documents.strategies import documents


@cache
def packaged() -> Model:
    """The packaged models in a project of all systems."""
    with TemporaryDirectory() as folder:
        return loaded(Path(folder))[1]


@given(st.lists(documents(), max_size=3))
def test_any_documents_become_yaml(read: list[Document]) -> None:
    for name, text in imported(*read).files.items():
        data = YAML(typ="safe").load(text)
        assert f"{data['entity']}.yaml" == name
        assert all("." in member for member in data["members"])
    for document in read:
        found = verify(document, packaged(), SYSTEMS)
        assert [len(s.rows) for s in found.sections] == [len(s.rows) for s in document.sections]


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_known_systems_in_disorder_end_in_a_model_or_in_advice(data: st.DataObject) -> None:
    """Rows of real properties, shuffled between sections: what is written is read, or refused with a reason."""
    pairs = data.draw(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=3))
    whole = [build(packaged(), named(a), named(b)) for a, b in pairs]
    rows = [row for document in whole for section in document.sections for row in section.rows]
    found = imported(*(_disordered(document, rows, data) for document in whole))
    files = {name.removesuffix(".yaml"): text for name, text in found.files.items()}
    with TemporaryDirectory() as folder:
        made, abouts = project(Path(folder), *CONNECTORS, **files)
        refused = _problems(lambda: load_model(made, abouts))
    assert {problem.code for problem in refused if not problem.why or not problem.file} == set()
    assert {problem.code: problem.why for problem in refused if problem.code not in EXPLAINED} == {}


def _problems(work: Callable[[], object]) -> tuple[Problem, ...]:
    try:
        work()
    except SamtaleError as error:
        return error.problems
    return ()


PAIRS = list(permutations(CONNECTORS, 2))
#: What rows that were never meant may come to: refused by the loader with file, line and remedy, beside its warnings.
EXPLAINED = frozenset({"one_way", "left_out", "single_member", "former_name", "match_unmapped"})


def _disordered(document: Document, rows: list[Row], data: st.DataObject) -> Document:
    sections = []
    for section in document.sections:
        mine = list(section.rows)
        chosen: tuple[bool, int, int] = data.draw(st.tuples(st.booleans(), st.integers(0, 999), st.integers(0, 999)))
        if mine and chosen[0]:
            at, other = chosen[1] % len(mine), rows[chosen[2] % len(rows)]
            path = (other.source, other.target)[chosen[1] % 2]
            mine[at] = msgspec.structs.replace(mine[at], target=path)
        sections.append(msgspec.structs.replace(section, rows=tuple(mine)))
    return msgspec.structs.replace(document, sections=tuple(sections))
