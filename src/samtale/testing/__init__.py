"""For tests of Samtale and of connectors written elsewhere: clocks to move, a system to edit as a person would, the exam."""
