"""Memory: how often Python looks for garbage in cycles.

Pages of records are many small values that live for a moment and refer to nothing in a circle; looking through them again and again
took a third of all time. Memory that is not part of a circle is given back at once, as ever.
"""

from __future__ import annotations

import gc

#: New containers between two looks at the youngest ones; Python's own choice is 700 (2,000 from 3.13 on).
CONTAINERS = 200_000


def collect_rarely() -> None:
    """Set the collector of this process for bulk work. What the program is made of is never looked at again."""
    if gc.get_threshold()[0] == CONTAINERS:
        return
    gc.collect()
    gc.freeze()
    gc.set_threshold(CONTAINERS, 20, 50)
