"""Dataflow documents: what flows from one system to another, on paper that a customer can sign.

grammar.py   the words: values of a document, its fixed sentences
reader.py    text to values, with a problem for every line that is not understood (body.py: one section)
files.py     documents from disk, limits, whole folders
writer.py    values to reStructuredText (introduction.py: its opening), page.py to HTML, markdown.py to Markdown
show.py      values to JSON
naming.py    which system, collection and property a printed name means (inferring.py: systems without a name)
from_model.py   a model to the document of an ordered pair (states.py: the fourth column)
verify.py    a document held against a model
importing/   documents to model files
"""
