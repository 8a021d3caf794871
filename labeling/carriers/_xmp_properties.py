"""The record's properties in a parsed packet: where they stand, what they say, and what goes with them.

RDF has many ways to write one statement (RDF/XML 1.1; ISO 16684-1, 7): as an element or an attribute, with its value
in `rdf:value`, in alternatives, in a structure of its own. All of them are found, anywhere in the packet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from lxml import etree

from labeling.errors import ErrorCode
from labeling.limits import Limits, require_within
from labeling.model import Carrier
from labeling.record import FIELD_NAMES
from labeling.record_text import means_a_record, object_text

#: Some writers drop the version or the last slash, or put each field of the record under the namespace.
TC260_STEM = "http://www.tc260.org.cn/ns/AIGC"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_KEY_WORD = "aigc"
_FIELDS = {name.casefold(): name for name in FIELD_NAMES.values()}
_VALUE, _RESOURCE, _ITEM = f"{{{RDF}}}value", f"{{{RDF}}}resource", f"{{{RDF}}}li"
_ALTERNATIVES = f"{{{RDF}}}Alt"
#: Words without which no packet holds a record; a character reference can spell any of them.
_WORDS = (b"aigc", b"contentproducer", b"produceid", b"&#")

_FOLDED = "translate(., 'AIGC', 'aigc')"

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Property:
    """A record as it stands in a packet."""

    carrier: Carrier
    #: With the name of the property behind it, where that is another than the key word.
    namespace: str
    text: str
    #: (name, value) of fields that stand one by one where the JSON object should be.
    fields: Fields = ()


class Statement(NamedTuple):
    """An element, or one attribute of it, that says something of a record."""

    element: etree._Element
    #: None for the element itself.
    attribute: str | None

    @property
    def carrier(self) -> Carrier:
        """How it is written."""
        return Carrier.XMP if self.attribute is None else Carrier.XMP_ATTRIBUTE

    @property
    def name(self) -> tuple[str, str]:
        """(namespace, local name in lower case)."""
        namespace, local = split_name(self.element.tag if self.attribute is None else self.attribute)
        return namespace, local.casefold()

    @property
    def value(self) -> str:
        """What it says."""
        return text_of(self.element) if self.attribute is None else str(self.element.get(self.attribute))

    @property
    def says_a_record(self) -> bool:
        """Whether its value is a record, whatever it is called."""
        is_leaf = self.attribute is not None or not len(self.element)
        return is_leaf and means_a_record(self.value)

    @property
    def full_name(self) -> str:
        """Namespace and name, as one, of the property that it is, or is the value of."""
        return "".join(split_name(self.property.tag if self.attribute is None else self.attribute))

    @property
    def property(self) -> etree._Element:
        """The property that an element is, or is the value of: the nearest one that is not RDF's own grammar."""
        element = self.element
        while split_name(element.tag)[0] == RDF:
            outer = element.getparent()
            if outer is None or not split_name(outer.tag)[0] or outer.tag in _FRAMES:
                break
            element = outer
        return element


_FRAMES = frozenset({f"{{{RDF}}}RDF", "{adobe:ns:meta/}xmpmeta", "{adobe:ns:meta/}xapmeta"})


def may_hold_one(source: bytes) -> bool:
    """Whether a packet in an encoding that contains ASCII could hold a record."""
    folded = source.lower()
    return any(word in folded for word in _WORDS)


def properties(root: etree._Element, limits: Limits) -> Iterator[Property]:
    """Every record under `root`; fields that stand alone under the namespace make one for each subject, at the end.

    Raises as `statements`.
    """
    alone: dict[etree._Element | None, list[Statement]] = {}
    for statement in statements(root, limits):
        namespace, local = statement.name
        if local == _KEY_WORD and statement.attribute is None:
            yield from _of_element(statement.element, namespace)
        elif local == _KEY_WORD:
            yield Property(statement.carrier, namespace, statement.value)
        elif statement.says_a_record:
            yield Property(statement.carrier, statement.full_name, object_text(statement.value))
        elif local in _FIELDS:
            subject = statement.element if statement.attribute else statement.element.getparent()
            alone.setdefault(subject, []).append(statement)
    for together in alone.values():
        fields = tuple((_FIELDS[statement.name[1]], statement.value) for statement in together)
        yield Property(together[0].carrier, together[0].name[0], _listed(fields), fields)


