"""The commands of the library: label, verify, provider-code. `python -m labeling` runs them without Flask."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

import click

from labeling._files import STDIN, read_file, write_file
from labeling.errors import DeclarationError, ErrorCode, LabelingError, LimitError
from labeling.model import (
    TEXT_FORMATS,
    ContentAction,
    Declaration,
    Format,
    ImageNotice,
    Labeled,
    LabelValue,
    Place,
    RecordForm,
    Report,
    SourceType,
    TextNotice,
    TextPlace,
    Verdict,
    VisibleOptions,
)
from labeling.naming import promised_format

EXIT_ERROR = 10
_EXIT_CODES = {
    Verdict.CONFORMANT: 0,
    Verdict.NONCONFORMANT: 1,
    Verdict.NOT_FOUND: 2,
    Verdict.INCONCLUSIVE: 3,
}
#: With several files the command exits with the code that stands first here.
_GRAVITY = (EXIT_ERROR, 3, 1, 2, 0)


def run(main: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a click entry point so that every error exits with 10: 1 and 2, Python's and click's, are verdicts here."""
    try:
        result = main(*args, **{**kwargs, "standalone_mode": False})
    except click.Abort:
        click.echo("Aborted.", err=True)
        sys.exit(EXIT_ERROR)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_ERROR)
    except BrokenPipeError:
        sys.exit(EXIT_ERROR)
    except OSError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_ERROR)
    except Exception:  # noqa: BLE001  # a fault of ours must not read as a verdict either
        traceback.print_exc()
        sys.exit(EXIT_ERROR)
    # Without its stand-alone mode click hands back the exit code of a command that ended by Exit.
    if isinstance(result, int):
        sys.exit(result)
    return result


@click.group()
def commands() -> None:
    """Label and verify AI-generated content (GB 45438-2025, C2PA)."""


def _choice(kind: type[StrEnum]) -> click.Choice[str]:
    return click.Choice([member.value for member in kind])


_SOURCE_TYPES = {value.rsplit("/", 1)[1]: SourceType(value) for value in SourceType}
_ACTIONS = {action.value.removeprefix("c2pa."): action for action in ContentAction}


def _colour(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, int, int] | None:
    if value is None:
        return None
    digits = value.removeprefix("#")
    try:
        if len(digits) != 6:
            raise ValueError
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no colour; write it as #RRGGBB") from None
    return red, green, blue


