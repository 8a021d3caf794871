"""The open elements of a page (HTML Standard 13.2.4.2), with what they mean for a label kept as counts."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from labeling.visible._html_elements import BLOCKS, CLOSED, FLOW, FORMATTING, HEADINGS, MARKERS, NEVER_A_NOTICE, SCOPES


class Open(NamedTuple):
    """One open element; the name is empty where its end tag came before that of an element inside it."""

    name: str
    start: int
    hides: bool
    #: Visible blocks and characters before it.
    blocks_before: int
    seen_before: int


class OpenElements:
    """The stack, from the root on. Every question is answered in constant time."""

    def __init__(self) -> None:
        #: Open elements that bar a paragraph, hide their content, rule out a notice, are headings.
        self.barred = self.hidden = self.never = self.headings = 0
        self._stack: list[Open] = []
        self._where: defaultdict[str, list[int]] = defaultdict(list)
        self._scopes: list[int] = []
        self._blocks: list[int] = []

    def push(self, element: Open) -> None:
        """Open an element."""
        index = len(self._stack)
        self._stack.append(element)
        self._where[element.name].append(index)
        if element.name in SCOPES:
            self._scopes.append(index)
        if element.name in BLOCKS:
            self._blocks.append(index)
        self.count(element, 1)

    def holds(self, name: str) -> bool:
        """Say whether an element of that name is open."""
        return bool(self._where.get(name))

    def close(self, name: str) -> bool:
        """Close the innermost element of that name and what is open inside it; False where none can be closed."""
        where = self._where.get(name)
        if not where or self._is_out_of_reach(name, where[-1]):
            return False
        index = where[-1]
        if name in FORMATTING and self._blocks and self._blocks[-1] > index:
            element = self._stack[index]
            where.pop()
            self.count(element, -1)
            self._stack[index] = element._replace(name="")
            return True
        while len(self._stack) > index:
            self._pop()
        return True

    def leave_foreign_content(self) -> None:
        """Close SVG and MathML before an element of HTML that cannot be in them (13.2.6.5)."""
        if not any(self.holds(name) for name in ("foreignobject", "desc", "title", "annotation-xml")):
            for name in ("svg", "math"):
                while self.close(name):
                    pass

    def barrier(self) -> Open | None:
        """The outermost open element that must not hold a label."""
        return next((one for one in self._stack if one.name and (one.hides or one.name in CLOSED)), None)

    def count(self, element: Open, step: int) -> None:
        """Add an element to the counts, or take it out."""
        name = element.name
        self.barred += step * (name not in FLOW)
        self.never += step * (name in NEVER_A_NOTICE)
        self.headings += step * (name in HEADINGS)
        self.hidden += step * element.hides

    def _is_out_of_reach(self, name: str, index: int) -> bool:
        if name not in SCOPES and self._scopes and self._scopes[-1] > index:
            return True
        markers = MARKERS.get(name, ()) if name not in SCOPES else ("template", "select")
        return any(self._where[marker] and self._where[marker][-1] > index for marker in markers)

    def _pop(self) -> None:
        element = self._stack.pop()
        if not element.name:
            return
        self._where[element.name].pop()
        if element.name in SCOPES:
            self._scopes.pop()
        if element.name in BLOCKS:
            self._blocks.pop()
        self.count(element, -1)
