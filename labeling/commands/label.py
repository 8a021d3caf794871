"""`label`: visible label, implicit record, C2PA credential."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from labeling.commands.signers import credential_signer, record_key_signer, signing_options
from labeling.commands.targets import Written, write_each
from labeling.commands.terminal import choice, fail
from labeling.errors import DeclarationError, ErrorCode, LabelingError
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
    SourceType,
    TextNotice,
    TextPlace,
    VisibleOptions,
)

_SOURCE_TYPES = {value.rsplit("/", 1)[1]: SourceType(value) for value in SourceType}
_ACTIONS = {action.value.removeprefix("c2pa."): action for action in (ContentAction.CREATED, ContentAction.EDITED)}


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


@click.command("label")
@click.argument("inputs", metavar="IN...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, help="File or folder to write to; - for standard output.")
@click.option("--provider", envvar="MINGBIAO_PROVIDER", required=True, help="27-character provider code, or a name.")
@click.option("--produce-id", help="Your own unique number for this content; made if not given.")
@click.option("--label", "label_value", type=choice(LabelValue), default="1", show_default=True)
@click.option("--words", help="Words of the visible label.")
@click.option("--position", help="Place of the visible label: " + ", ".join([*Place, *TextPlace]) + ".")
@click.option("--ink-ratio", type=float, help="Ink height as a share of the shortest side, at least 0.05.")
@click.option("--ink-colour", callback=_colour, help="#RRGGBB")
@click.option("--plate-colour", callback=_colour, help="#RRGGBB")
@click.option("--plate-opacity", type=float, help="0 (no plate) to 1.")
@click.option("--margin", type=float, help="Distance from the edge as a share of the shortest side.")
@click.option("--no-visible", is_flag=True, help="Write the implicit label only; pixels are not touched.")
@signing_options
@click.option("--form", type=choice(RecordForm), default="standard", show_default=True)
@click.option("--source-type", type=click.Choice(list(_SOURCE_TYPES)), default="trainedAlgorithmicMedia")
@click.option("--action", type=click.Choice(list(_ACTIONS)), default="created", show_default=True)
@click.option("--software-agent", default="", help="Name of the model or product.")
@click.option("--format", "format_name", type=choice(Format), help="Says what the file is, whatever its name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
def label_command(inputs: tuple[str, ...], output: str, as_json: bool, format_name: str | None, **options: Any) -> None:
    """Label pictures and texts: visible label, implicit record, C2PA credential."""
    if len(inputs) > 1 and options["produce_id"] is not None:
        raise click.UsageError("--produce-id is the number of one file; label the others with numbers of their own")
    try:
        request = _request(options)
    except LabelingError as error:
        fail(error)
    write_each(inputs, output, request, format_name=format_name, as_json=as_json)


def _request(options: dict[str, Any]) -> Callable[[bytes, Format | None], Written]:
    """The labelling call with everything but the file filled in."""
    from labeling.engine import label
    from labeling.report_json import labeled_to_dict

    declaration = Declaration(
        provider=options["provider"],
        label=LabelValue(options["label_value"]),
        produce_id=options["produce_id"],
        source_type=_SOURCE_TYPES[options["source_type"]],
        action=_ACTIONS[options["action"]],
        software_agent=options["software_agent"],
    )
    visible = None if options["no_visible"] else _visible(options)
    signer, record_signer = credential_signer(options), record_key_signer(options)

    def call(data: bytes, fmt: Format | None) -> Written:
        labeled = label(
            data,
            declaration,
            signer=signer,
            now=datetime.now(UTC),
            visible=visible,
            form=RecordForm(options["form"]),
            format=fmt,
            record_signer=record_signer,
        )
        _require_place_of_kind(options["position"], labeled)
        return Written(labeled.data, labeled_to_dict(labeled), _summary(labeled))

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


def _summary(labeled: Labeled) -> str:
    parts = [str(labeled.format)]
    if labeled.record is not None:
        parts.append(f"record {labeled.record.produce_id}")
    if labeled.visible is not None:
        parts.append(f"visible label '{labeled.visible.words}' {labeled.visible.place}")
    if labeled.credential is not None:
        parts.append("C2PA credential" + (" (development certificate)" if labeled.credential.development else ""))
    return ", ".join(parts)
