"""``python -m tests.simulation``: see ``running``."""

import sys

from tests.simulation.running import main

sys.exit(main(sys.argv[1:]))
