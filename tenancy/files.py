"""Files are written whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from tenancy.errors import ConfigError


def write_text(path: Path, text: str) -> None:
    """Replace the file *path* by *text* in one step; folders on the way are made."""
    write_with(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let *write* fill a temporary file beside *path* and put it there in one step.

    An interrupted command leaves the old file or the new one. ConfigError where the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise ConfigError.at(str(path), f"cannot be written: {error.strerror}") from error
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise ConfigError.at(str(path), f"cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
