"""The thin doing: observe, plan page by page, apply; it knows the ports and the core, and no concrete class."""
