"""What the manifests of a store say of the content's origin: digital source types, generator, who follows from whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labeling.limits import Limits

#: Assertions that may name a digital source type: actions (both versions, with their templates and related actions),
#: and metadata that hold IPTC's property.
_TELLING = ("c2pa.actions", "c2pa.metadata", "cawg.metadata", "stds.")
#: 'digitalSourceType' in actions, 'Iptc4xmpExt:DigitalSourceType' in metadata.
_KEYS = ("digitalSourceType", "DigitalSourceType")
#: Source types of one file that are told; a vocabulary of two dozen.
_MOST_TYPES = 100


def source_types(manifests: Iterable[dict[str, Any]], limits: Limits) -> tuple[str, ...]:
    """Every digital source type that the manifests name, as it is written, each once, in the order of assertions."""
    found: dict[str, None] = {}
    for manifest in manifests:
        for assertion in manifest.get("assertions") or ():
            if str(assertion.get("label")).startswith(_TELLING):
                _collect(assertion.get("data"), found)
    return tuple(name[: limits.trace_characters] for name in found)[:_MOST_TYPES]


def _collect(data: Any, found: dict[str, None]) -> None:
    """Look through an assertion for keys that name a source type: text, or a JSON-LD reference."""
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            for key, value in item.items():
                if key.endswith(_KEYS):
                    text = value.get("@id") if isinstance(value, dict) else value
                    if isinstance(text, str) and text:
                        found[text] = None
            waiting.extend(value for value in reversed(item.values()) if isinstance(value, (dict, list)))


def ingredient_labels(manifests: dict[str, dict[str, Any]], active: str) -> tuple[str, ...]:
    """Labels of the manifests that the active one was made from, directly or through others; never itself."""
    found: dict[str, None] = {active: None}
    waiting = [active]
    while waiting:
        for ingredient in manifests.get(waiting.pop(), {}).get("ingredients") or ():
            label = ingredient.get("active_manifest")
            if isinstance(label, str) and label in manifests and label not in found:
                found[label] = None
                waiting.append(label)
    return tuple(found)[1:]


def generator(manifest: dict[str, Any], limits: Limits) -> str:
    """Name and version of the software that made the claim, or the product string of older ones."""
    for info in manifest.get("claim_generator_info") or ():
        words = (info.get("name"), info.get("version"))
        return " ".join(str(word) for word in words if word)[: limits.trace_characters]
    return str(manifest.get("claim_generator") or "")[: limits.trace_characters]
