"""What the words of one line in a picture amount to (GB 45438-2025, 5.2): a label, half of one, or other text.

A false alarm does more harm than a half label that is passed over, so half labels are a list of whole lines, and the
letters AI inside other words ('OpenAI', 'AIR MAX', 'AI芯片展') never count.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from labeling.profiles import gb45438
from labeling.visible._notice import columns, folded, reads_as_notice

#: Ours: widest label on a picture, in half-width columns (22 Chinese characters); what is longer is prose.
_LABEL_COLUMNS = 44


class Meaning(StrEnum):
    """What a line says, read by itself."""

    #: Both elements, and it says that the content was generated.
    NOTICE = "notice"
    #: It clearly means to say so and lacks an element: 'AI绘画', 'Made with AI', '机器生成'.
    HALF = "half"
    #: The letters AI and nothing else.
    LETTERS = "letters"
    OTHER = "other"


#: A small L, a one or a stroke for the I of AI: only where the words beside it leave no doubt.
_MISREAD_AI = re.compile(
    r"A[l1|丨](?=[ \-]?(?:生成|合成|generated\b))|(?:(?<=\bby )|(?<=\bwith ))A[l1|丨](?!\w)", re.IGNORECASE
)
#: A label says of what it is in at most a few words, then by whom: no sentence leads up to it.
_HEAD = r"(?:(?:声明|说明|提示|注意|注|温馨提示|友情提示):|[\d\-/.: ]{4,20} )?"
_SUBJECT = r"(?:本|此|该|以上|以下)?(?:图片|图像|图|画面|照片|视频|作品|内容)?(?:部分|全部|均)?"
_BY = r"(?:是|疑似|可能|含有|包含|含)?(?:由|为|系|经|经由|使用|通过|借助|采用|利用|用)?"
#: A product's name: nothing that belongs to a sentence or stands on a button.
_NO_NAME = "点击|立即|开始|马上|一键|快来|试试|免费|关于|如何|怎么|应当|可能|即可|对于"
_NAME = rf"(?:(?!{_NO_NAME})[^\s,。;:!?、\d的了在并者及和与或等其将已被把从而则如若但不非未无]){{0,8}}"
_AI = r"(?:人工智能|(?<![A-Z])AI(?:GC)?(?![A-Za-z])|(?<![A-Za-z])[Aa][Ii](?![A-Za-z]))"
_BY_WHAT = r"(?:智能|技术|辅助|自动|大?模型|工具|算法|软件|系统|平台|服务|绘图|绘画|制作|创作|换脸|[ \-·])*"
#: What was made, and advice; a further noun makes a title of it ('AI生成技术报告').
_TAIL = (
    r"(?:生成|合成|制作|创作|而成|的)*(?:内容|图片|图像|画面|图|视频|照片|影像|作品|画作|插画|海报|配图|素材|示意图|效果图)?"
    r"(?:声明|标识|标签|提示)?(?![㐀-鿿]|[?吗])|(?:[^㐀-鿿]|.{0,6})(?:仅供|请|供参考|注意|谨慎|不代表|可能)"
)
_LABEL = re.compile(rf"{_HEAD}{_SUBJECT}{_BY} ?{_NAME} ?{_AI}{_BY_WHAT}(?:生成|合成)(?:{_TAIL})")
_STATEMENT = rf"{_SUBJECT}{_BY}{_AI}{_BY_WHAT}(?:生成|合成)+(?:内容|图片|图像)?"
_STATEMENT_FIRST, _STATEMENT_LAST = re.compile(_STATEMENT), re.compile(rf"{_STATEMENT}$")
_MADE = "绘画|绘制|绘图|作画|作图|画图|制图|制作|创作|画作|作品|生图|产出|图片|图像|图|照片|写真|视频|影像"
_HALF_CHINESE = re.compile(
    rf"{_SUBJECT}(?:由|为|系|经)?(?:人工智能|AI)(?:技术)?(?:辅助)?(?:{_MADE})(?:作品|图片|而成)?|"
    rf"{_SUBJECT}(?:由|为|系|经)?(?:智能|机器|大模型)(?:自动)?(?:生成|合成|创作|绘制)(?:图片|图像|图|内容|作品)?"
)
_THING = r"(?:image|picture|photo|video|content|art|artwork)"
_HALF_ENGLISH = re.compile(
    rf"(?:this )?(?:{_THING} )?(?:is |was )?(?:generated|created|made|produced) (?:by|with|using) (?:an? )?ai|"
    rf"(?:this )?(?:{_THING} )?(?:is |was )?ai[ \-](?:generated|created|made|produced)(?: {_THING})?",
    re.IGNORECASE,
)


#: Variants that the reader takes for each other in simplified text.
_VARIANTS = str.maketrans("內", "内")


def cleaned(words: str) -> str:
    """The words as they are reported: NFKC, single spaces, look-alikes put right where there is no doubt."""
    plain = " ".join(unicodedata.normalize("NFKC", words).translate(_VARIANTS).split())
    return _MISREAD_AI.sub("AI", plain)


def meaning(words: str) -> Meaning:
    """Judge one line, or two stacked ones with a space between them, as `cleaned` returns them."""
    plain = folded(words)
    if columns(plain) > _LABEL_COLUMNS:
        return Meaning.OTHER
    if _LABEL.match(plain) and reads_as_notice(plain):
        return Meaning.NOTICE
    if plain == "AI":
        return Meaning.LETTERS
    half = _HALF_CHINESE.fullmatch(plain.replace(" ", "")) or _HALF_ENGLISH.fullmatch(plain)
    return Meaning.HALF if half else Meaning.OTHER


def border_of_statement(words: str) -> int | None:
    """Where a plain statement at the end or the start of a longer line is cut off from the rest; None without one."""
    plain = _aligned(words)
    for found in (_STATEMENT_LAST.search(plain), _STATEMENT_FIRST.match(plain)):
        if found:
            border = found.start() or found.end()
            return border if 0 < border < len(words) else None
    return None


def has_ai_element(words: str) -> bool:
    """Whether the AI element is there."""
    return gb45438.AI_ELEMENT.search(words) is not None


def has_generation_element(words: str) -> bool:
    """Whether the generation element is there."""
    return gb45438.GENERATION_ELEMENT.search(words) is not None


def has_any_element(words: str) -> bool:
    """Whether a line can be a label or a part of one; the cheap question."""
    return has_ai_element(words) or has_generation_element(words)


def span_of_elements(words: str) -> tuple[int, int]:
    """First and last character of the two elements in the words as they were read; all of them where one is missing.

    That is what is measured: other words in the same line may stand in another size.
    """
    plain = _aligned(words)
    found = [list(element.finditer(plain)) for element in (gb45438.AI_ELEMENT, gb45438.GENERATION_ELEMENT)]
    if not all(found):
        return 0, len(words) - 1
    both = found[0] + found[1]
    return min(one.start() for one in both), max(one.end() for one in both) - 1


def _aligned(words: str) -> str:
    """The words with look-alikes put right, character by character."""
    return _MISREAD_AI.sub("AI", "".join(map(_single, words)).translate(_VARIANTS))


def _single(character: str) -> str:
    """NFKC of one character where that is one character again."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character
