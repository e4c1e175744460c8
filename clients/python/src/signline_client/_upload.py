"""Sends a sheet, and tells how far it is."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

Sheet = bytes | os.PathLike[str] | BinaryIO
"""A sheet: its bytes, the path of a file (a `pathlib.Path`), or a file that is open for reading bytes."""

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_PIECE = 64 * 1024
"""How much is sent before it is told again how far it is."""


@dataclass(frozen=True)
class Progress:
    """How far an upload is."""

    sent: int
    """How many bytes are on their way."""
    total: int | None
    """How many there are; none for what can't be sought."""


OnProgress = Callable[[Progress], None]


class SheetStream(httpx.SyncByteStream):
    """The body of an upload. What can be sought can be sent again, from where it stood."""

    def __init__(self, file: BinaryIO, on_progress: OnProgress | None) -> None:
        self._file = file
        self._on_progress = on_progress
        self.replayable = file.seekable()
        self._start = file.tell() if self.replayable else 0
        self.total = self._length() if self.replayable else None

    def _length(self) -> int:
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(self._start)
        return end - self._start

    def __iter__(self) -> Iterator[bytes]:
        if self.replayable:
            self._file.seek(self._start)
        sent = 0
        while piece := self._file.read(_PIECE):
            sent += len(piece)
            if self._on_progress:
                self._on_progress(Progress(sent, self.total))
            yield piece


@contextmanager
def opened(sheet: Sheet) -> Iterator[BinaryIO]:
    """A sheet as an open file, which is closed again if it was opened here."""
    if isinstance(sheet, bytes):
        yield io.BytesIO(sheet)
    elif isinstance(sheet, os.PathLike):
        with Path(sheet).open("rb") as file:
            yield file
    else:
        yield sheet


def media_type(sheet: Sheet) -> str:
    """What a sheet is sent as. The service looks into it all the same."""
    name = os.fspath(sheet) if isinstance(sheet, os.PathLike) else getattr(sheet, "name", "")
    return WORKBOOK if str(name).lower().endswith((".xlsx", ".xlsm")) else "text/csv"
