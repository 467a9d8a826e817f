"""``python -m bench``: measure on both engines, each beside its floor in the same run, and write ``build/bench.json``.

``--records N`` for a smaller world than 200,000 records a system; PostgreSQL gets a tenth of it, so that this takes minutes.
Ratios are to be trusted more than absolute figures.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.world import PAGE_SIZE, write_pages

RESULT = Path("build/bench.json")
TARGETS = {
    "sqlite": {
        "initial_cpu_records_per_s": 25_000,
        "initial_ratio_to_insert_floor": 0.4,
        "rescan_cpu_records_per_s": 350_000,
        "changes_cpu_records_per_s": 8_000,
        "event_cpu_p50_ms": -2.0,  # without the wait for the disk, which event_p50_ms includes
        "peak_rss_mb": -300,
        "store_bytes_per_record": -800,
    },
    "postgres": {
        "initial_cpu_records_per_s": 12_000,
        "rescan_cpu_records_per_s": 350_000,
        "changes_cpu_records_per_s": 3_500,
        "event_cpu_p50_ms": -5.0,
    },
}


def write_world(folder: Path, count: int) -> None:
    """The pages of both systems."""
    for number, name in enumerate(("one", "two")):
        write_pages(folder / name, number, count)


def measured(action: str, url: str, folder: Path, count: int) -> dict[str, Any]:
    """One run in a process of its own, so that memory is its own."""
    command = [sys.executable, "-m", "bench.run", action, url, str(folder), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench: {action} failed\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def on_sqlite(folder: Path, count: int) -> dict[str, Any]:
    path = folder / "store.db"
    results = measured("floors", f"sqlite:///{folder / 'floor.db'}", folder, count)
    results |= measured("main", f"sqlite:///{path}", folder, count)
    size = sum(p.stat().st_size for p in folder.glob("store.db*"))
    return results | {"store_bytes_per_record": size / (2 * count)}


def on_postgres(folder: Path, count: int) -> dict[str, Any]:
    import psycopg

    from tests import postgres

    with postgres.server() as server:
        with postgres.database(server) as place:
            url = place.render_as_string(hide_password=False)
            results = measured("floors", url, folder, count)
        with postgres.database(server) as place:
            url = place.render_as_string(hide_password=False)
            results |= measured("main", url, folder, count)
            with psycopg.connect(**postgres.connection(place)) as connection:
                row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
                assert row is not None
                results["store_bytes_per_record"] = row[0] / (2 * count)
    return results


def report(engine: str, results: dict[str, Any]) -> None:
    """A line a figure, its target beside it; a negative target is an upper bound."""
    print(f"\n{engine}")
    for name, value in results.items():
        if not isinstance(value, int | float):
            continue
        target = TARGETS[engine].get(name)
        met = "" if target is None else "met" if (value >= target if target > 0 else value <= -target) else "MISSED"
        print(f"  {name:36} {value:12,.2f}" + (f"   target {abs(target):,} {met}" if target is not None else ""))


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--records", type=int, default=200_000, help="records in each of the two systems")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), action="append")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="samtale-bench-"))
    try:
        write_world(folder, options.records)
        results: dict[str, Any] = {}
        for engine in options.engine or ("sqlite", "postgres"):
            if engine == "sqlite":
                found = on_sqlite(folder, options.records)
            else:
                count = max(PAGE_SIZE, options.records // 10)
                write_world(folder / "part", count)
                found = on_postgres(folder / "part", count)
            found["initial_ratio_to_insert_floor"] = (
                found["initial_cpu_records_per_s"] / found["floor_insert_cpu_records_per_s"]
            )
            results[engine] = found
            report(engine, found)
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(results, indent=2) + "\n")
        print(f"\nwritten to {RESULT}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
