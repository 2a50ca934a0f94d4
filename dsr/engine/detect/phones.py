"""Telephone numbers: what they look like in a text and as a whole value.

A number with a calling code says it alone; a mainland mobile number, a North American one or one with a trunk zero
needs its usual form; a plain run of digits needs a word beside it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from dsr.engine.detect.datafile import lines, root
from dsr.engine.detect.starts import tree

_CANDIDATE = re.compile(
    r"(?<![A-Za-z0-9_/.@#$€£¥%+-])(?<![0-9] )(?<![0-9]:)"
    r"(?:\+|00)?\(?\+?[0-9](?:[ .()/-]{0,3}[0-9]){5,16}"
    r"(?:(?:,? ?(?:x|ext\.?|extension|转|分机) ?\.?[0-9]{1,6}))?"
    r"(?![A-Za-z0-9_@]|[-/][0-9]|\.[0-9]|[ ]?[%€£$¥])"
)
_EXTENSION = re.compile(r",? ?(?:x|ext\.?|extension|转|分机) ?\.?[0-9]{1,6}$")
_NOT_DIGIT = re.compile(r"[^0-9]+")
_DATE = re.compile(
    r"(?:(?:19|20)[0-9]{2}[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12][0-9]|3[01])"
    r"|(?:0?[1-9]|[12][0-9]|3[01])[-/. ](?:0?[1-9]|[12][0-9]|3[01])[-/. ](?:19|20)?[0-9]{2})(?:[ T].*)?"
)
_YEARS = re.compile(r"(?:19|20)[0-9]{2}[ -/]+(?:19|20)[0-9]{2}")
_CN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CN_LAND = re.compile(r"0[0-9]{2,3}[ -][2-9][0-9]{6,7}|\(0[0-9]{2,3}\) ?[2-9][0-9]{6,7}|[48]00-?[0-9]{3}-?[0-9]{4}")
_NANP = re.compile(
    r"(?:1[ .-])?(?:\([2-9][0-9]{2}\)[ .-]?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}"
    r"|\([2-9][0-9]{2}\) ?[2-9][0-9]{6}|[2-9][0-9]{2}/[2-9][0-9]{2}[-.][0-9]{4}"
)
_TRUNK = re.compile(r"\(?0[1-9][0-9()]*(?:[ .()/-]+[0-9]{2,5}){1,5}")
_LOOSE = re.compile(r"(?=.*[0-9]{3})[+(]*[0-9][0-9 .()/*-]*")
_NO_PHONE = re.compile(r"1[01][0-9]{9}|1[0-9]{9}|1[0-9]{12}|[0-9]+\.[0-9]{1,3}|(?:19|20)[0-9]{6}(?:[0-9]{6})?")
"""Times of computers, sums and dates: eleven digits that no plan gives out, ten or thirteen that begin with 1."""
_ZEROS = re.compile(r"(?<![0-9])00")
_SAME = str.maketrans("012345678", "9" * 9)
_ROWS = 20  # lines from which a text is taken for a column
_WINDOW = 40


@lru_cache(maxsize=1)
def _plans() -> dict[str, range]:
    table = root("phones")
    made: dict[str, range] = {}
    for span, codes in table.texts("lengths"):
        fewest, _, most = span.partition("-")
        made |= {code: range(int(fewest), int(most) + 1) for code in codes.split()}
    return made


@lru_cache(maxsize=1)
def _words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return lines("phones", "near"), lines("phones", "never")


@lru_cache(maxsize=1)
def _spoken() -> re.Pattern[str]:
    """Any of these words, also inside others: a quick question before the two exact ones."""
    words = (*root("phones").words("near"), *root("phones").words("never"))
    return re.compile(tree([word.strip().lower() for word in words]))


def international(digits: str) -> bool:
    """Whether digits after a plus are a calling code and as many digits as its plan knows."""
    plans = _plans()
    for size in (1, 2, 3):
        plan = plans.get(digits[:size])
        if plan is not None:
            return len(digits) - size in plan and (len(digits) - size > 1 and len(set(digits[size:])) > 1)
    return False


def formed(text: str) -> bool:
    """Whether the whole value is a telephone number by its form alone."""
    bare = _EXTENSION.sub("", text.strip())
    digits = _NOT_DIGIT.sub("", bare)
    if not 7 <= len(digits) <= 15 or _DATE.fullmatch(bare) or _YEARS.fullmatch(bare):
        return False
    if bare.startswith(("+", "(+")):
        return international(digits.replace("0", "", 1) if "(0)" in bare else digits)
    if bare.startswith("00"):
        return international(digits[2:])
    if len(digits) == 13 and digits.startswith("86"):
        return _CN_MOBILE.fullmatch(digits[2:]) is not None
    if len(digits) == 11 and _CN_MOBILE.fullmatch(digits):
        return "." not in bare and "/" not in bare
    if _CN_LAND.fullmatch(bare) or _NANP.fullmatch(bare):
        return True
    return 9 <= len(digits) <= 12 and _TRUNK.fullmatch(bare) is not None


def loose(text: str) -> bool:
    """Whether it may be one, where the column says so: digits with the usual marks between them."""
    bare = _EXTENSION.sub("", text.strip())
    digits = _NOT_DIGIT.sub("", bare)
    return 5 <= len(digits) <= 15 and _LOOSE.fullmatch(bare) is not None and _NO_PHONE.fullmatch(bare) is None


def spans(text: str) -> list[tuple[int, int]]:
    """Where telephone numbers stand in a folded text."""
    found = []
    for start, end in _candidates(text):
        value = text[start:end]
        if value.count("(") != value.count(")"):
            cut = value.rfind("(") if value.count("(") > value.count(")") else len(value)
            if cut > 0:
                end = start + len(value[:cut].rstrip(" -./"))
            else:
                start += 1
            value = text[start:end]
        if _is_phone(text, start, end, value):
            found.append((start, end))
    return found


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """What may be one. The rows of a column often differ in their digits alone, and then read alike."""
    if text.count("\n") < _ROWS or _ZEROS.search(text) is not None:
        yield from (match.span() for match in _CANDIDATE.finditer(text))
        return
    rows, at = text.translate(_SAME).split("\n"), 0
    known = {row: [match.span() for match in _CANDIDATE.finditer(row)] for row in set(rows)}
    for row in rows:
        yield from ((at + start, at + end) for start, end in known[row])
        at += len(row) + 1


def _is_phone(text: str, start: int, end: int, value: str) -> bool:
    digits = _NOT_DIGIT.sub("", _EXTENSION.sub("", value))
    if not 7 <= len(digits) <= 15 or _DATE.fullmatch(value) or _YEARS.fullmatch(value):
        return False
    before, after = text[max(0, start - _WINDOW) : start].lower(), text[end : end + 12].lower()
    near, never = _words()
    spoken = _spoken().search(before) is not None
    called = [found.end() for found in near.finditer(before)] if spoken else []
    named = [found.end() for found in never.finditer(before)] if spoken else []
    if named and (not called or named[-1] > called[-1]) and not value.startswith("+"):
        return False
    if formed(value):
        return True
    if len(set(digits)) < 3 or value.startswith("."):
        return False
    return bool(called or near.search(after)) and len(digits) <= 12 and not _money(text, start, end)


def _money(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 2) : start].strip()[-1:] in "$€£¥" and start > 0 and text[start - 1 : start] != " "
