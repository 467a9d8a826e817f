"""The command line: one file for each command, or for a few that belong together.

    main.py     the list of commands, loaded when they are called; exit codes
    frame.py    what every command shares: options, opening the project, the answer as text or as JSON
    screen.py   colors, tables, problems and values on a terminal
    progress.py bars and lines while something goes on
    stopping.py Ctrl-C

A new command is a file with a click command named ``command`` (see ``frame.samtale_command``) and one line in ``main.COMMANDS``.
Commands call ``samtale.engine.use_cases`` and decide nothing.
"""
