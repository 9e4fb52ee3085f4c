"""How Sphinx builds the documentation: `make docs`, into `build/docs`. Nothing in the pages comes from the network."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

project = "MetaGen"
author = "the authors of MetaGen"

extensions = ["myst_parser", "building"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["building"]
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "MetaGen"
html_favicon = "../resources/icons/metagen-32.png"
html_static_path = ["style"]
html_css_files = ["metagen.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_show_search_summary = False
"""A page that was opened from the disk may read no other."""
pygments_style = "friendly"
pygments_dark_style = "monokai"
