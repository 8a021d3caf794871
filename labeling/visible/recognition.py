"""The visible label on a picture as a machine reads it (GB 45438-2025, 5.2); needs the extra `ocr`.

What counts, in this order:

- *Conforming*: a line, or two stacked ones, that says that the content was generated (both elements, not prose), at an
  edge or corner, with ink of the tallest glyph of at least 5 % of the picture's shortest side.
- *Deficient*: a label is clearly meant and falls short: too small, inside the picture, or without one of the elements
  ('AI绘画', 'Made with AI', '机器生成').
- *Not seen*: everything else. It says that no label was read, never that there is none.

Pages of text and screenshots have lines that speak of generation. A line with neighbours that look just like it is one
of them and no label; inside a page nothing counts. Brands ('OpenAI', '即梦AI') and the letters AI within other words
are no labels either.

An animation conforms when every frame that is looked at does, a transparent picture when it does over white and over
black: a label must be seen on what viewers use. Everything runs in this process; nothing is fetched or written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from labeling.containers.base import Anatomy
from labeling.errors import DeclarationError, ErrorCode, MediaError
from labeling.limits import Limits
from labeling.report import SeenLabel, VisibleAnswer, VisibleLabels
from labeling.visible._seeing_labels import conforms, labels_in
from labeling.visible._seeing_models import Models, model_files, unavailable
from labeling.visible._seeing_picture import can_decode, views

#: Threads of one network; two pictures at once are quicker with two processes than with two threads.
_MOST_THREADS = 2


def available() -> bool:
    """Whether the extra `ocr` is installed, with its models; nothing is loaded to find out."""
    return model_files() is not None


class LabelRecogniser:
    """Reads visible labels; one object serves a whole process and all its threads.

    The models (some 140 MB of memory) are loaded at the first picture. `threads` (1 or 2) is what one picture may use;
    raises DeclarationError(OPTION_OUT_OF_RANGE) for other numbers.
    """

    def __init__(self, threads: int = 1) -> None:
        if not 1 <= threads <= _MOST_THREADS:
            raise DeclarationError(
                ErrorCode.OPTION_OUT_OF_RANGE,
                f"threads is {threads}, it must lie between 1 and {_MOST_THREADS}",
                option="threads",
                value=threads,
                minimum=1,
                maximum=_MOST_THREADS,
            )
        self._threads = threads
        self._models: Models | None = None
        self._lock = Lock()

    def recognise(self, data: bytes, anatomy: Anatomy, orientation: int, limits: Limits) -> VisibleLabels:
        """What visible labels the picture bears; `orientation` is the EXIF one (1..8).

        NOT_CHECKED for a format without a decoder (HEIC, SVG), for damaged pixels, and beyond `Limits.pixels`.
        Raises DeclarationError(RECOGNITION_UNAVAILABLE) without the extra, and nothing else.
        """
        if not available():
            raise unavailable()
        if not can_decode(anatomy.format):
            return VisibleLabels()
        seen = []
        try:
            for view in views(data, anatomy, orientation, limits):
                seen.append(_judged(view.frame, labels_in(self._loaded(), view)))
                # Let go of its pixels before the next ones are made.
                del view
        except MediaError:
            return VisibleLabels()
        return _summary(seen)

    def _loaded(self) -> Models:
        with self._lock:
            if self._models is None:
                self._models = Models(self._threads)
            return self._models


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one view of one frame shows."""

    frame: int
    answer: VisibleAnswer
    labels: tuple[SeenLabel, ...]


#: From worst to best.
_ANSWERS = (VisibleAnswer.NOT_SEEN, VisibleAnswer.DEFICIENT, VisibleAnswer.CONFORMING)


def _judged(frame: int, labels: Sequence[SeenLabel]) -> _Seen:
    if any(conforms(label) for label in labels):
        return _Seen(frame, VisibleAnswer.CONFORMING, tuple(labels))
    return _Seen(frame, VisibleAnswer.DEFICIENT if labels else VisibleAnswer.NOT_SEEN, tuple(labels))


def _summary(seen: Sequence[_Seen]) -> VisibleLabels:
    """One answer: the worst view counts, except that a label in some of them is more than none."""
    if not seen:
        return VisibleLabels()
    worst, best = (pick((one.answer for one in seen), key=_ANSWERS.index) for pick in (min, max))
    answer = worst if best is worst or worst is not VisibleAnswer.NOT_SEEN else VisibleAnswer.DEFICIENT
    frames = sorted({one.frame for one in seen})
    labels = [label for frame in frames for label in _labels_of(frame, seen)]
    return VisibleLabels(answer, in_picture=tuple(labels), frames=tuple(frames) if len(frames) > 1 else ())


def _labels_of(frame: int, seen: Sequence[_Seen]) -> tuple[SeenLabel, ...]:
    """The labels of one frame, over the ground on which they are worst but seen."""
    shown = [one for one in seen if one.frame == frame and one.labels]
    return min(shown, key=lambda one: _ANSWERS.index(one.answer)).labels if shown else ()
