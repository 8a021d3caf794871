"""Files of the command: read within the limit, written whole; `-` is standard input and output."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from labeling.errors import ErrorCode, LimitError
from labeling.limits import DEFAULT_LIMITS

STDIN = "-"


def read_file(name: str) -> bytes:
    """The bytes of a file or of standard input, never more than the limit."""
    bound = DEFAULT_LIMITS.file_bytes
    if name == STDIN:
        data = sys.stdin.buffer.read(bound + 1)
    else:
        with Path(name).open("rb") as file:
            data = file.read(bound + 1)
    if len(data) > bound:
        raise LimitError(
            ErrorCode.LIMIT_BYTES, f"the file is larger than {bound} bytes", limit=bound, what="the size in bytes"
        )
    return data


def write_file(name: str, data: bytes) -> None:
    """Write all or nothing: a reader never sees half a file. A link is followed, a device or pipe is written to."""
    if name == STDIN:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    target = Path(os.path.realpath(name))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}."[:64], delete=False) as file:
        try:
            file.write(data)
            file.close()
            Path(file.name).chmod(mode)
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
