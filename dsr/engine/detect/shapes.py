"""What whole values of a column look like where no check digit helps: names, addresses, dates, keys, hashes."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from dsr.engine.detect import phones
from dsr.engine.detect.datafile import root

_HAN_NAME = re.compile("[\u3400-\u9fff]{2,4}(?:·[\u3400-\u9fff]{1,8})?")
_LATIN_NAME = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:[ ,]{1,2}[^\W\d_][^\W\d_'’.-]*){0,4}")
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile("[\u3400-\u9fff]")
_HEX = r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128}"
_BASE64 = r"[A-Za-z0-9+/_-]{40,}={0,2}|gAAAA[A-Za-z0-9_=-]{40,}|enc:.{16,}|vault:v[0-9]+:.+|\\x[0-9a-f]{32,}"
_PASSWORD = re.compile(
    r"\$(?:2[abxy]?|argon2(?:id|i|d)|5|6|1|y|scrypt|pbkdf2[a-z0-9-]*)\$.{10,}|pbkdf2_sha256\$[0-9]+\$.+|bcrypt\$.+|\{(?:SSHA|SHA|SSHA256|SSHA512|CRYPT|BCRYPT)\}.{8,}"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_USERNAME = re.compile(r"[^\s@]{2,64}")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?", re.ASCII)
_US_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_HOUSE = re.compile(r"(?<![0-9])[0-9]{1,6}(?![0-9])", re.ASCII)
_POSTAL = re.compile(
    r"[0-9]{5,6}|[0-9]{5}-[0-9]{4}|[0-9]{3}-[0-9]{4}|[0-9]{4}(?: ?[A-Z]{2})?|[0-9]{2}-[0-9]{3}"
    r"|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}"
    r"|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]|[0-9]{3} [0-9]{2}|[0-9]{5}-?[0-9]{3}|[A-Z]{1,2}-?[0-9]{4,5}"
)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_REVISION = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"(?!10\.|127\.|0\.0)[0-9]{1,2}(?:\.[0-9]{1,2}){3}")
_DECIMALS = re.compile(r"-?[0-9]{1,3}\.[0-9]{4,}")
_OPAQUE = re.compile(rf"{_HEX}|{_BASE64}|[^*•xX#]*[*•xX#]{{2,}}[^*•xX#]*")

_COMPANY = frozenset(
    [
        "and",
        "und",
        "et",
        "y",
        "inc",
        "llc",
        "ltd",
        "plc",
        "gmbh",
        "corp",
        "co",
        "group",
        "company",
        "sons",
        "bank",
        "university",
        "college",
        "hotel",
        "street",
        "st",
        "road",
        "city",
        "county",
    ]
)


@lru_cache(maxsize=1)
def _surnames() -> tuple[frozenset[str], frozenset[str]]:
    table = root("people")
    return frozenset("".join(table.words("surnames_zh"))), frozenset(table.words("double_surnames_zh"))


@lru_cache(maxsize=16)
def _set(key: str) -> frozenset[str]:
    return frozenset(root("people").words(key))


@lru_cache(maxsize=1)
def _places() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _set("streets_zh") | _set("provinces_zh"))))


def han_name(text: str) -> bool:
    """A Chinese name by its surname and length."""
    if _HAN_NAME.fullmatch(text) is None:
        return False
    single, double = _surnames()
    if text[:2] in double:
        return len(text) >= 3
    return (
        text[0] in single
        and len(text.partition("·")[0]) <= 4
        and text[:2] not in _set("not_names_zh")
        and text not in _set("not_names_zh")
    )


def latin_name(text: str) -> bool:
    """Words of letters of which the first is a given name or the last a family name."""
    if len(text) > 60 or _LATIN_NAME.fullmatch(text) is None:
        return False
    found = [one.lower() for one in _LATIN_WORD.findall(text)]
    if not found or _COMPANY.intersection(found):
        return False
    return bool(_set("given_en").intersection(found)) or found[-1] in _set("family_en") or found[0] in _set("family_en")


def nameable(text: str) -> bool:
    """Whether it may be a name where the column says so."""
    return (
        0 < len(text) <= 80
        and not any(one.isdigit() for one in text[:-2])
        and not text.startswith(("{", "[", "http"))
        and "@" not in text
        and any(one.isalpha() for one in text)
    )


def address(text: str) -> bool:
    """A postal address: Chinese parts of places, or a house number with the word for a street."""
    if not 6 <= len(text) <= 200:
        return False
    if _HAN.search(text):
        found = set(_places().findall(text))
        return len(found) >= 3 or (len(found) >= 2 and any(one.isdigit() for one in text))
    if _HOUSE.search(text) is None:
        return False
    low = text.lower()
    words = {one.strip(".") for one in _LATIN_WORD.findall(low)}
    return bool(words & _set("streets_en")) or any(
        low.partition(" ")[0].endswith(one) or f"{one} " in low
        for one in ("straße", "strasse", "straat", "gasse", "weg")
    )


def addressable(text: str) -> bool:
    """Whether it may be part of an address where the column says so."""
    return (
        0 < len(text) <= 300
        and "@" not in text
        and not text.startswith(("http", "{", "["))
        and (any(one.isalpha() for one in text) or len(text) <= 8)
    )


def born(text: str) -> bool:
    """A day on which somebody alive may have been born."""
    match = _DAY.fullmatch(text)
    year, month, day = match.groups() if match else ("", "", "")
    if match is None:
        other = _US_DAY.fullmatch(text)
        if other is None:
            return False
        month, day, year = other.groups()
        if int(month) > 12:
            month, day = day, month
    try:
        return 1900 <= date(int(year), int(month), int(day)).year < 2030
    except ValueError:
        return False


def opaque(text: str) -> bool:
    """A hash, a cipher text or a mask: the value itself cannot be read any more."""
    return _OPAQUE.fullmatch(text) is not None and _UUID.fullmatch(text) is None


def password(text: str) -> bool:
    """A stored password by the marks of its algorithm."""
    return _PASSWORD.fullmatch(text) is not None


def decimal(text: str) -> bool:
    """A number as positions are written: up to three digits and at least four decimals."""
    return _DECIMALS.fullmatch(text) is not None and abs(float(text)) <= 180


def version(text: str) -> bool:
    """Four short numbers with dots between: rather a version than an address, unless of a private network."""
    return _VERSION.fullmatch(text) is not None


def revision(text: str) -> bool:
    """The digest that names a revision or a file."""
    return _REVISION.fullmatch(text) is not None


def _number_to(most: float) -> Callable[[str], bool]:
    return lambda text: _NUMBER.fullmatch(text) is not None and -most <= float(text) <= most


def _letters(most: int) -> Callable[[str], bool]:
    return lambda text: 0 < len(text) <= most and any(one.isalpha() for one in text) and "@" not in text


def _digits(fewest: int, most: int) -> Callable[[str], bool]:
    form = re.compile(rf"[A-Za-z]{{0,6}}[0-9A-Za-z -]{{{fewest},{most}}}")
    return lambda text: form.fullmatch(text) is not None and any(one.isdigit() for one in text)


def _no_sentence(text: str) -> bool:
    return 0 < len(text) <= 4096 and text.count(" ") <= 2


PLAUSIBLE: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "phone": phones.loose,
        "name": nameable,
        "username": lambda text: _USERNAME.fullmatch(text) is not None or nameable(text),
        "address": addressable,
        "location": _letters(60),
        "postal_code": lambda text: _POSTAL.fullmatch(text.upper()) is not None,
        "birth_date": lambda text: (
            born(text)
            or (
                text.isascii()
                and text.isdigit()
                and (1900 <= int(text[:4] or 0) <= 2030 or -(10**10) < int(text) < 10**10)
            )
        ),
        "age": lambda text: (
            (text.isascii() and text.isdigit() and int(text) <= 130) or (not text.isdigit() and len(text) <= 12)
        ),
        "gender": lambda text: len(text) <= 20,
        "card": _digits(4, 24),
        "bank_account": _digits(4, 40),
        "passport": _digits(6, 12),
        "permit": _digits(6, 14),
        "national_id": _digits(4, 24),
        "cn_ric": _digits(6, 24),
        "tax_id": _digits(6, 24),
        "driver_license": _digits(5, 24),
        "plate": lambda text: 3 <= len(text) <= 20,
        "geolocation": lambda text: (
            _number_to(180)(text)
            or "," in text
            or text.startswith(("POINT", "{", "0101"))
            or (text.isalnum() and len(text) <= 12)
        ),
        "secret": lambda text: len(text) >= 3 and _no_sentence(text),
        "cookie": _no_sentence,
        "device_id": _no_sentence,
        "person_id": lambda text: _no_sentence(text) and len(text) <= 80,
        "social": lambda text: len(text) <= 200,
        "photo": lambda text: len(text) >= 5,
        "user_agent": lambda text: len(text) >= 3 and ("/" in text or " " in text or text[0].isupper()),
    }
)
"""What a value must at least look like where the name of the column is the only evidence."""
