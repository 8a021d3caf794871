"""`verify`: what labels files carry, what they are worth, and what a platform has to do."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from labeling._files import STDIN, read_file, write_file
from labeling.commands.terminal import EXIT_ERROR, fail, os_error, say, say_json, with_progress
from labeling.errors import LabelingError, LimitError
from labeling.model import IMAGE_FORMATS, TEXT_FORMATS, Format
from labeling.naming import promised_format
from labeling.report import Answer, Certificate, CredentialPresence, Integrity, Report, Verdict, VisibleAnswer

if TYPE_CHECKING:
    from labeling.verification.document import ContentId

_EXIT_CODES = {
    Verdict.CONFORMANT: 0,
    Verdict.NONCONFORMANT: 1,
    Verdict.NOT_FOUND: 2,
    Verdict.INCONCLUSIVE: 3,
}
#: With several files the command exits with the code that stands first here.
_GRAVITY = (EXIT_ERROR, 3, 1, 2, 0)
#: Conditions beside the verdicts that `--fail-on` knows; they exit with 1.
_CONDITIONS: dict[str, Callable[[Report], bool]] = {
    "visible": lambda report: (
        report.format in TEXT_FORMATS | IMAGE_FORMATS and report.visible.answer is not VisibleAnswer.CONFORMING
    ),
    "integrity": lambda report: report.answers.integrity is Integrity.BROKEN,
    "credential": lambda report: (
        Answer.NO in (report.credential.readable, report.credential.hash_intact, report.credential.signature_valid)
    ),
    "untrusted": lambda report: (
        report.credential.presence is not CredentialPresence.ABSENT
        and report.credential.certificate is not Certificate.TRUSTED
    ),
}
_FAIL_ON = (*(verdict.value for verdict in Verdict), *_CONDITIONS)

_FILE = click.Path(exists=True, dir_okay=False)


@dataclass(frozen=True, slots=True)
class _Job:
    """Everything but the file."""

    call: Callable[[bytes | BinaryIO, Format | None], Report]
    format: Format | None
    as_json: bool
    html: str | None
    language: str
    signer: Any
    fail_on: tuple[str, ...]


@click.command("verify")
@click.argument("files", metavar="FILE|FOLDER...", nargs=-1, required=True)
@click.option("--format", "format_name", type=click.Choice(sorted(TEXT_FORMATS)), help="What kind of text it is.")
@click.option("--declared-ai", is_flag=True, help="The user who published it declared it (article 6).")
@click.option("--visible", is_flag=True, help="Look for the visible label on pictures (extra `ocr`).")
@click.option("--trust", type=_FILE, help="PEM certificates whose C2PA signatures are trusted.")
@click.option("--trust-allowed", type=_FILE, help="PEM end-entity certificates that are trusted by themselves.")
@click.option("--record-keys", type=_FILE, help="JSON list of the keys that are pinned for providers.")
@click.option("--fail-on", multiple=True, type=click.Choice(_FAIL_ON), help="Exit 0 unless one of these holds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
@click.option("--html", help="Write the report as a page; for one file.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", help="Language of the page.")
@click.option("--report-key", type=_FILE, help="PEM private key, P-256 or Ed25519, that signs what --json prints.")
def verify_command(files: tuple[str, ...], **options: Any) -> None:
    """Say what labels files carry, whether they conform, and what a platform has to do.

    Folders are searched for files. Exit code: 0 conformant, 1 nonconformant, 2 not found, 3 inconclusive, 10 error; the
    gravest of several. With --fail-on: 0 unless something that is named there holds.
    """
    try:
        job = _job(options)
    except LabelingError as error:
        fail(error)
    names = tuple(_expanded(files))
    if not names:
        raise click.UsageError("there are no files in these folders")
    if job.html and len(names) > 1:
        raise click.UsageError("--html writes the page of one file")
    many = len(names) > 1
    results = [_verify_file(name, job) for name in with_progress(names, many)]
    if many and not job.as_json:
        _say_summary([report for _, report in results])
    codes = {code for code, _ in results}
    raise click.exceptions.Exit(next(code for code in _GRAVITY if code in codes))


def _job(options: dict[str, Any]) -> _Job:
    from labeling.trust_files import load_trust
    from labeling.verification import verify
    from labeling.verification.signed_report import report_signer

    if options["report_key"] and not options["as_json"]:
        raise click.UsageError("--report-key signs what --json prints")
    anchors, allowed, keys = (
        Path(options[name]) if options[name] else None for name in ("trust", "trust_allowed", "record_keys")
    )
    trust = load_trust(anchors, allowed, keys)
    recogniser = _recogniser() if options["visible"] else None

    def call(data: bytes | BinaryIO, fmt: Format | None) -> Report:
        return verify(data, format=fmt, trust=trust, declared_ai=options["declared_ai"], recogniser=recogniser)

    return _Job(
        call,
        Format(options["format_name"]) if options["format_name"] else None,
        options["as_json"],
        options["html"],
        options["language"],
        report_signer(Path(options["report_key"]).read_bytes()) if options["report_key"] else None,
        options["fail_on"],
    )


def _recogniser() -> Any:
    from labeling.visible.recognition import LabelRecogniser

    return LabelRecogniser()


def _expanded(names: tuple[str, ...]) -> Iterator[str]:
    """The files that are meant, folders replaced by what lies in them; hidden files and links are left out there."""
    for name in names:
        if name == STDIN or not Path(name).is_dir():
            yield name
            continue
        for folder, folders, files in os.walk(name):
            folders[:] = sorted(inner for inner in folders if not inner.startswith("."))
            paths = (Path(folder) / file for file in sorted(files) if not file.startswith("."))
            yield from (str(path) for path in paths if path.is_file() and not path.is_symlink())


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """A file as a stream that can be searched; standard input is read whole, within the limit."""
    if name == STDIN:
        yield BytesIO(read_file(name))
        return
    with Path(name).open("rb") as stream:
        if stream.seekable():
            yield stream
        else:
            yield BytesIO(read_file(name))


def _verify_file(name: str, job: _Job) -> tuple[int, Report | None]:
    from labeling.verification import inconclusive
    from labeling.verification.document import content_id

    try:
        with _opened(name) as stream:
            report = job.call(stream, job.format or promised_format(name))
            content = content_id(stream) if job.as_json or job.html else None
    except LimitError as error:
        report, content = inconclusive(error), None
    except OSError as error:
        if job.as_json:
            say_json({"file": name, "error": os_error(error)})
        say(f"{name}: {error.strerror or error}", err=True)
        return EXIT_ERROR, None
    _say_file(name, report, content, job)
    return _exit_code(report, job.fail_on), report


def _exit_code(report: Report, fail_on: tuple[str, ...]) -> int:
    code = _EXIT_CODES[report.verdict]
    if not fail_on:
        return code
    if report.verdict in fail_on:
        return code or 1
    return int(any(_CONDITIONS[name](report) for name in fail_on if name in _CONDITIONS))


def _say_file(name: str, report: Report, content: ContentId | None, job: _Job) -> None:
    """One file's report as asked for."""
    if job.as_json or job.html:
        _say_document(name, report, content, job)
    if not job.as_json and job.html != STDIN:
        _say_report(name, report)


