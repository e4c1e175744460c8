"""What the calls take and answer."""

from ._generated import models as _models
from ._generated.models import *  # noqa: F403 - whatever the document has
from ._generated.types import UNSET, Unset

__all__ = ["UNSET", "Unset"]
__all__ += _models.__all__
