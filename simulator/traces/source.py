"""The lines of a job history: a file or standard input, plain or compressed."""

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, TextIO

from tenancy.errors import TraceError
from tenancy.files import write_with
from tenancy.manifests import STDIN
from tenancy.terminal import progress

LINES_BETWEEN_REPORTS = 10_000
HEAD = 4096
OPENERS: Mapping[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"BZh": bz2.BZ2File,
}


def name_of(path: str) -> str:
    """Return what messages call the file *path*."""
    return "stdin" if path == STDIN else path


def lines(path: str) -> Iterator[str]:
    r"""Yield the lines of *path* (`-` is standard input), decompressed by what it begins with, as UTF-8.

    Bytes that are no UTF-8 become escapes such as `\xe4`. TraceError where the file is missing, a folder, empty, no
    text, or breaks off.
    """
    number = 0
    name = name_of(path)
    try:
        with _opened(path) as raw, _text(raw, name) as text, progress(f"reading {name}", _size(path)) as report:
            for number, line in enumerate(text, start=1):
                if number % LINES_BETWEEN_REPORTS == 0 and raw.seekable():
                    report(raw.tell())
                yield line
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise TraceError(f"the compressed data breaks off or is damaged ({error})", name, number + 1) from error
    except OSError as error:
        raise TraceError(f"cannot be read: {error.strerror or error}", name) from error
    if number == 0:
        raise TraceError("is empty; a job history has a row for each job", name)


@contextmanager
def _opened(path: str) -> Iterator[io.BufferedReader]:
    if path == STDIN:
        yield io.BufferedReader(sys.stdin.buffer)  # type: ignore[arg-type]
        return
    with Path(path).open("rb") as raw:
        yield raw


def _size(path: str) -> int | None:
    return None if path == STDIN else Path(path).stat().st_size


def _text(raw: io.BufferedReader, name: str) -> io.TextIOWrapper:
    begin = raw.peek(HEAD)[:HEAD]
    content: Any = raw
    for magic, opener in OPENERS.items():
        if begin.startswith(magic):
            content = opener(raw)
            begin = content.peek(HEAD)[:HEAD]
    if b"\0" in begin:
        raise TraceError("is no text; a job history is text, plain or compressed by gzip, xz or bzip2", name, 1)
    return io.TextIOWrapper(content, encoding="utf-8-sig", errors="backslashreplace", newline="")


PACKERS: Mapping[str, Callable[[IO[bytes]], Any]] = {
    ".gz": lambda raw: gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0),
    ".xz": lambda raw: lzma.LZMAFile(raw, "wb"),  # noqa: SIM115 - `save` closes it
    ".bz2": lambda raw: bz2.BZ2File(raw, "wb"),
}


def save(path: str, write: Callable[[TextIO], None]) -> None:
    """Let *write* fill the file *path*, compressed as its suffix says and put in place at once; `-` is standard output.

    Equal text gives equal bytes: no time and no name goes into a compressed file.
    """
    if path == STDIN:
        write(sys.stdout)
        return
    target = Path(path)

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as raw, PACKERS.get(target.suffix, nullcontext)(raw) as packed:
            text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
            write(text)
            text.flush()
            text.detach()

    write_with(target, fill)
