"""Whether a short piece of text says 'this was generated', or merely speaks of generation.

GB 45438-2025, 5.1 asks for two elements and says no more. An article's own sentence can hold both, so a reader's
judgement is modelled: a notice is short, stands alone, and ends where the statement ends ('内容由AI生成，仅供参考');
'AI生成内容标识办法' goes on to another noun and is a title. All bounds and word lists here are ours.
"""

from __future__ import annotations

import re
import unicodedata

from labeling.errors import DeclarationError, ErrorCode
from labeling.visible.wording import has_elements, require_elements

#: Widest notice, in half-width columns: 40 Chinese characters.
NOTICE_COLUMNS = 80
#: Widest corner mark: six Chinese characters.
CORNER_COLUMNS = 12
#: A notice in the source may be longer than what is read: escapes, entities, emphasis.
NOTICE_SOURCE = 400

_AI = r"(?:人工智能|AI)"
_MADE = r"(?:生成|合成)"
_PAIR = re.compile(rf"(?P<ai>{_AI})(?P<between>[^,。;:!?，；：！？]{{0,24}}?){_MADE}", re.IGNORECASE)
_THING = (
    "内容|文本|文字|文章|图文|图片|图像|图|视频|音频|作品|回答|答案|回复|结果|稿件|稿|摘要|总结|译文|翻译|报告|文案|资料"
    "|素材|数据|文档|代码|信息|本文|正文|说明|示例|新闻|小说|诗歌|评论|对话|技术"
)
#: What may follow the statement without a break and still be part of it.
_TAIL = re.compile(
    rf"(?:生成|合成|而成|制作|创作|的|并(?=经|由)|或|与|、|和|{_THING}|式|{_AI}|撰写|写作|编写|辅助|完成|提供|产出|输出)*"
    r"(?:(?<!的)(?:声明|标识|标签|提示|提醒))?"
    r"(?:(?:仅供|请|供|敬请|谨慎|注意|不代表|不构成|经人工|由人工|可能)|(?![㐀-鿿]))",
    re.IGNORECASE,
)
#: The generation element before the AI element: '由生成式AI撰写', '生成：AI'.
_INVERTED = re.compile(
    rf"生成式{_AI}(?:大?模型|技术|工具|助手|服务|辅助)*(?:撰写|写作|创作|制作|编写|完成|提供|产出|输出|绘制)(?![㐀-鿿])"
    rf"|{_MADE}(?:者|工具|方式|模型|来源)?\s*[:(]\s*[^,。;]{{0,8}}{_AI}\W*\Z",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"(?:不|非|未|没|无|禁|勿|拒绝|谢绝|反对|抵制|杜绝|避免|关闭|停用|请别|别用)"
    rf"[^,。;:!?]{{0,8}}{_AI}[^,。;:!?]{{0,24}}{_MADE}",
    re.IGNORECASE,
)
#: What an AI can, shall or does not do, or does just now, is no statement about the text at hand.
_NOT_DONE = re.compile(
    r"可以|可能|能够|(?<![智功性技才])能|(?<!社)会|将|(?<![摘纪概])要|帮|让|无法|不|没|未|尚|正在|开始|如何|怎|是否|为何"
)
_QUESTION = re.compile(r"\?|[吗呢]\W*$|如何|怎么|怎样|为什么|为何|是否|能否|可否|会不会|能不能|是不是|哪|\bvs\b")
_TOPIC = re.compile(
    r"(?:浅谈|浅析|试论|论|关于|什么是|当|让|教你|警惕|识别|鉴别|探讨|讨论|本文讨论|盘点|谈|等待|点击|一键|重新|开始|立即"
    r"|继续|开启|打开|停止|尝试|试试|猜|你可以|可以|有人|网友|据说|专家)"
)
#: A second clause that makes the first one the subject of a sentence.
_PREDICATE = re.compile(r"[,:]\s*(?:是|已|正|将|成为|让|使|也|就|会|能|在|则|带来|引发|不仅|不但|意味)")
#: Signs that no prose has: assignments, braces, escapes, end tags, a statement's end.
_CODE = re.compile(r"[={}\\]|</|;\s*\Z")
_QUOTES = {"“": "”", "「": "」", "『": "』", "《": "》", '"': '"', "`": "`"}
_CORNER_AI = "AI"
#: Brackets, quotes, emphasis, dashes and spaces around a notice.
_DRESS = " \t\u3000\ufeff\u200b()[]{}<>【】〔〕「」『』《》〈〉“”‘’\"'`*_~#|-—–―•·=+※★☆◆■●▲△▶►✦✨⚠️ℹ️🤖"
#: A column's name in brackets, such as 【AI前线】, is no corner mark.
_CORNER = re.compile(
    r"[\[【〔〖「『]\s?(AI(?:辅助)?(?:生成|合成|创作|写作)?)\s?(?:\](?![(\[:])|[】〕〗」』])|（(AI)）|(ᴬᴵ)"
)


