"""`python -m greenroom_cli`: the command, as `./greenroom` starts it."""

from greenroom_cli.commands.command_line import main

main()
