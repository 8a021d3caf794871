"""`propagate`: what a platform does with content that it passes on (Labelling Measures, article 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from labeling.commands.signers import PEM_FILE, credential_signer, record_key_signer, signing_options
from labeling.commands.targets import Request, Written, write_each
from labeling.commands.terminal import choice, fail
from labeling.errors import LabelingError
from labeling.model import Format, Platform, Propagated


@click.command("propagate")
@click.argument("inputs", metavar="IN...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, help="File or folder to write to; - for standard output.")
@click.option(
    "--propagator", envvar="MINGBIAO_PROPAGATOR", required=True, help="Provider code, or name, of the platform."
)
@click.option("--propagate-id", help="The platform's own unique number for this content; made if not given.")
@click.option("--declared-ai", is_flag=True, help="The user declared the content (article 6, class 'possible').")
@click.option("--suspected", is_flag=True, help="A detector of the platform's own suspects it (class 'suspected').")
@click.option("--visible", is_flag=True, help="Look for a visible label on pictures without a record (extra `ocr`).")
@click.option("--trust", type=PEM_FILE, help="PEM certificates whose C2PA signatures are trusted.")
@click.option("--record-keys", type=PEM_FILE, help="JSON list of the keys that are pinned for providers.")
@signing_options
@click.option("--format", "format_name", type=choice(Format), help="Says what the file is, whatever its name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
def propagate_command(
    inputs: tuple[str, ...], output: str, as_json: bool, format_name: str | None, **options: Any
) -> None:
    """Pass content on as a platform: keep the producer's record, set the propagation elements.

    Where there is no record, one is written with Label 2 or 3, if the user declared the content or something in it
    speaks for generation.
    """
    if len(inputs) > 1 and options["propagate_id"] is not None:
        raise click.UsageError("--propagate-id is the number of one file; pass the others on with numbers of their own")
    try:
        request = _request(options)
    except LabelingError as error:
        fail(error)
    write_each(inputs, output, request, format_name=format_name, as_json=as_json)


def _request(options: dict[str, Any]) -> Request:
    """The call with everything but the file filled in."""
    from labeling.propagation import propagate
    from labeling.report_json import propagated_to_dict
    from labeling.trust_files import load_trust

    anchors, keys = (Path(options[name]) if options[name] else None for name in ("trust", "record_keys"))
    trust = load_trust(anchors, record_keys=keys)
    platform = Platform(options["propagator"], options["propagate_id"])
    signer, record_signer = credential_signer(options), record_key_signer(options)
    recogniser = _recogniser() if options["visible"] else None

    def call(data: bytes, fmt: Format | None) -> Written:
        result = propagate(
            data,
            platform,
            signer=signer,
            now=datetime.now(UTC),
            declared_ai=options["declared_ai"],
            suspected=options["suspected"],
            record_signer=record_signer,
            recogniser=recogniser,
            trust=trust,
            format=fmt,
        )
        return Written(result.data, propagated_to_dict(result), _summary(result))

    return call


def _recogniser() -> Any:
    from labeling.visible.recognition import LabelRecogniser

    return LabelRecogniser()


def _summary(result: Propagated) -> str:
    record = result.record
    origin = f"record of {record.content_producer}" if result.kept_record else f"new record, Label {record.label}"
    parts = [str(result.format), origin, f"passed on as {record.propagate_id}"]
    if result.credential is not None:
        parts.append("C2PA credential" + (" (development certificate)" if result.credential.development else ""))
    return ", ".join(parts)
