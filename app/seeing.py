"""Whether this installation reads the visible label of pictures, and what does it."""

from __future__ import annotations

from app.config import Settings
from labeling.verification import Recogniser
from labeling.visible.recognition import LabelRecogniser, available


def can_see(settings: Settings) -> bool:
    """True where reading is not switched off and what it needs is installed; loads nothing."""
    return settings.read_visible and available()


def make_recogniser(settings: Settings) -> Recogniser | None:
    """What reads the visible label, or None where this installation does not."""
    return LabelRecogniser() if can_see(settings) else None
