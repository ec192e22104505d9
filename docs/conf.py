"""How Sphinx builds the site of the documentation: ``make docs``.

Its source folder is that of the repository, so that the links of a page are the same on the site and in the repository.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

project = "mockserver"
copyright = "The mockserver authors"
version = release = version_of("kling-mockserver")
language = "en"
smartquotes = False  # --option has two hyphens

extensions = ["myst_parser", "docs.building"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "schemas/README.md", "contract_tests/README.md"]
exclude_patterns = [
    ".*",
    "artifacts",
    "benchmarks",
    "fixtures",
    "mockserver",
    "tests",
]  # or Sphinx would walk through them
myst_heading_anchors = 4
templates_path = ["building/templates"]

html_theme = "pydata_sphinx_theme"
html_static_path = ["building/static"]
html_css_files = ["tables.css"]
html_title = f"mockserver {release}"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "primary_sidebar_end": [],
    "footer_start": ["copyright"],
    "footer_end": [],
}
