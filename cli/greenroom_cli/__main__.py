"""`python -m greenroom_cli`: the command, as `./greenroom` starts it."""

from greenroom_cli.commands.app import main

main()
