"""How image generators sign what they make, as data: names of metadata entries and words in them.

Seen in files of these products and in readers that independent projects keep. A match is evidence for 'suspected' and
never for more: whoever writes a file can write any of this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labeling.report import TraceKind


@dataclass(frozen=True, slots=True)
class Mark:
    """One way in which a generator can be known: the entry's key (None: any) and what its text holds, all of it."""

    kind: TraceKind
    generator: str
    key: re.Pattern[str] | None
    #: Each is searched for itself, so that no text can make the search slow.
    holds: tuple[re.Pattern[str], ...]

    @property
    def searched(self) -> int:
        """How many characters of an entry are searched: a name stands at the front."""
        return 256 if self.kind is TraceKind.GENERATOR_NAME else 16 * 1024


def _mark(kind: TraceKind, generator: str, key: str | None, *holds: str) -> Mark:
    compiled = tuple(re.compile(pattern, re.IGNORECASE) for pattern in holds)
    return Mark(kind, generator, None if key is None else re.compile(key, re.IGNORECASE), compiled)


_PARAMETERS, _NAME, _PRIVATE = TraceKind.GENERATOR_PARAMETERS, TraceKind.GENERATOR_NAME, TraceKind.PRIVATE_LABEL
_NAMES = (
    "midjourney|stable diffusion|comfyui|invokeai|novelai|dall[-·. ]?e|adobe firefly|automatic1111|fooocus|draw things|"
    r"leonardo\.ai|ideogram|kling|runway gen|pika labs|openai sora|suno|udio|elevenlabs|dreamina|jimeng|doubao"
)

#: The first mark that fits names the generator; the particular ones stand before the general.
MARKS: tuple[Mark, ...] = (
    _mark(_PARAMETERS, "Fooocus", "fooocus_scheme", r"\w"),
    _mark(_PARAMETERS, "InvokeAI", "invokeai_(?:metadata|graph)|sd-metadata|dream", r"\{|-s ?\d|steps"),
    _mark(_PARAMETERS, "ComfyUI", "prompt|workflow", r'"(?:class_type|last_node_id|nodes)"\s*:'),
    _mark(_PARAMETERS, "Easy Diffusion", "use_stable_diffusion_model", r"\w"),
    _mark(_PARAMETERS, "Stable Diffusion", None, r"\bsteps: ?\d+,", r"\b(?:sampler|cfg scale): ?", r"\bseed: ?\d"),
    _mark(_PARAMETERS, "NovelAI", "comment", r'"(?:uc|request_type|signed_hash)"\s*:', r'"(?:steps|sampler)"\s*:'),
    _mark(_PARAMETERS, "Draw Things", None, r'"uc"\s*:', r'"(?:sampler|steps)"\s*:', r'"v2"\s*:'),
    _mark(_PARAMETERS, "Midjourney", None, r"\bjob id: ?[0-9a-f]{8}-[0-9a-f-]{27}"),
    _mark(_NAME, "NovelAI", "software|title", r"\A(?:novelai|ai generated image)\s*\Z"),
    _mark(_NAME, "Google AI", "credit|software|creator ?tool", "(?:made|edited) with google ai"),
    _mark(
        _NAME, "", r"software|creator ?tool|generator|artist|author|encoder|application|\W?too", rf"\b(?:{_NAMES})\b"
    ),
    _mark(_PRIVATE, "ByteDance", None, r'"aigc_label_type"\s*:'),
    _mark(_PRIVATE, "Tencent Cloud", None, r'"ServiceProvider"\s*:', r'"(?:ServiceUser|ContentId)"\s*:'),
)
