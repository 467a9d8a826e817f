"""Benchmarks: measurements of the product's own engine and store. Run by ``make bench``; not part of the package."""