def _say_document(name: str, report: Report, content: ContentId | None, job: _Job) -> None:
    """As JSON, as a page; nothing is signed that is about bytes which were not all read."""
    from labeling.verification.document import document
    from labeling.verification.page import Language, render_page

    values = document(report, content)
    if job.html:
        shown = os.fsencode(name).decode("utf-8", "replace")
        write_file(job.html, render_page(values, Language(job.language), shown).encode())
    if job.as_json and job.signer is not None and content is not None:
        say_json({"file": name, **job.signer.sign(values, datetime.now(UTC))})
    elif job.as_json:
        say_json({"file": name, **values})


def _say_report(name: str, report: Report) -> None:
    say(f"{name}: {report.verdict} ({report.format or 'unknown format'}, {report.rule_set})")
    say(f"  {report.summary.en}")
    for site in report.sites:
        producer = site.record.content_producer if site.record else "unreadable"
        doubt = ", which its signature does not bear out" if report.answers.integrity is Integrity.BROKEN else ""
        say(f"  record in {site.carrier} at byte {site.offset} ({site.place}): producer {producer}{doubt}")
    for found in report.visible.in_text:
        say(f"  visible label {found.words!r} at {found.place}")
    for seen in report.visible.in_picture:
        say(f"  visible label {seen.words!r} {seen.place or 'inside'}, {seen.ink_ratio:.1%} of the shortest side")
    for trace in (trace for trace in report.traces if trace.says_ai):
        say(f"  trace of generation: {trace.kind} in {trace.place} {trace.generator}".rstrip())
    for check in report.checks:
        if check.outcome != "pass":
            say(f"  {check.outcome}: {check.detail}" + (f" [{check.basis}]" if check.basis else ""))
    if report.article6.notice is not None:
        notice = report.article6.notice
        say(f"  article 6: {report.article6.kind}, show {notice.zh!r} ({notice.en})")


def _say_summary(reports: list[Report | None]) -> None:
    """How many files have which verdict and which class of article 6."""
    verdicts = Counter(report.verdict.value if report else "error" for report in reports)
    classes = Counter(report.article6.kind.value for report in reports if report)
    say("")
    for title, counts in (("verdict", verdicts), ("article 6", classes)):
        for value, count in sorted(counts.items(), key=lambda pair: -pair[1]):
            say(f"{title:<10} {value:<15} {count:>7}")
    say(f"{'files':<26} {len(reports):>7}")
    sys.stdout.flush()
