"""`python -m metagen_gui.cli`: the command, as torchrun starts it."""

from metagen_gui.cli.command import main

if __name__ == "__main__":
    main()
