"""Models and systems for the tests of documents: the packaged models, with model files of a test's own over them."""

from collections.abc import Sequence
from pathlib import Path

from samtale.config.load import load_model
from samtale.config.project import Project
from samtale.config.sources import standard_texts
from samtale.core.model import Model
from samtale.core.problems import Problem
from samtale.documents.files import read_file
from samtale.documents.grammar import Document
from samtale.documents.importing import Imported, import_documents
from samtale.documents.naming import System
from tests.config.test_standard import ABOUTS, CONNECTORS, project

SYSTEMS = tuple(System(name=name, about=ABOUTS[name]) for name in CONNECTORS)


def named(name: str) -> System:
    """The system of a connector, called like it."""
    return next(system for system in SYSTEMS if system.name == name)


def loaded(folder: Path, *systems: str, **models: str) -> tuple[Project, Model, list[Problem]]:
    """A project of these systems (all five without any) with its model."""
    made, abouts = project(folder, *(systems or CONNECTORS), **models)
    return made, *load_model(made, abouts)


def imported(*documents: Document, **more: object) -> Imported:
    """What an import makes of documents, where all five connectors are known."""
    return import_documents(documents, SYSTEMS, standard_texts().values(), **more)  # type: ignore[arg-type]


def seeds(shared: Path, *numbers: int) -> list[Document]:
    """The documents of the shared folder, by number."""
    files = sorted((shared / "seeds").glob("*.txt"))
    return [read_file(files[number]) for number in (numbers or range(5))]


def codes(found: Sequence[object]) -> list[str]:
    """The codes of decisions or notes."""
    return [decision.code for decision in found]  # type: ignore[attr-defined]
