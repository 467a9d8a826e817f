"""Connectors: what speaks to one kind of system each, as ``samtale.ports.connector`` says.

``http`` is the one client for all of them, ``auth`` how they prove who they are, ``registry`` where they are found
by name. Nothing here knows models, entities, the store or another connector.
"""