def folded(words: str) -> str:
    """The words as they are compared: NFKC, single spaces, without brackets, quotes and emphasis around them."""
    return " ".join(unicodedata.normalize("NFKC", words).split()).strip(_DRESS)


def is_bare(words: str) -> bool:
    """Say whether no bracket, quote or emphasis opens the words."""
    return words[:1] not in _DRESS


def columns(words: str) -> int:
    """Width in half-width columns (UAX 11: wide and full-width characters take two)."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in words)


def reads_as_notice(words: str) -> bool:
    """Say whether a reader takes `words`, standing alone, for a statement that the content was generated."""
    if len(words) > NOTICE_SOURCE:
        return False
    plain = folded(words)
    if len(plain) > NOTICE_COLUMNS or not has_elements(plain) or _speaks_of_generation(plain):
        return False
    if _CODE.search(plain) or words.rstrip().endswith(";") or _is_mentioned(words):
        return False
    return len(plain) * 2 <= NOTICE_COLUMNS or columns(plain) <= NOTICE_COLUMNS


def _speaks_of_generation(plain: str) -> bool:
    if _QUESTION.search(plain) or _TOPIC.match(plain) or _DENIAL.search(plain) or _PREDICATE.search(plain):
        return True
    pair = _PAIR.search(plain)
    if pair is None:
        return not _INVERTED.search(plain)
    return bool(_NOT_DONE.search(pair["between"])) or not _TAIL.match(plain, pair.end())


def _is_mentioned(words: str) -> bool:
    """Whether the statement stands in quotes of its own, with words outside them: '须标注“AI生成”'."""
    line = unicodedata.normalize("NFKC", words).strip()
    pair = _PAIR.search(line)
    before = line[: pair.start()] if pair else ""
    for opening, closing in _QUOTES.items():
        at = before.rfind(opening)
        is_open = at > before.rfind(closing) if opening != closing else before.count(opening) % 2 == 1
        if pair and is_open:
            _, found, behind = line[pair.end() :].partition(closing)
            return at > 0 or bool(found and behind.strip(_DRESS))
    return False


def require_notice(words: str) -> str:
    """`words` without spaces around them, fit to stand as a prompt.

    Raises DeclarationError: WORDS_MISSING_ELEMENT, or OPTION_OUT_OF_RANGE for words in several lines, words that are
    too long, and words that speak of generation without saying that the content was generated.
    """
    require_elements(words)
    trimmed = words.strip()
    width = columns(folded(trimmed))
    if width > NOTICE_COLUMNS:
        raise _unfit("the words are too long for a notice", actual=width, limit=NOTICE_COLUMNS)
    if not reads_as_notice(trimmed):
        raise _unfit("the words speak of generation but do not say that this content was generated", words=words)
    return trimmed


def require_corner_words(words: str) -> str:
    """`words` fit to stand in a corner mark: they hold `AI` (5.1) and are short.

    Raises DeclarationError: WORDS_MISSING_ELEMENT or OPTION_OUT_OF_RANGE.
    """
    trimmed = folded(words)
    if "AI" not in trimmed:
        raise DeclarationError(
            ErrorCode.WORDS_MISSING_ELEMENT, "a corner mark holds the letters AI", missing=["AI"], words=words
        )
    if not corner_words(f"[{trimmed}]"):
        raise _unfit("a corner mark is AI, or AI with 生成, 合成, 创作 or 写作", words=words)
    return trimmed


def corner_words(mark: str) -> str:
    """The words of a corner mark that opens `mark` ('【AI】', '[AI生成]'), or nothing."""
    found = _CORNER.match(mark)
    return (found[1] or found[2] or _CORNER_AI) if found else ""


def _unfit(detail: str, **params: object) -> DeclarationError:
    return DeclarationError(ErrorCode.OPTION_OUT_OF_RANGE, detail, option="words", **params)
