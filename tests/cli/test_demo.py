"""The demo tells a true story, from nothing, and what it says to try next works."""

import json
import shlex
import subprocess
import time
from pathlib import Path

from tests.cli.conftest import Call, command, environment, validator


def test_the_demo_ends_with_nothing_to_write(tmp_path: Path) -> None:
    began = time.monotonic()
    done = subprocess.run(
        command("demo"), cwd=tmp_path, capture_output=True, text=True, check=False, env=environment(), timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert time.monotonic() - began < 60
    lines = done.stdout.splitlines()
    assert lines[-1].endswith("nothing to write")
    assert "--speed 20" in done.stdout
    after = lines[lines.index("── Try next") + 1 :]
    commands = [line.strip() for line in after if line.startswith("    ")]
    assert len(commands) == 3
    for line in commands[:2]:
        words = shlex.split(line)
        asked = subprocess.run(command(*words[words.index(next(w for w in words if w in ("history", "review"))) :]), cwd=tmp_path,
                               capture_output=True, text=True, check=False, env=environment(), timeout=60)  # fmt: skip
        assert asked.returncode in (0, 1), asked.stderr
        assert asked.stdout
    again = subprocess.run(command("demo", "--json", "--seed", "2"), cwd=tmp_path, capture_output=True, text=True, check=False,
                           env=environment(), timeout=120)  # fmt: skip
    assert again.returncode == 0, again.stdout + again.stderr
    value = json.loads(again.stdout)
    validator("demo").validate(value)
    assert value["last"] == {**value["last"], "done": 0, "quiet": True, "write_requests": 0}
    assert {m["reason"].split(";")[0] for m in value["moved"]} == {"edited", "newest", "cleared"}
    assert value["first"]["done"] > 100


def test_the_demo_leaves_what_it_did_not_make(tmp_path: Path, call: Call) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    answer = call("demo", "--dir", tmp_path / "mine", "--json")
    assert answer.exit == 2
    assert answer.codes == ["folder_in_use"]
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep me"
