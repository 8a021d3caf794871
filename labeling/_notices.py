"""What the caller should know about what was in a file before, and about its credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.containers.base import BlockKind
from labeling.model import TEXT_FORMATS, Declaration, Notice, RecordForm
from labeling.splicing import Source, takes_credential

if TYPE_CHECKING:
    from labeling.signing import Signer


def replaced_record(source: Source, declaration: Declaration) -> tuple[Notice, ...]:
    """Whose record gave way to the new one, where it was another's."""
    earlier = dict.fromkeys(found.site.record for found in source.findings.found)
    producers = [record.content_producer if record else "" for record in earlier]
    others = [producer for producer in producers if producer != declaration.provider]
    if not others:
        return ()
    detail = "the new record took the place of another provider's"
    return (Notice("record.replaced", detail, {"producers": others}),)


def replaced_comment(source: Source, form: RecordForm) -> tuple[Notice, ...]:
    """In the EXIF form the record takes the place of a comment; a person's words there are handed back."""
    if source.container.forms.get(form) is not BlockKind.EXIF:
        return ()
    return tuple(
        Notice("record.comment_replaced", "the record took the place of a user comment", {"comment": text})
        for text in source.findings.comments
    )


def credential_remarks(source: Source, signer: Signer | None) -> tuple[Notice, ...]:
    """What became of the file's credential, or why there is none."""
    fmt = source.anatomy.format
    if signer is not None and fmt in TEXT_FORMATS:
        return (Notice("credential.not_for_text", f"a C2PA credential is not written into {fmt}"),)
    if signer is not None and not takes_credential(source.anatomy):
        return (Notice("credential.not_for_pages", "a C2PA credential is not written into a TIFF of several pages"),)
    if signer is not None and signer.development:
        return (Notice("credential.development", "signed with a development certificate that nobody trusts"),)
    if signer is None and source.has_credential:
        return (Notice("credential.broken", "the file's C2PA credential no longer matches, and no new one was added"),)
    return ()
