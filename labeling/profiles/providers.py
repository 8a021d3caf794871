"""Providers by their unified social credit code. Data with its source; a code that is missing here means nothing.

There is no public registry of provider codes: these are codes of real files and of tables that independent projects
keep, with the names that these give. A name here is a hint for a person and never decides about a record.
"""

from __future__ import annotations

from dataclasses import dataclass

_FROM_FILES = "provider code in real labelled files"
_FROM_TABLES = "tables of independent projects"


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """What is known of one credit code."""

    credit_code: str
    product: str
    source: str


_KNOWN: dict[str, KnownProvider] = {
    code: KnownProvider(code, product, source)
    for code, product, source in (
        ("91110102MACQD9K640", "Doubao (豆包)", _FROM_FILES),
        ("9144030008867405X2", "Jimeng, Dreamina, CapCut (即梦、剪映)", _FROM_FILES),
        ("91110108335469089C", "Kling (可灵)", _FROM_TABLES),
        ("91440101MA9Y9T4H7A", "Qwen (通义千问)", _FROM_TABLES),
        ("91440300708461136T", "Tencent (腾讯)", _FROM_TABLES),
        ("91110108MA01KP2T5U", "Zhipu (智谱)", _FROM_TABLES),
        ("91310104MACE0YX639", "StepFun (阶跃星辰)", _FROM_FILES),
        ("91440300MA5G49LC9K", "Honor (荣耀)", _FROM_TABLES),
        ("91110105MACJ6K1C8A", "LibLib", _FROM_TABLES),
        ("91340100MAEB4N8H76", "RunningHub", _FROM_TABLES),
        ("91110000802100433B", "Baidu (百度)", _FROM_TABLES),
    )
}
#: Where the credit code stands in a provider code (TC260-PG-20252A).
_CREDIT_CODE = slice(4, 22)


def known_provider(provider: str) -> KnownProvider | None:
    """Who a provider code, or a bare credit code, is known to be."""
    return _KNOWN.get(provider[_CREDIT_CODE] if len(provider) == 27 else provider)


#: What `labeling.provider_code` finds odd, in the regulator's language, by the code of its notices.
PROVIDER_WORDS_ZH: dict[str, str] = {
    "provider.plain_name": "为名称而非27位服务提供者编码",
    "provider.bare_credit_code": "仅为统一社会信用代码，而非27位服务提供者编码",
    "provider.code_malformed": "疑为服务提供者编码，但格式有误",
    "provider.not_checked": "主体类型或绑定方式不是以统一社会信用代码绑定的组织，未予检查",
    "provider.credit_code_alphabet": "统一社会信用代码含有不允许的字符",
    "provider.credit_code_check": "统一社会信用代码的校验码有误",
    "provider.service_kind": "服务扩展码既不是00000，也不以1（生成）或2（传播）开头",
}
