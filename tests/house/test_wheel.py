"""What users install holds everything that the code reads: models, migrations, tables, templates, types."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import ROOT
from tests.house.tree import SOURCE, files


def test_the_wheel_carries_every_file_of_the_package(tmp_path: Path) -> None:
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("samtale-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        carried = {name for name in opened.namelist() if name.startswith("samtale/")}
        metadata = next(name for name in opened.namelist() if name.endswith("entry_points.txt"))
        assert "samtale = samtale.__main__:main" in opened.read(metadata).decode()
    assert carried == {path.relative_to(SOURCE.parent).as_posix() for path in files() if path.is_relative_to(SOURCE)}
