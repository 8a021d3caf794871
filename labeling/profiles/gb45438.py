"""GB 45438-2025 as data: words, sizes, fields, characters. Facts only; the rules that use them lie elsewhere."""

from __future__ import annotations

import re

RULE_SET = "GB 45438-2025"
#: Version of our reading of it; goes up whenever a check or a bound changes.
RULE_SET_VERSION = "1"

#: 5.1-5.6: a written label holds an AI element and a generation element.
AI_ELEMENT = re.compile(r"人工智能|AI", re.IGNORECASE)
GENERATION_ELEMENT = re.compile(r"生成|合成")

#: 5.2: text height is not below 5 % of the picture's shortest side. The standard leaves 'text height' open; we measure
#: the ink of the tallest glyph.
MINIMUM_INK_RATIO = 0.05

#: What a measurement on pixels cannot tell: a share of the height, and one row that anti-aliasing or coding blurs.
HEIGHT_TOLERANCE = 0.02
HEIGHT_TOLERANCE_PIXELS = 1


def least_ink_height(shortest_side: int) -> float:
    """The ink height in pixels from which on a measured label counts as tall enough."""
    wanted = MINIMUM_INK_RATIO * shortest_side
    return min(wanted * (1 - HEIGHT_TOLERANCE), wanted - HEIGHT_TOLERANCE_PIXELS)


#: The standard says 'clearly legible' without a number; ours is WCAG 2.2, success criterion 1.4.3.
MINIMUM_CONTRAST = 4.5
#: Ours: the words in a smaller ink cannot be read on any screen.
LEGIBLE_INK_PIXELS = 8

#: Annex E a).
KEY_WORD = "AIGC"