@commands.command("label")
@click.argument("inputs", metavar="IN...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, help="File or folder to write to; - for standard output.")
@click.option("--provider", envvar="MINGBIAO_PROVIDER", required=True, help="27-character provider code, or a name.")
@click.option("--produce-id", help="Your own unique number for this content; made if not given.")
@click.option("--label", "label_value", type=_choice(LabelValue), default="1", show_default=True)
@click.option("--words", help="Words of the visible label.")
@click.option("--position", help="Place of the visible label: " + ", ".join([*Place, *TextPlace]) + ".")
@click.option("--ink-ratio", type=float, help="Ink height as a share of the shortest side, at least 0.05.")
@click.option("--ink-colour", callback=_colour, help="#RRGGBB")
@click.option("--plate-colour", callback=_colour, help="#RRGGBB")
@click.option("--plate-opacity", type=float, help="0 (no plate) to 1.")
@click.option("--margin", type=float, help="Distance from the edge as a share of the shortest side.")
@click.option("--no-visible", is_flag=True, help="Write the implicit label only; pixels are not touched.")
@click.option("--no-c2pa", is_flag=True, help="Add no C2PA credential.")
@click.option("--chain", type=click.Path(exists=True, dir_okay=False), help="PEM certificate chain for C2PA.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False), help="PEM private key for C2PA.")
@click.option("--time-stamp-authority", help="URL of an RFC 3161 authority; the only use of the network.")
@click.option("--form", type=_choice(RecordForm), default="standard", show_default=True)
@click.option("--source-type", type=click.Choice(list(_SOURCE_TYPES)), default="trainedAlgorithmicMedia")
@click.option("--action", type=click.Choice(list(_ACTIONS)), default="created", show_default=True)
@click.option("--software-agent", default="", help="Name of the model or product.")
@click.option("--format", "format_name", type=_choice(Format), help="Says what the file is, whatever its name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
def label_command(inputs: tuple[str, ...], output: str, as_json: bool, format_name: str | None, **options: Any) -> None:
    """Label pictures and texts: visible label, implicit record, C2PA credential."""
    # 1. Turn the options into a request.
    try:
        request = _request(options)
    except LabelingError as error:
        _fail(error)
    # 2. One file to a file, many to a folder.
    many = len(inputs) > 1 or Path(output).is_dir()
    if many and output == STDIN:
        raise click.UsageError("several files need a folder to write to")
    if len(inputs) > 1 and options["produce_id"] is not None:
        raise click.UsageError("--produce-id is the number of one file; label the others with numbers of their own")
    if many:
        _require_distinct_names(inputs)
        _make_folder(output)
    # 3. Label each; go on after an error, and say so at the end.
    failed = False
    for name in _with_progress(inputs, many):
        target = str(Path(output) / Path(name).name) if many else output
        failed |= not _label_file(name, target, request, format_name, as_json)
    if failed:
        raise click.exceptions.Exit(EXIT_ERROR)


def _require_distinct_names(inputs: tuple[str, ...]) -> None:
    if STDIN in inputs:
        raise click.UsageError("standard input has no name in a folder; label it on its own, to a file")
    names = [Path(name).name for name in inputs]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise click.UsageError(f"these names would overwrite each other in the folder: {', '.join(doubled)}")


def _make_folder(name: str) -> None:
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"several files need a folder to write to; {name}: {error.strerror}") from None


def _request(options: dict[str, Any]) -> Callable[[bytes, Format | None], Labeled]:
    """The labelling call with everything but the file filled in."""
    from labeling.engine import label

    declaration = Declaration(
        provider=options["provider"],
        label=LabelValue(options["label_value"]),
        produce_id=options["produce_id"],
        source_type=_SOURCE_TYPES[options["source_type"]],
        action=_ACTIONS[options["action"]],
        software_agent=options["software_agent"],
    )
    visible = None if options["no_visible"] else _visible(options)
    signer = None if options["no_c2pa"] else _signer(options)

    def call(data: bytes, fmt: Format | None) -> Labeled:
        labeled = label(
            data,
            declaration,
            signer=signer,
            now=datetime.now(UTC),
            visible=visible,
            form=RecordForm(options["form"]),
            format=fmt,
        )
        _require_place_of_kind(options["position"], labeled)
        return labeled

    return call


def _require_place_of_kind(position: str | None, labeled: Labeled) -> None:
    """A place of the other kind would be passed over in silence."""
    kind = TextPlace if labeled.format in TEXT_FORMATS else Place
    if position is not None and position not in list(kind):
        allowed = [place.value for place in kind]
        detail = f"{position} is no place in {labeled.format}; it has {', '.join(allowed)}"
        raise DeclarationError(ErrorCode.OPTION_OUT_OF_RANGE, detail, option="place", allowed=allowed)


def _visible(options: dict[str, Any]) -> VisibleOptions:
    names = ("words", "ink_ratio", "ink_colour", "plate_colour", "plate_opacity", "margin")
    image = {name: options[name] for name in names if options[name] is not None}
    text = {"words": options["words"]} if options["words"] else {}
    position = options["position"]
    if position is not None:
        if position in list(Place):
            image["place"] = Place(position)
        elif position in list(TextPlace):
            text["place"] = TextPlace(position)
        else:
            raise click.BadParameter(f"{position!r} is no place", param_hint="--position")
    return VisibleOptions(ImageNotice(**image), TextNotice(**text))


def _signer(options: dict[str, Any]) -> Any:
    from labeling.signing import development_signer, pem_signer

    chain, key = options["chain"], options["key"]
    if bool(chain) != bool(key):
        raise click.UsageError("--chain and --key belong together")
    if options["time_stamp_authority"] and not chain:
        raise click.UsageError("--time-stamp-authority needs --chain and --key; development credentials get no stamp")
    if chain:
        return pem_signer(
            Path(chain).read_bytes(), Path(key).read_bytes(), ta_url=options["time_stamp_authority"] or None
        )
    return development_signer(_data_folder() / "development-certificate")


def _data_folder() -> Path:
    """Where the development certificate lives between calls (XDG base directory specification)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "mingbiao"


def _label_file(
    name: str, target: str, request: Callable[[bytes, Format | None], Labeled], format_name: str | None, as_json: bool
) -> bool:
    from labeling.report_json import labeled_to_dict

    try:
        labeled = request(read_file(name), Format(format_name) if format_name else promised_format(name))
    except (LabelingError, OSError) as error:
        return _refuse(name, target, error, as_json)
    try:
        write_file(target, labeled.data)
    except OSError as error:
        return _refuse(name, target, error, as_json, written=True)
    if as_json:
        _say_json({"file": name, "output": target, **labeled_to_dict(labeled)}, target)
    else:
        _say(f"{name} -> {target}: {_summary(labeled)}", err=target == STDIN)
    return True


def _refuse(name: str, target: str, error: LabelingError | OSError, as_json: bool, *, written: bool = False) -> bool:
    """Say why there is no labelled file; an error of the system is about the target once there was one to write."""
    from labeling.report_json import error_to_dict

    if isinstance(error, LabelingError):
        said, line = error_to_dict(error), str(error)
    else:
        said = _os_error(error, "file.unwritable" if written else "file.unreadable")
        line = f"{target}: {said['detail']}" if written else said["detail"]
    if as_json:
        _say_json({"file": name, "error": said}, target)
    _say(f"{name}: {line}", err=True)
    return False


def _summary(labeled: Labeled) -> str:
    parts = [str(labeled.format)]
    if labeled.record is not None:
        parts.append(f"record {labeled.record.produce_id}")
    if labeled.visible is not None:
        parts.append(f"visible label '{labeled.visible.words}' {labeled.visible.place}")
    if labeled.credential is not None:
        parts.append("C2PA credential" + (" (development certificate)" if labeled.credential.development else ""))
    return ", ".join(parts)


def _with_progress(names: tuple[str, ...], many: bool) -> Iterable[str]:
    if not many or not sys.stderr.isatty():
        return names
    from tqdm import tqdm

    return tqdm(names, unit="file")


@commands.command("verify")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--format", "format_name", type=_choice(Format), help="Says what kind of text the file is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
def verify_command(files: tuple[str, ...], format_name: str | None, as_json: bool) -> None:
    """Say whether files carry a conformant label.

    Exit code: 0 conformant, 1 nonconformant, 2 not found, 3 inconclusive, 10 error; the gravest of several.
    """
    codes = {_verify_file(name, format_name, as_json) for name in files}
    raise click.exceptions.Exit(next(code for code in _GRAVITY if code in codes))


def _verify_file(name: str, format_name: str | None, as_json: bool) -> int:
    from labeling.report_json import report_to_dict
    from labeling.verification import inconclusive, verify

    fmt = Format(format_name) if format_name else promised_format(name)
    try:
        report = verify(read_file(name), format=fmt)
    except LimitError as error:
        report = inconclusive(error)
    except OSError as error:
        if as_json:
            _say_json({"file": name, "error": _os_error(error)})
        click.echo(f"{name}: {error.strerror or error}", err=True)
        return EXIT_ERROR
    if as_json:
        _say_json({"file": name, **report_to_dict(report)})
    else:
        _say_report(name, report)
    return _EXIT_CODES[report.verdict]


def _say_report(name: str, report: Report) -> None:
    click.echo(f"{name}: {report.verdict} ({report.format or 'unknown format'}, {report.rule_set})")
    for site in report.sites:
        producer = site.record.content_producer if site.record else "unreadable"
        click.echo(f"  record in {site.carrier} at byte {site.offset} ({site.place}): producer {producer}")
    for found in report.visible:
        click.echo(f"  visible label {found.words!r} at {found.place}")
    for check in report.checks:
        if check.outcome != "pass":
            click.echo(f"  {check.outcome}: {check.detail}" + (f" [{check.basis}]" if check.basis else ""))


@commands.command("provider-code")
@click.argument("credit_code_or_provider_code")
@click.option("--extension", default="00000", show_default=True, help="Service extension, 5 characters.")
@click.option("--json", "as_json", is_flag=True)
def provider_code_command(credit_code_or_provider_code: str, extension: str, as_json: bool) -> None:
    """Build the 27-character code from a unified social credit code (18), or take one apart (27)."""
    from dataclasses import asdict

    from labeling import provider_code

    text = credit_code_or_provider_code.strip()
    try:
        code = text if len(text) == 27 else provider_code.build(text, extension)
        parsed = provider_code.parse(code)
    except LabelingError as error:
        _fail(error)
    findings = provider_code.check(code)
    if as_json:
        found = [{"code": notice.code, "detail": notice.detail} for notice in findings]
        _say_json({"code": code, **asdict(parsed), "findings": found})
        return
    click.echo(code)
    for name, value in asdict(parsed).items():
        click.echo(f"  {name}: {value}")
    for notice in findings:
        click.echo(f"  warning: {notice.detail}")


def _say_json(value: dict[str, Any], target: str = "") -> None:
    """One line of JSON; on standard error when standard output carries the file."""
    _say(json.dumps(value, ensure_ascii=False), err=target == STDIN)


def _say(line: str, *, err: bool = False) -> None:
    """One line; where `_with_progress` has imported tqdm and draws a bar, above it."""
    bars = sys.modules.get("tqdm")
    with bars.tqdm.external_write_mode() if bars else nullcontext():
        click.echo(line, err=err)


def _os_error(error: OSError, code: str = "file.unreadable") -> dict[str, Any]:
    return {"code": code, "detail": error.strerror or str(error), "params": {}}


def _fail(error: LabelingError) -> NoReturn:
    raise click.ClickException(str(error))


def main() -> None:
    """Entry point of `python -m labeling`."""
    run(commands.main, prog_name="python -m labeling")
