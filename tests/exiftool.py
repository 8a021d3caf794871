"""ExifTool as one process that stays open, and the configuration with which it writes the record."""

from __future__ import annotations

import subprocess

CONFIG = """
%Image::ExifTool::UserDefined = (
    'Image::ExifTool::XMP::Main' => {
        TC260 => { SubDirectory => { TagTable => 'Image::ExifTool::UserDefined::TC260' } },
    },
);
%Image::ExifTool::UserDefined::TC260 = (
    GROUPS => { 0 => 'XMP', 1 => 'XMP-TC260', 2 => 'Other' },
    NAMESPACE => { 'TC260' => 'http://www.tc260.org.cn/ns/AIGC/1.0/' },
    WRITABLE => 'string',
    AIGC => { },
);
1;
"""


class OpenExifTool:
    """`exiftool -stay_open`; `config` is a file, or empty for none."""

    def __init__(self, config: str) -> None:
        self._process = subprocess.Popen(
            ["exiftool", "-config", config, "-stay_open", "True", "-@", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *arguments: str) -> str:
        """Execute one command and return what it printed, warnings included."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write("\n".join([*arguments, "-execute\n"]).encode())
        stdin.flush()
        lines = []
        while (line := stdout.readline()) and not line.startswith(b"{ready"):
            lines.append(line)
        return b"".join(lines).decode()

    def close(self) -> None:
        """End the process."""
        self._process.communicate(b"-stay_open\nFalse\n", timeout=20)
