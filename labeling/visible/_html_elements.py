"""HTML elements by what they mean for a label: names from the HTML Standard, some of the groups our own."""

from __future__ import annotations

from labeling.containers._html_scan import RAW_TEXT

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Elements that may hold paragraphs and a label among them.
FLOW = frozenset({"html", "body", "div", "section", "article", "main"})
#: Elements whose text is in the elements inside them.
LISTS = frozenset({"ul", "ol", "table"})
#: Elements that begin and end a line of text (HTML Standard 15.3).
BLOCKS = HEADINGS | frozenset(
    "address article aside blockquote center details dialog dir div dl dd dt fieldset figcaption figure footer form"
    " header hgroup hr li main menu nav ol p pre search section summary table ul tr td th caption body html head"
    " option legend".split()
)
#: Start tags that close an open `p` (13.1.2.4).
CLOSE_P = BLOCKS - frozenset("tr td th caption option legend body html head".split())
#: Blocks after which a paragraph of the text may stand.
BREAKS = frozenset("p ul ol dl table pre blockquote figure div section article hr".split())
#: Elements in which words are not taken for a label.
NEVER_A_NOTICE = HEADINGS | frozenset(
    "ul ol li dl dd dt table td th pre code select button template svg math head legend summary details dialog".split()
)
#: Elements that must not hold a label.
CLOSED = (
    NEVER_A_NOTICE
    | RAW_TEXT
    | frozenset(
        "a object video audio canvas figure fieldset label menu map picture ruby datalist optgroup frameset applet"
        " marquee caption option".split()
    )
)
#: Start tags that a parser ignores the second time (13.2.6.4.7).
ONCE = frozenset({"html", "head", "body"})
VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr basefont bgsound frame keygen".split()
)
#: Elements that end tags do not cross (13.2.4.2); `select`, `svg` and `math` besides, to be on the safe side.
SCOPES = frozenset("applet caption td th table marquee object template select svg math".split())
#: More of them for single elements.
MARKERS = {"p": ("button",), "li": ("ul", "ol")}
#: Elements whose end tag leaves the blocks inside them open (13.2.6.4.7, the adoption agency algorithm).
FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
