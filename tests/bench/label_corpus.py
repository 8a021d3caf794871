"""The pictures of the recognition bench, made one after the other from fixed seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from labeling import Declaration, DeclarationError, VisibleOptions, label
from labeling.model import ImageMark, ImageNotice, Place
from tests.bench.label_pictures import ASPECTS, CODINGS, GROUNDS, SIDES, Random, canvas, decorated, encoded

DECLARATION = Declaration(provider="001191110102MACQD9K64010000")
_NOW = datetime(2026, 11, 21, tzinfo=UTC)

_WORDS = ("AI生成", "AI生成 AI-generated", "人工智能生成合成内容", "AI生成", "由AI合成")
_LOOKS = (
    ImageNotice(),
    ImageNotice(ink_colour=(255, 255, 0), plate_colour=(0, 0, 0), plate_opacity=0.8),
    ImageNotice(ink_colour=(20, 20, 20), plate_colour=(255, 255, 255), plate_opacity=0.75),
    ImageNotice(),
    ImageNotice(plate_colour=(0, 60, 160), plate_opacity=0.9),
    ImageNotice(ink_colour=(120, 0, 0), plate_colour=(255, 255, 255), plate_opacity=1),
    ImageNotice(plate_opacity=0),
    ImageNotice(ink_colour=(0, 0, 0), plate_opacity=0),
    ImageNotice(plate_colour=(200, 0, 0), plate_opacity=1),
)
_RATIOS = (0.055, 0.05, 0.055, 0.07, 0.1)
_PLACES = tuple(Place)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file, what it is, and the label on it if there is one."""

    name: str
    data: bytes
    size: tuple[int, int]
    mark: ImageMark | None = None


def labelled(count: int) -> Iterator[Sample]:
    """Pictures with a label that `label` drew; every ground, shape, coding, place, wording and look has its turn."""
    for index in range(count):
        random = np.random.default_rng([45438, index])
        name, size, data = _ground(index, random, decorate=False)
        notice = replace(
            _LOOKS[index * 7 // 3 % len(_LOOKS)],
            words=_WORDS[(index + index // 10) % len(_WORDS)],
            place=_PLACES[(index + index // 8) % len(_PLACES)],
            ink_ratio=_RATIOS[index // 3 % len(_RATIOS)],
        )
        data, mark = _labelled(data, notice)
        yield Sample(f"{index:03} {name} {mark.place} {mark.words}", data, size, mark)


def _labelled(data: bytes, notice: ImageNotice) -> tuple[bytes, ImageMark]:
    """With the wished look; with the default one where a rule does not allow it; with fewer words for want of room."""
    for option in (notice, ImageNotice(words=notice.words, place=notice.place), ImageNotice(place=notice.place)):
        try:
            result = label(data, DECLARATION, signer=None, now=_NOW, visible=VisibleOptions(image=option))
        except DeclarationError:
            continue
        assert isinstance(result.visible, ImageMark)
        return result.data, result.visible
    raise AssertionError("the default label is always possible")


def unlabelled(count: int) -> Iterator[Sample]:
    """Pictures without a label; every other one has ordinary words in its corners."""
    for index in range(count):
        random = np.random.default_rng([911, index])
        name, size, data = _ground(index, random, decorate=bool(index // len(GROUNDS) % 2))
        yield Sample(f"{index:03} {name}", data, size)


def _ground(index: int, random: Random, *, decorate: bool) -> tuple[str, tuple[int, int], bytes]:
    ground = list(GROUNDS)[index % len(GROUNDS)]
    size = canvas(SIDES[(index + index // 10) % len(SIDES)], ASPECTS[index // 2 % len(ASPECTS)])
    coding = CODINGS[(index // 5 + index) % len(CODINGS)]
    picture = GROUNDS[ground](*size, random)
    if decorate:
        picture = decorated(picture, random)
    options = " ".join(f"{key} {value}" for key, value in coding[1].items())
    return f"{ground} {size[0]}x{size[1]} {coding[0]} {options}", size, encoded(picture, coding)
