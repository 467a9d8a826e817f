"""Everything that a person can ask of a project. Command line and console call only these."""

from __future__ import annotations

from samtale.engine.answering import (
    answer_first_link,
    believe,
    create_again,
    distinct,
    link,
    linking,
    nobody,
    resolve,
    settle_unknown,
    unlink,
)
from samtale.engine.asking import Explanation, Status, explain, history, review, status
from samtale.engine.cycle import Approval, Result, approve, first_run, propose, sync
from samtale.engine.proposal import Proposal, held_json, write_json

__all__ = [
    "Approval",
    "Explanation",
    "Proposal",
    "Result",
    "Status",
    "answer_first_link",
    "approve",
    "believe",
    "create_again",
    "distinct",
    "explain",
    "first_run",
    "held_json",
    "history",
    "link",
    "linking",
    "nobody",
    "propose",
    "resolve",
    "review",
    "settle_unknown",
    "status",
    "sync",
    "unlink",
    "write_json",
]
