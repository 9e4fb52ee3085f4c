"""The `metagen` command of the frozen program."""

from metagen_gui.cli import main

if __name__ == "__main__":
    main()
