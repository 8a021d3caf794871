"""Every check as data: what it is about, the clause it rests on, how grave it is, and its words in two languages.

`RULES` says what is checked, `MESSAGES` what can be said about it; whatever looks at a file yields `said(code, ...)`.
"""

from __future__ import annotations

from dataclasses import dataclass

from labeling.report import Check, Outcome, Words

STANDARD = "GB 45438-2025"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is checked."""

    id: str
    #: The gravest outcome that it can have.
    severity: Outcome
    #: Document and clause; empty where it is our own.
    basis: str
    title: Words


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that can be said; the words take the parameters of the check in braces."""

    rule: str
    outcome: Outcome
    words: Words


def _rule(id_: str, severity: Outcome, basis: str, en: str, zh: str) -> Rule:
    return Rule(id_, severity, basis, Words(en, zh))


_PASS, _NOTE, _WARNING, _FAILURE, _ERROR = (
    Outcome.PASS,
    Outcome.NOTE,
    Outcome.WARNING,
    Outcome.FAILURE,
    Outcome.ERROR,
)

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        _rule("file.readable", _ERROR, "", "The file can be read", "文件可读取"),
        _rule("file.searched", _ERROR, "", "The whole file was searched", "文件已全部查找"),
        _rule("record.single", _FAILURE, f"{STANDARD} 6.1 c)", "One implicit label only", "只保留一个元数据隐式标识"),
        _rule("record.json", _ERROR, f"{STANDARD} Annex E b)", "The record is a JSON object", "标识内容为JSON对象"),
        _rule("record.fields", _FAILURE, f"{STANDARD} Annex E b)", "The fields of the record", "标识字段"),
        _rule("record.label", _FAILURE, f"{STANDARD} Annex E c)", "The value of Label", "Label取值"),
        _rule("record.empty_field", _FAILURE, f"{STANDARD} 6.1 a)", "The elements are named", "必备要素不为空"),
        _rule("record.charset", _WARNING, f"{STANDARD} Annex E j)", "The characters of the values", "取值字符范围"),
        _rule(
            "record.first_write", _NOTE, f"{STANDARD} Annex E note 1", "Propagator and producer", "传播要素与制作要素"
        ),
        _rule("record.provider_code", _WARNING, "TC260-PG-20252A", "The provider code", "服务提供者编码"),
        _rule("record.provider_known", _NOTE, "", "The provider is known by name", "服务提供者名称"),
        _rule("record.key_word", _WARNING, f"{STANDARD} Annex E a)", "The key word holds AIGC", "关键字包含AIGC"),
        _rule("record.namespace", _FAILURE, "TC260-PG-20259A", "The XMP namespace", "XMP命名空间"),
        _rule(
            "record.placement",
            _WARNING,
            "TC260 practice guides",
            "The place that the guide names",
            "实践指南规定的位置",
        ),
        _rule("record.integrity", _WARNING, "TC260-PG-202511A", "The reserved codes", "预留字段的安全防护信息"),
        _rule("text.visible_label", _WARNING, f"{STANDARD} 5.1", "The visible label of the text", "文本显式标识"),
        _rule("picture.visible_label", _WARNING, f"{STANDARD} 5.2", "The visible label of the picture", "图片显式标识"),
        _rule("credential.readable", _WARNING, "C2PA", "The C2PA credential can be read", "C2PA凭证可读取"),
        _rule("credential.hash", _WARNING, "C2PA", "The content is what was signed", "内容与签名时一致"),
        _rule("credential.signature", _WARNING, "C2PA", "The C2PA signature", "C2PA签名"),
        _rule("credential.certificate", _WARNING, "C2PA", "The C2PA certificate", "C2PA证书"),
        _rule("credential.ingredients", _WARNING, "C2PA", "The ingredients of the credential", "C2PA成分"),
        _rule("credential.remote", _NOTE, "C2PA", "A credential outside the file", "文件外的C2PA凭证"),
    )
}


def _message(rule: str, outcome: Outcome, en: str, zh: str) -> Message:
    return Message(rule, outcome, Words(en, zh))