def statements(root: etree._Element, limits: Limits) -> Iterator[Statement]:
    """Whatever is named as a record, lies in its namespace, or means to be one; what lies inside such belongs to it.

    Raises LimitError(LIMIT_ITEMS) above `Limits.records` elements with the words of a record.
    """
    record = None
    candidates: Any = _candidates()(root)
    require_within(ErrorCode.LIMIT_ITEMS, len(candidates), limits.records, "the elements that may be records")
    for element in candidates:
        if record is not None and record in element.iterancestors():
            continue
        for part in filter(_is_of_record, _parts(element)):
            is_property = part.attribute is None and part.name[1] == _KEY_WORD
            record = element if is_property else record
            yield part


def _parts(element: etree._Element) -> Iterator[Statement]:
    """The attributes and the element itself; those of a property that is named as a record belong to it."""
    whole = Statement(element, None)
    if whole.name[1] != _KEY_WORD:
        yield from [Statement(element, str(name)) for name in element.attrib]
    yield whole


def split_name(name: object) -> tuple[str, str]:
    """(namespace, local name); comments and processing instructions have neither."""
    if not isinstance(name, str):
        return "", ""
    namespace, _, local = name.rpartition("}")
    return namespace[1:], local


def text_of(element: etree._Element) -> str:
    """All text in an element; comments and instructions in it are no part of that."""
    return str(_string()(element))


@cache
def _string() -> etree.XPath:
    return etree.XPath("string()", smart_strings=False)


@cache
def _candidates() -> etree.XPath:
    """Elements that are named, or hold an attribute or a text that is named, as a record may be."""
    name = f"translate(local-name(), 'AIGC', 'aigc') = '{_KEY_WORD}' or starts-with(namespace-uri(), '{TC260_STEM}')"
    words = ("contains(., 'ContentProducer')", "contains(., 'ProduceID')", f"contains({_FOLDED}, '{_KEY_WORD}')")
    says = " or ".join(words)
    return etree.XPath(f"/descendant::*[{name} or @*[{name} or {says}] or text()[{says}]]")


def _is_of_record(statement: Statement) -> bool:
    namespace, local = statement.name
    return local == _KEY_WORD or namespace.startswith(TC260_STEM) or statement.says_a_record


def _of_element(element: etree._Element, namespace: str) -> Iterator[Property]:
    """What a property says: a value, several, or fields."""
    fields = tuple(_fields(element))
    if fields:
        yield Property(Carrier.XMP, namespace, _listed(fields), fields)
        return
    for text in _values(element):
        yield Property(Carrier.XMP, namespace, text)


def _values(element: etree._Element) -> Iterable[str]:
    """The texts of a property. Alternatives that say the same are one."""
    resource = element.get(_RESOURCE)
    if resource is not None:
        return (str(resource),)
    items = [text_of(item) for item in element.iter(_ITEM)]
    if items:
        is_choice = next(element.iter(_ALTERNATIVES), None) is not None
        return dict.fromkeys(item.strip() for item in items) if is_choice else items
    value = next(element.iter(_VALUE), None)
    return (text_of(element if value is None else value),)


def _fields(element: etree._Element) -> Iterator[tuple[str, str]]:
    """The fields of a record that is a structure: elements in it, or attributes."""
    for part in element.iter("*"):
        for name, value in part.attrib.items():
            local = split_name(name)[1].casefold()
            if local in _FIELDS:
                yield _FIELDS[local], str(value)
        local = split_name(part.tag)[1].casefold()
        if local in _FIELDS:
            yield _FIELDS[local], text_of(part)


def _listed(fields: Fields) -> str:
    return "; ".join(f"{name}={value}" for name, value in fields)
