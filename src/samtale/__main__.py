"""The door from the shell: `python -m samtale` and the installed command `samtale`.

It knows only where the command line begins. The import is inside the function so that a command which is
interrupted while modules load still ends without a traceback.
"""

import sys


def main() -> int:
    """Run the command line on `sys.argv` and return the exit code: 0 done, 1 held or found, 2 failed, 130 on Ctrl-C."""
    try:
        from samtale.cli.main import main as command_line

        return command_line()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
