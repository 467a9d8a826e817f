"""How Sphinx makes pages of the documentation: `make docs`."""

from samtale import __version__ as release  # noqa: F401 (Sphinx reads it)

project = "Samtale"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Samtale"
