"""What the generated calls answer, without what was raised already."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import ParamSpec, Protocol, TypeVar

from ._generated.models import Problem
from ._generated.types import Unset

P = ParamSpec("P")
T = TypeVar("T")
Item_co = TypeVar("Item_co", covariant=True)


class Page(Protocol[Item_co]):
    """A page of any list."""

    @property
    def items(self) -> Sequence[Item_co]:
        """What is on it."""

    @property
    def next_cursor(self) -> str | Unset | None:
        """What leads to the next page."""


def answer(given: T | Problem | None) -> T:
    """What a call of `calls` answered: a problem it is never, since that was raised as a `ProblemError`."""
    if given is None or isinstance(given, Problem):
        raise TypeError("the call has no answer of its own: use its `sync_detailed`")
    return given


def pages(call: Callable[P, Page[T] | Problem | None], *args: P.args, **kwargs: P.kwargs) -> Iterator[Sequence[T]]:
    """The pages of a list: `pages(calls.list_mappings.sync, "abccompany", client=signline.client, limit=1000)`."""
    while True:
        page = answer(call(*args, **kwargs))
        yield page.items
        if not page.next_cursor:
            return
        kwargs["cursor"] = page.next_cursor


def each(call: Callable[P, Page[T] | Problem | None], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    """Everything of a list, page by page as it is needed."""
    for page in pages(call, *args, **kwargs):
        yield from page


async def async_pages(
    call: Callable[P, Awaitable[Page[T] | Problem | None]], *args: P.args, **kwargs: P.kwargs
) -> AsyncIterator[Sequence[T]]:
    """The same of a call's `asyncio`."""
    while True:
        page = answer(await call(*args, **kwargs))
        yield page.items
        if not page.next_cursor:
            return
        kwargs["cursor"] = page.next_cursor


async def async_each(
    call: Callable[P, Awaitable[Page[T] | Problem | None]], *args: P.args, **kwargs: P.kwargs
) -> AsyncIterator[T]:
    """The same of a call's `asyncio`."""
    async for page in async_pages(call, *args, **kwargs):
        for item in page:
            yield item
