"""The window of the frozen program."""

from metagen_gui.__main__ import main

if __name__ == "__main__":
    main()
