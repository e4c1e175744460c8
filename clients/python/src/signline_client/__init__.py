"""Calls Signline, which resolves a Microsoft sign-in to a phone number.

`Signline` is where to start; `calls` has every call of the API, `models` what they take and answer.
"""

from . import calls, models
from ._answers import answer, async_each, async_pages, each, pages
from ._client import Signline
from ._problem import ProblemError
from ._retry import Retry
from ._upload import Progress, Sheet

__all__ = [
    "ProblemError",
    "Progress",
    "Retry",
    "Sheet",
    "Signline",
    "answer",
    "async_each",
    "async_pages",
    "calls",
    "each",
    "models",
    "pages",
]
