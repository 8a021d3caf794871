"""ExifTool kept open: one process, many files, as its fastest users run it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.exiftool import CONFIG, OpenExifTool

RECORD = '{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"x"}'


class StayOpen:
    """The tool and a folder for its files, as a context manager."""

    def __enter__(self) -> StayOpen:
        self._folder = tempfile.TemporaryDirectory(prefix="mingbiao-exiftool-")
        config = Path(self._folder.name) / "tc260.config"
        config.write_text(CONFIG)
        self._tool = OpenExifTool(str(config))
        return self

    def __exit__(self, *_: object) -> None:
        self._tool.close()
        self._folder.cleanup()

    def write_record(self, data: bytes, extension: str) -> None:
        """Write the record into a file of these bytes (on disk, as ExifTool works)."""
        source = Path(self._folder.name) / f"source.{extension}"
        target = Path(self._folder.name) / f"target.{extension}"
        if not source.exists() or source.stat().st_size != len(data):
            source.write_bytes(data)
        target.unlink(missing_ok=True)
        said = self._tool.run(f"-XMP-TC260:AIGC={RECORD}", "-o", str(target), str(source))
        if not target.exists():
            raise RuntimeError(said)
