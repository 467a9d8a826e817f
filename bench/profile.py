"""``python -m bench.profile [RECORDS]``: where the CPU time of an initial load goes, by parts of the product.

Samples the main thread every two milliseconds of CPU time, which distorts far less than a tracing profiler does.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TypeVar

from bench.run import setting_for
from bench.world import COLLECTION, write_pages
from samtale.engine.apply import apply
from samtale.engine.cycle import propose
from samtale.engine.observe import observe
from samtale.store import open_store
from samtale.wiring.memory import collect_rarely

Result = TypeVar("Result")

#: Ends of file names, and the part that they are; the innermost frame that is in one of them counts.
PARTS = (
    ("store/bulk.py", "SQLite"),
    ("sqlalchemy/engine/default.py", "SQLite"),
    ("engine/spill.py", "the plan in its file"),
    ("core/mapping.py", "views and kinds"),
    ("core/link.py", "match values and linking"),
    ("engine/gather.py", "gather"),
    ("engine/decode.py", "decode and digest"),
    ("engine/observe.py", "observe"),
    ("engine/index.py", "observe"),
    ("engine/accept.py", "accept"),
    ("engine/apply.py", "accept"),
    ("bench/world.py", "the benchmark's connector"),
    ("samtale/core/kinds/", "views and kinds"),
    ("samtale/core/", "decide"),
    ("samtale/store/", "rows and JSON"),
    ("samtale/engine/", "planning"),
    ("sqlalchemy/", "transactions"),
)


def part_of(frame: FrameType | None) -> str:
    """The part that a moment belongs to."""
    while frame is not None:
        file = frame.f_code.co_filename
        for end, part in PARTS:
            if end in file:
                return part
        frame = frame.f_back
    return "other"


def profiled(name: str, records: int, work: Callable[[], Result]) -> Result:
    """Run the work, and print microseconds a record by part."""
    found: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: found.update([part_of(frame)]))
    signal.setitimer(signal.ITIMER_PROF, 0.002, 0.002)
    started = time.process_time()
    result = work()
    used = (time.process_time() - started) * 1e6 / records
    signal.setitimer(signal.ITIMER_PROF, 0)
    print(f"{name}: {used:.1f} microseconds a record")
    for part, count in found.most_common():
        print(f"  {part:28} {used * count / found.total():6.1f}")
    return result


def main(count: int) -> None:
    """An initial load in its three steps, then the second look at everything."""
    collect_rarely()
    with tempfile.TemporaryDirectory(prefix="samtale-bench-") as name:
        folder = Path(name)
        for number, system in enumerate(("one", "two")):
            write_pages(folder / system, number, count)
        store = open_store(f"sqlite:///{folder / 'store.db'}", "bench")
        setting, _ = setting_for(store, folder, create=True)

        def look() -> None:
            for system in ("one", "two"):  # one after the other, in the thread that is sampled
                observe(setting, full=True, only=[(system, COLLECTION)])

        profiled("observe", 2 * count, look)
        proposal = profiled("plan", 2 * count, lambda: propose(setting, look=False))
        profiled("accept", 2 * count, lambda: apply(setting, proposal))
        proposal.close()
        profiled("look again", 2 * count, look)
        store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
