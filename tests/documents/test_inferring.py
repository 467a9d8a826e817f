"""Which systems a document is about: named, renamed, unnamed, mixed, or told; never by the file's name."""

from pathlib import Path

import msgspec
import pytest

from samtale.documents.from_model import build
from samtale.documents.grammar import Document
from samtale.documents.inferring import identify
from samtale.documents.reader import parse
from samtale.documents.writer import write
from tests.documents.projects import SYSTEMS, loaded, named, seeds
from tests.documents.samples import SAMPLES


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Document:
    model = loaded(tmp_path_factory.mktemp("project"))[1]
    return build(model, named("powerofficego"), named("zohocrm"))


def renamed(document: Document, old: str, new: str) -> Document:
    return parse(write(document).replace(old, new))


def test_a_system_is_known_by_any_of_its_names(ours: Document) -> None:
    for printed in ("ZohoCRM", "Zoho CRM", "zohocrm", "ZOHO CRM"):
        assert [known.how for known in identify(renamed(ours, "ZohoCRM", printed), SYSTEMS)] == ["named", "named"]


def test_a_renamed_system_is_known_by_its_types_and_properties(ours: Document) -> None:
    _, target = identify(renamed(ours, "ZohoCRM", "Salesdesk"), SYSTEMS)
    assert (target.how, target.name, target.printed) == ("inferred", "zohocrm", "Salesdesk")
    assert "types Account, Contact; properties Account_Name" in target.evidence[0].told


def test_the_name_of_a_file_means_nothing(ours: Document) -> None:
    document = msgspec.structs.replace(renamed(ours, "ZohoCRM", "Salesdesk"), file="ledger-to-zendesk.rst")
    assert identify(document, SYSTEMS)[1].name == "zohocrm"


def test_unnamed_systems_of_old_documents_are_inferred(shared: Path) -> None:
    first, second = seeds(shared, 1, 4)
    for document, name in ((first, "zohocrm"), (second, "zendesk")):
        source, target = identify(document, SYSTEMS)
        assert (source.how, source.name) == ("named", "powerofficego")
        assert (target.how, target.name, target.printed) == ("inferred", name, "")


def test_what_fits_no_system_stays_unknown() -> None:
    source, target = identify(parse(SAMPLES["qualified"]), SYSTEMS)
    assert [(k.how, k.name, k.system) for k in (source, target)] == [
        ("unknown", "ledger", None),
        ("unknown", "rolodex", None),
    ]
    source, _ = identify(parse(SAMPLES["unnamed"]), SYSTEMS)
    assert (source.how, source.name) == ("ambiguous", "")


def test_a_person_has_the_last_word(ours: Document) -> None:
    document = renamed(ours, "ZohoCRM", "Salesdesk")
    assert identify(document, SYSTEMS, {"Salesdesk": "zendesk"})[1].name == "zendesk"
    assert identify(document, SYSTEMS, {"target": "Zoho CRM"})[1].how == "given"
    assert identify(document, SYSTEMS, {"target": "vault"})[1].name == "vault"
    assert identify(ours, SYSTEMS, {"target": "zendesk"})[1].name == "zohocrm"  # its title tells it


def test_two_systems_of_one_product_are_told_apart_by_name(ours: Document) -> None:
    twins = tuple(msgspec.structs.replace(named("zohocrm"), name=n, printed=n) for n in ("north", "south"))
    systems = (named("powerofficego"), *twins)
    assert identify(ours, systems)[1].how == "ambiguous"
    assert identify(renamed(ours, "ZohoCRM", "north"), systems)[1].name == "north"
