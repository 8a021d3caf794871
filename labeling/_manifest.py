"""The manifest as c2pa's builder takes it: who made the content, what was done, and the GB 45438 record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from labeling.model import AigcRecord, ContentAction, SourceType
from labeling.record import to_fields

#: Our assertion that repeats the implicit record under the signature: the seven keys of Annex E b) as an object.
RECORD_ASSERTION = "cn.tc260.aigc"

#: Description box of a manifest store (C2PA, JUMBF boxes; ISO/IEC 19566-5): its UUID, toggles, label. Every container
#: keeps these bytes together at the start of the store.
MANIFEST_STORE = bytes.fromhex("63327061 0011 0010 8000 00AA00389B71") + b"\x03c2pa\x00"

_PARENT_ID = "parent"
#: What the file was made from; c2pa reads its manifest store and keeps it whole.
PARENT: dict[str, str] = {"relationship": "parentOf", "label": _PARENT_ID}


@dataclass(frozen=True, slots=True)
class ManifestContent:
    """What the manifest says."""

    record: AigcRecord
    action: ContentAction
    #: None where the action says nothing of how the content came about.
    source_type: SourceType | None
    #: Model or product that made the content; empty leaves it out.
    software_agent: str
    #: Moment of the action; aware.
    when: datetime
    title: str | None = None

    @property
    def is_edit(self) -> bool:
        """True when the content was made from something that existed."""
        return self.action is not ContentAction.CREATED


def definition(content: ManifestContent, label: str, *, opened: bool) -> dict[str, Any]:
    """The builder's definition of a manifest `label`; `opened` when the ingredient `PARENT` comes with it."""
    manifest: dict[str, Any] = {
        "label": label,
        "claim_generator_info": [{"name": "mingbiao", "version": _version()}],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": _actions(content, opened)}, "created": True},
            {"label": RECORD_ASSERTION, "data": to_fields(content.record), "created": True},
        ],
    }
    return manifest | ({"title": content.title} if content.title else {})


def _actions(content: ManifestContent, opened: bool) -> list[dict[str, Any]]:
    """`c2pa.created` stands alone; what has a parent was opened and then edited or published (C2PA, actions)."""
    done = ContentAction.EDITED if opened and content.action is ContentAction.CREATED else content.action
    action: dict[str, Any] = {
        "action": done.value,
        "when": f"{content.when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    if content.source_type is not None:
        action["digitalSourceType"] = content.source_type.value
    if content.software_agent:
        action["softwareAgent"] = {"name": content.software_agent}
    return [{"action": "c2pa.opened", "parameters": {"ingredientIds": [_PARENT_ID]}}, action] if opened else [action]


@cache
def _version() -> str:
    return version("mingbiao")