MESSAGES: dict[str, Message] = {
    "file.unreadable": _message("file.readable", _ERROR, "could not be read: {reason}", "无法读取（{error}）"),
    "file.part_not_searched": _message(
        "file.searched",
        _NOTE,
        "{place}: more of it than was searched; a further record there would not be seen",
        "{place}：内容过多，未全部查找，其后如有标识将无法发现",
    ),
    "file.searched_in_part": _message(
        "file.searched",
        _ERROR,
        "{place}: more of it than was searched, and no record was found before; whether there is one is not known",
        "{place}：内容过多，未全部查找，已查部分未发现标识，不能判断是否有标识",
    ),
    "record.one": _message("record.single", _PASS, "the file holds one record", "文件含有一个隐式标识"),
    "record.many": _message(
        "record.single", _FAILURE, "the file holds {count} records", "文件含有{count}个隐式标识，只应保留一个"
    ),
    "record.well_formed": _message(
        "record.json", _PASS, "the record has the fields that it needs", "隐式标识的字段齐全"
    ),
    "record.not_json": _message("record.json", _FAILURE, "the record is not a JSON object", "隐式标识不是JSON对象"),
    "record.duplicate_key": _message(
        "record.json", _FAILURE, "the record names the key {field} twice", "隐式标识重复出现键{field}"
    ),
    "record.nested_too_deep": _message(
        "record.json", _ERROR, "the record is nested too deeply to be read", "隐式标识嵌套过深，无法读取"
    ),
    "record.too_long": _message("record.json", _ERROR, "the record is too long to be read", "隐式标识过长，无法读取"),
    "record.missing_field": _message(
        "record.fields", _FAILURE, "the record lacks the field {field}", "隐式标识缺少字段{field}"
    ),
    "record.misspelt_field": _message(
        "record.fields", _WARNING, "the field {field} is misspelt", "字段名{field}拼写有误"
    ),
    "record.unknown_field": _message(
        "record.fields", _NOTE, "the record has a further field {field}", "隐式标识另有字段{field}"
    ),
    "record.not_a_string": _message(
        "record.fields", _WARNING, "the value of {field} is not a string", "{field}的值不是字符串"
    ),
    "record.reserved_not_a_string": _message(
        "record.fields",
        _NOTE,
        "the value of {field} is null or an object, not a string",
        "{field}的值为空值或对象，不是字符串",
    ),
    "record.label_known": _message("record.label", _PASS, "Label is {value}", "Label为{value}"),
    "record.label_unknown": _message(
        "record.label", _FAILURE, "Label is '{value}', not 1, 2 or 3", "Label为“{value}”，不是1、2或3"
    ),
    "record.producer_empty": _message("record.empty_field", _FAILURE, "{field} is empty", "{field}为空"),
    "record.producer_unknown": _message(
        "record.empty_field",
        _NOTE,
        "{field} is empty in a record that a platform wrote",
        "平台写入的标识中{field}为空",
    ),
    "record.propagator_empty": _message("record.empty_field", _WARNING, "{field} is empty", "{field}为空"),
    "record.outside_charset": _message(
        "record.charset",
        _WARNING,
        "{field} has a character outside the charset at position {position}",
        "{field}第{position}位（从0起）的字符超出规定范围",
    ),
    "record.propagation_differs": _message(
        "record.first_write",
        _NOTE,
        "producer and propagator are the same and their numbers differ",
        "制作者与传播者相同，但内容编号与传播编号不同",
    ),
    "record.provider_odd": _message(
        "record.provider_code", _WARNING, "{field}: {reason}", "{field}的编码：{reason_zh}"
    ),
    "record.provider_named": _message(
        "record.provider_known",
        _NOTE,
        "the credit code in {field} is known as {product}'s",
        "{field}中的统一社会信用代码对应{product}",
    ),
    "record.bare_under_other_key": _message(
        "record.key_word",
        _WARNING,
        "the record stands under the key '{keyword}', which does not hold AIGC",
        "标识所在的键“{keyword}”不含AIGC",
    ),
    "record.namespace_slip": _message(
        "record.namespace",
        _WARNING,
        "the namespace '{namespace}' differs from '{expected}' in its last slashes",
        "命名空间“{namespace}”与“{expected}”末尾斜杠不一致",
    ),
    "record.namespace_other": _message(
        "record.namespace",
        _FAILURE,
        "the property lies in the namespace '{namespace}', not in '{expected}'",
        "属性位于命名空间“{namespace}”，应为“{expected}”",
    ),
    "record.place_of_guide": _message(
        "record.placement", _PASS, "it stands where the guide puts it", "位于实践指南规定的位置"
    ),
    "record.place_other": _message(
        "record.placement",
        _WARNING,
        "the guide for {format} does not name this place ({carrier})",
        "{format}的实践指南未规定该位置（{carrier}）",
    ),
    "record.place_undefined": _message(
        "record.placement", _NOTE, "no guide says where a record lies in {format}", "尚无实践指南规定{format}中的位置"
    ),
    "record.stored": _message("record.placement", _NOTE, "stored {note}", "存储方式：“{note}”"),
    "integrity.authentic": _message(
        "record.integrity",
        _PASS,
        "{field}: the signature over {covers} verifies with a key that is pinned for this provider",
        "{field}：对{covers}的签名可用为该服务提供者指定的密钥验证",
    ),
    "integrity.internally_consistent": _message(
        "record.integrity",
        _NOTE,
        "{field}: the signature over {covers} verifies with the key in the file, which does not prove whose it is",
        "{field}：对{covers}的签名可用文件内的密钥验证，但不能证明密钥归属",
    ),
    "integrity.broken": _message(
        "record.integrity",
        _WARNING,
        "{field}: the signature verifies in no known variant; what the record says may not be what was signed",
        "{field}：签名在已知形式下均未通过验证，标识内容可能已被更改",
    ),
    "integrity.other_key": _message(
        "record.integrity",
        _WARNING,
        "{field}: signed with another key than the one that is pinned for this provider",
        "{field}：签名所用密钥与为该服务提供者指定的密钥不同",
    ),
    "integrity.content_binding": _message(
        "record.integrity",
        _NOTE,
        "{field} binds the content in a form that no public rule explains; it was not checked",
        "{field}含有内容绑定信息，因无公开规则未予验证",
    ),
    "integrity.not_all_tried": _message(
        "record.integrity",
        _NOTE,
        "{field}: there are more signatures in the file than were tried",
        "{field}：文件中的签名过多，未全部验证",
    ),
    "integrity.not_checkable": _message(
        "record.integrity",
        _NOTE,
        "{field} holds something that no public rule checks",
        "{field}的内容无公开规则可供验证",
    ),
    "text.labelled": _message("text.visible_label", _PASS, "the text carries a visible label", "文本带有显式标识"),
    "picture.labelled": _message(
        "picture.visible_label", _PASS, "the picture carries a visible label", "图片带有显式标识"
    ),
    "picture.label_small": _message(
        "picture.visible_label",
        _WARNING,
        "the words '{words}' are {ratio:.1%} of the shortest side high, below 5 %",
        "“{words}”字高为最短边的{ratio:.1%}，低于5%",
    ),
    "picture.label_elements": _message(
        "picture.visible_label",
        _WARNING,
        "the words '{words}' do not hold both elements",
        "“{words}”未同时包含人工智能要素和生成合成要素",
    ),
    "picture.label_in_part": _message(
        "picture.visible_label",
        _WARNING,
        "the label can hardly be told from what lies behind it, or not every frame shows it",
        "标识与背景难以区分，或并非每一帧均有标识",
    ),
    "picture.label_inside": _message(
        "picture.visible_label",
        _WARNING,
        "the words '{words}' stand neither at an edge nor in a corner",
        "“{words}”不在画面边缘或角部",
    ),
    "credential.intact": _message("credential.hash", _PASS, "the content is what was signed", "内容与签名时一致"),
    "credential.changed": _message(
        "credential.hash", _WARNING, "the content is not what was signed", "内容与签名时不一致"
    ),
    "credential.hash_unknown": _message(
        "credential.hash", _NOTE, "whether the content is what was signed is not known", "无法判断内容是否与签名时一致"
    ),
    "credential.unreadable": _message(
        "credential.readable",
        _WARNING,
        "there is a C2PA credential that cannot be read: {reason}",
        "存在C2PA凭证但无法读取：{reason}",
    ),
    "credential.not_read": _message(
        "credential.readable",
        _NOTE,
        "there is a C2PA credential that was not read: {reason}",
        "存在C2PA凭证但未读取：{reason}",
    ),
    "credential.signature_valid": _message("credential.signature", _PASS, "the signature verifies", "签名验证通过"),
    "credential.signature_invalid": _message(
        "credential.signature", _WARNING, "the signature does not verify", "签名验证未通过"
    ),
    "credential.trusted": _message(
        "credential.certificate", _PASS, "the certificate leads to a trusted anchor", "证书链至受信任的锚点"
    ),
    "credential.untrusted": _message(
        "credential.certificate",
        _NOTE,
        "the certificate leads to no anchor that is trusted here",
        "证书未链至本系统信任的锚点",
    ),
    "credential.expired": _message(
        "credential.certificate",
        _WARNING,
        "the certificate has expired and no trusted time stamp shows that it signed before",
        "证书已过期，且无可信时间戳证明其在有效期内签名",
    ),
    "credential.wrong_usage": _message(
        "credential.certificate", _WARNING, "the certificate is not one for signing content", "证书用途不含内容签名"
    ),
    "credential.revoked": _message("credential.certificate", _WARNING, "the certificate was revoked", "证书已被吊销"),
    "credential.invalid": _message("credential.certificate", _WARNING, "the certificate is malformed", "证书无效"),
    "credential.ingredient_failed": _message(
        "credential.ingredients",
        _WARNING,
        "the credential of an ingredient does not check: {codes}",
        "成分的凭证未通过验证：{codes}",
    ),
    "credential.elsewhere": _message(
        "credential.remote",
        _NOTE,
        "the file points to a C2PA manifest at {address}, which was not fetched",
        "文件引用了位于{address}的C2PA清单，未予获取",
    ),
}


def said(code: str, *, site: int | None = None, basis: str = "", **params: object) -> Check:
    """The check for one message; `params` fill its words and go into the report, `basis` replaces the rule's."""
    message = MESSAGES[code]
    params = {name: _quoted(value) for name, value in params.items()}
    return Check(
        id=message.rule,
        outcome=message.outcome,
        basis=basis or RULES[message.rule].basis,
        detail=message.words.en.format(**params),
        site=site,
        params={"code": code, **params},
        detail_zh=message.words.zh.format(**params),
    )


#: A value of the file that is quoted in a check; the whole of it stands in the site.
_LONGEST_QUOTE = 200


def _quoted(value: object) -> object:
    if isinstance(value, str) and len(value) > _LONGEST_QUOTE:
        return value[:_LONGEST_QUOTE] + "…"
    return value
