"""Reading what people write: the project file, model files, and references to secrets.

Everything here turns text into the frozen values of ``samtale.core.model`` and ``samtale.config.project``, and tells
all that is wrong with the text at once: file, line, reason, remedy. It must not know connectors or a store; what a
connector can do comes in as ``About``.
"""
