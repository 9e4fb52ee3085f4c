"""Takes README into a wheel, and the documentation where `make docs` has built it, beside the other resources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DocsInWheel(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch calls it before it puts a wheel together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them, but not to an editable installation, which finds them in the checkout."""
        if version != "standard":
            return
        root, place = Path(self.root), "metagen_gui/_resources"
        build_data["force_include"][str(root / "README.md")] = f"{place}/README.md"
        if (root / "build" / "docs" / "index.html").is_file():
            build_data["force_include"][str(root / "build" / "docs")] = f"{place}/docs"
