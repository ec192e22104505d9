"""Patterns: how descriptions, in English and in Chinese, say what a field may be."""

# ruff: noqa: E501 - a pattern that is broken over lines is harder to read than a long one

from __future__ import annotations

import re

N = r"(?P<n>\d[\d,]*)"
CHARACTERS = r"\s*(?:characters?|chars?|letters?|个?字符|个?字)"
THINGS = (
    r"\s*(?:reference\s+|input\s+)?(?:images?|videos?|items?|elements?|files?|pictures?|entries|shots?|张|个|项|条)"
)
_NOT_MORE = r"(?:(?:can|could|must|should|may|shall)\s*not|cannot|can't|mustn't|do(?:es)? not|不能|不得|不可|不|请勿)\s*(?:be\s+)?(?:exceed|more than|longer than|超过|超出|大于|多于)"
_AT_MOST = r"(?:at most|up to|no more than|not more than|maximum(?: length)?(?: of| is)?|max(?:imum)?\.?(?: length)?|最多(?:支持)?|最长|最大(?:长度)?|上限)[\s:：为是]*"
_AT_LEAST = r"(?:at least|no fewer than|no less than|not less than|minimum(?: of| is)?|min\.?|至少|最少|不少于|不小于)[\s:：为是]*"
NUMBER = r"-?\d+(?:\.\d+)?"
BOUNDS = rf"(?P<low>[\[(（【]?)\s*(?P<from>{NUMBER})\s*(?:,|，|-|–|~|～|to|through|and|至|到)\s*(?P<to>{NUMBER})\s*(?P<high>[\])）】]?)"
RANGE = re.compile(
    rf"(?P<label>(?:value\s+)?range(?:\s+of\s+values)?\s*(?:is\s*)?[:：]?\s*(?:from\s+)?|取值范围\s*[为是:：]?\s*|范围\s*[为是:：]?\s*)`?{BOUNDS}",
    re.IGNORECASE,
)
BETWEEN = re.compile(rf"(?:between|from|range from|介于)\s*`?{BOUNDS}", re.IGNORECASE)
COMPARED = re.compile(rf"(?P<sign><=|>=|≤|≥)\s*(?P<bound>{NUMBER})(?!\s*(?:characters|px|:|MB))")
LABELS = (
    r"(?:enum(?:eration|erated|s)?(?:\s+values?)?|(?:allowed|supported|valid|possible|available|accepted)\s+(?:values?|options?)(?:\s+are)?"
    r"|options|one of|values|可选值?|枚举值?|取值|可选项|支持的值)"
)
ENUM = re.compile(
    rf"\b{LABELS}\s*(?:为|是|包括|include)?\s*[:：]\s*(?P<values>[^\n。；;]+)|(?:枚举值|可选值|取值)[:：为是]\s*(?P<chinese>[^\n。；;]+)",
    re.IGNORECASE,
)
TOKEN = re.compile(r"""[`"'“”‘’]?(?P<value>[\w.:+/-]+?)[`"'“”‘’]?\s*(?P<default>[(（]\s*(?:default|默认)\s*[)）])?\Z""")
DEFAULT = re.compile(
    r"""(?:\b(?:the\s+)?defaults?(?:\s+value)?\s*(?:is|to|[:：=])|默认(?:值)?\s*(?:为|是|[:：])?)\s*[`"'“”]?(?P<value>[\w.+/-]+(?::[\w.]+)*)""",
    re.IGNORECASE,
)
MARKED = re.compile(r"""[`"']?(?P<value>[\w.:+-]+)[`"']?\s*[(（]\s*(?:default|默认)\s*[)）]""", re.IGNORECASE)
EMPTY = re.compile(
    r"(?:must|can|may)\s*not be (?:empty|blank)|cannot be (?:empty|blank)|不能为空|不可为空|不得为空", re.IGNORECASE
)
REQUIRED = re.compile(r"(?:^|[.。]\s*)(?:required(?=[.,。，]|\Z)|必填|必须填写|必选)", re.IGNORECASE)
CONDITION = re.compile(
    r"[^.。\n]*\b(?:required|mandatory)\s+(?:when|if|unless)\b[^。\n]*|[^。\n]*(?:时|则)必填[^。\n]*", re.IGNORECASE
)
WHEN = re.compile(
    r"""required\s+(?:when|if)\s+[`"']?(?P<field>\w+)[`"']?\s*(?:is set to|is|equals|=|==)\s*[`"']?(?P<value>[\w.:-]*\w)[`"']?\s*(?:\.|$)""",
    re.IGNORECASE,
)
LENGTHS = (
    (re.compile(rf"{_NOT_MORE}\s*{N}{CHARACTERS}", re.IGNORECASE), "maxLength", True),
    (
        re.compile(rf"{N}{CHARACTERS}\s*(?:以内|max(?:imum)?|or (?:less|fewer)|at most)", re.IGNORECASE),
        "maxLength",
        True,
    ),
    (re.compile(rf"(?:<=|≤)\s*{N}{CHARACTERS}", re.IGNORECASE), "maxLength", True),
    (
        re.compile(
            rf"(?:maximum length|max length|最大长度|长度(?:限制|不超过)?)\s*(?:of|is|为|是|[:：])?\s*{N}(?:{CHARACTERS})?",
            re.IGNORECASE,
        ),
        "maxLength",
        True,
    ),
    (re.compile(rf"{_AT_MOST}{N}{CHARACTERS}", re.IGNORECASE), "maxLength", False),
    (re.compile(rf"{_AT_LEAST}{N}{CHARACTERS}", re.IGNORECASE), "minLength", False),
)
COUNTS = (
    (re.compile(rf"{_NOT_MORE}\s*{N}(?:{THINGS})?(?!{CHARACTERS}|\s*MB|\d)", re.IGNORECASE), "maxItems", True),
    (re.compile(rf"{_AT_MOST}{N}{THINGS}", re.IGNORECASE), "maxItems", False),
    (re.compile(rf"{_AT_LEAST}{N}{THINGS}", re.IGNORECASE), "minItems", False),
)
DEMAND = re.compile(
    r"\b(?:cannot|can't|must|mustn't|only|not supported|not allowed|required (?:when|if|unless)|is required|mandatory|invalid|not effective|no effect|at least|at most"
    r"|should not|mutually exclusive)\b|不能|不支持|必须|仅|只能|必填|互斥|无效|不得|至少|最多",
    re.IGNORECASE,
)
