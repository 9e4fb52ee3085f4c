"""The `metagen` command of the frozen program."""

import sys

from metagen_gui.cli import main
from metagen_gui.engine.exports import read_back

if __name__ == "__main__":
    if sys.argv[1:2] == [read_back.READ_BACK]:  # an export is read again in a process of its own
        sys.exit(read_back.main(sys.argv[2:]))
    main()
