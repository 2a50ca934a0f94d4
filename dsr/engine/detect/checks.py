"""What makes a value valid beyond its form: check digits, calendar dates, assigned ranges. Never raises.

Functions take a folded text that fits its pattern. The Chinese identity number does not ask whether the county existed
when the person was born: codes come and go, and lists of them reject most people who were born before they were made.
"""

import hashlib
import ipaddress
import re
import string
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache, partial
from importlib import import_module
from operator import mul
from types import MappingProxyType

from dsr.engine.detect.datafile import root

Check = Callable[[str], bool]

_RIC_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RIC_MARKS = "10X98765432"
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ONCE = bytes.maketrans(b"0123456789", bytes(range(10)))
_TWICE = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_NOT_DIGIT = re.compile(r"[^0-9]")
_NOT_WORD = re.compile(r"[^0-9A-Za-z]")
_OCTETS = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE36 = {ord(letter): str(number) for number, letter in enumerate(string.ascii_uppercase, start=10)}
_OLDEST = 1880


@lru_cache(maxsize=8)
def _words(key: str) -> frozenset[str]:
    return frozenset(root("numbers").words(key))


def digits(text: str) -> str:
    """Only the digits."""
    return text if text.isascii() and text.isdigit() else _NOT_DIGIT.sub("", text)


def luhn(text: str) -> bool:
    """The check digit of cards, IMEIs and others."""
    number = digits(text)
    if not number:
        return False
    data = number.encode()
    return (sum(data[-1::-2].translate(_ONCE)) + sum(data[-2::-2].translate(_TWICE))) % 10 == 0


def card(text: str) -> bool:
    """An issuer's range, a length it has, and the check digit."""
    number = digits(text)
    size, first = len(number), number[:1]
    if not 13 <= size <= 19 or len(set(number)) < 2:
        return False
    two, four = int(number[:2]), int(number[:4])
    fits = (
        (first == "4" and size in (13, 16, 19))
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and size == 16)
        or (two in (34, 37) and size == 15)
        or ((two == 62 or two == 81) and 16 <= size <= 19)
        or ((four == 6011 or two == 65 or 644 <= int(number[:3]) <= 649) and 16 <= size <= 19)
        or (3528 <= four <= 3589 and 16 <= size <= 19)
        or ((300 <= int(number[:3]) <= 305 or two in (36, 38, 39)) and 14 <= size <= 19)
        or ((two in (50, 63, 67, 60) or 56 <= two <= 58) and 13 <= size <= 19)
        or (two == 22 and 2200 <= four <= 2204)
    )
    return fits and luhn(number)


def day(text: str, *, century: bool = True) -> bool:
    """YYYYMMDD (or YYMMDD) is a day of the calendar on which somebody alive may have been born."""
    year = int(text[:4]) if century else 1900 + int(text[:2])
    month, of_month = int(text[-4:-2]), int(text[-2:])
    if not (1 <= month <= 12 and 1 <= of_month <= 31):
        return False
    try:
        made = date(year, month, of_month)
    except ValueError:
        return False
    return not century or (_OLDEST <= made.year <= date.max.year and made.year < 2100)


def cn_ric(text: str) -> bool:
    """18 characters of a resident identity number: province, date of birth, check character."""
    if len(text) != 18 or text[:2] not in _words("provinces") or not text[:17].isascii() or not text[:17].isdigit():
        return False
    total = sum(map(mul, _RIC_WEIGHTS, map(int, text[:17])))
    return text[17].upper() == _RIC_MARKS[total % 11] and day(text[6:14])


def cn_ric15(text: str) -> bool:
    """15 digits of the number that was issued until 1999: province and date; it has no check digit."""
    return (
        len(text) == 15
        and text.isascii()
        and text.isdigit()
        and text[:2] in _words("provinces")
        and day(text[6:12], century=False)
    )


def cn_uscc(text: str) -> bool:
    """18 characters of a unified social credit code, by GB 32100."""
    code = text.upper()
    if (
        len(code) != 18
        or any(one not in _USCC for one in code)
        or (code[2:4] not in _words("provinces") and code[2:4] != "10")
    ):
        return False
    total = sum(weight * _USCC.index(one) for weight, one in zip(_USCC_WEIGHTS, code, strict=False))
    return _USCC[(31 - total % 31) % 31] == code[17]


def iban(text: str) -> bool:
    """Country, length and the remainder of ISO 13616."""
    code = _NOT_WORD.sub("", text).upper()
    if f"{code[:2]}{len(code)}" not in _words("iban"):
        return False
    return int((code[4:] + code[:4]).translate(_BASE36)) % 97 == 1


def ip(text: str) -> bool:
    """An address of version 4 or 6, also with a zone or a network's length."""
    bare, slash, length = text.partition("/")
    if not slash and _OCTETS.fullmatch(bare):
        return True
    try:
        made = ipaddress.ip_address(bare.partition("%")[0].strip("[]"))
    except ValueError:
        return False
    return not slash or (length.isdigit() and int(length) <= made.max_prefixlen)


def email(text: str) -> bool:
    """Lengths and dots that RFC 5321 allows."""
    local, _, domain = text.rpartition("<")[2].rstrip(">").rpartition("@")
    return (
        0 < len(local) <= 64
        and len(local) + len(domain) < 254
        and local[0] != "."
        and local[-1] != "."
        and (".." not in text or local[0] == '"')
        and all(part and len(part) <= 63 and part[0] != "-" and part[-1] != "-" for part in domain.split("."))
    )


def mac(text: str) -> bool:
    """Six bytes that are neither nobody's nor everybody's."""
    plain = _NOT_WORD.sub("", text).lower()
    return len(plain) == 12 and plain != "f" * 12


def us_ssn(text: str) -> bool:
    """Areas, groups and numbers that were assigned; published examples are left out."""
    number = digits(text)
    if len(number) != 9 or number in ("123456789", "078051120", "987654320", "219099999") or len(set(number)) == 1:
        return False
    area = number[:3]
    return area not in ("000", "666") and area < "900" and number[3:5] != "00" and number[5:] != "0000"


def us_itin(text: str) -> bool:
    """9xx and a group of the ranges that are given out."""
    number = digits(text)
    group = int(number[3:5])
    return (
        len(number) == 9
        and number[0] == "9"
        and (50 <= group <= 65 or 70 <= group <= 88 or (90 <= group <= 99 and group != 93))
    )


def us_npi(text: str) -> bool:
    """Luhn over the number with the prefix of health cards."""
    number = digits(text)
    return len(number) == 10 and number[0] in "12" and luhn("80840" + number)


def uk_nhs(text: str) -> bool:
    """Remainder 11 over ten digits."""
    number = digits(text)
    if len(number) != 10:
        return False
    rest = 11 - sum(weight * int(one) for weight, one in zip(range(10, 1, -1), number, strict=False)) % 11
    return rest != 10 and rest % 11 == int(number[9])


def hk_hkid(text: str) -> bool:
    """One or two letters, six digits and the check character, which often stands in brackets."""
    code = _NOT_WORD.sub("", text).upper()
    letters = code[:-7]
    values = [36] * (2 - len(letters)) + [int(one, 36) for one in letters] + [int(one) for one in code[-7:-1]]
    total = sum(weight * one for weight, one in zip(range(9, 1, -1), values, strict=True))
    return (total + int(code[-1], 36)) % 11 == 0


def tw_id(text: str) -> bool:
    """A letter for the place and nine digits."""
    order = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
    place = order.index(text[0].upper()) + 10
    total = place // 10 + place % 10 * 9
    total += sum(weight * int(one) for weight, one in zip((8, 7, 6, 5, 4, 3, 2, 1, 1), text[1:], strict=True))
    return total % 10 == 0


def kr_rrn(text: str) -> bool:
    """A date and a sex that agree. Numbers given since October 2020 have no check digit."""
    number = digits(text)
    if len(number) != 13 or number[6] not in "1234":
        return False
    return day(("19" if number[6] in "12" else "20") + number[:6])


def kr_frn(text: str) -> bool:
    """The same for foreigners."""
    number = digits(text)
    return len(number) == 13 and number[6] in "5678" and day(("19" if number[6] in "56" else "20") + number[:6])


def za_id(text: str) -> bool:
    """Date of birth, citizenship, Luhn."""
    return text[10] in "012" and day(text[:6], century=False) and luhn(text)


def de_kvnr(text: str) -> bool:
    """A letter and nine digits of a health insurance number."""
    number = f"{ord(text[0].upper()) - 64:02d}{text[1:]}"
    total = sum(luhn_step(int(one) * (1 + place % 2)) for place, one in enumerate(number[:-1]))
    return total % 10 == int(number[-1])


def de_rvnr(text: str) -> bool:
    """Area, date of birth, initial and serial number of a pension insurance number."""
    number = f"{text[:8]}{ord(text[8].upper()) - 64:02d}{text[9:]}"
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(luhn_step(weight * int(one)) for weight, one in zip(weights, number, strict=False))
    return 1 <= int(text[2:4]) <= 31 and 1 <= int(text[4:6]) <= 12 and total % 10 == int(number[-1])


def fi_hetu(text: str) -> bool:
    """A day, a mark for the century, and the check character; temporary numbers (9xx) too."""
    number = int(text[:6] + text[7:10])
    return (
        day(text[4:6] + text[2:4] + text[:2], century=False)
        and "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] == text[10].upper()
    )


def luhn_step(value: int) -> int:
    """The digits of a small number added up."""
    return value // 10 + value % 10


def sg_nric(text: str) -> bool:
    """First letter by the century or kind of stay, seven digits, check letter."""
    code = text.upper()
    total = sum(weight * int(one) for weight, one in zip((2, 7, 6, 5, 4, 3, 2), code[1:8], strict=True))
    offset = {"S": 0, "T": 4, "F": 0, "G": 4, "M": 3}[code[0]]
    letters = "JZIHGFEDCBA" if code[0] in "ST" else "XWUTRQPNMLK" if code[0] in "FG" else "KLJNPQRTUWX"
    rest = (total + offset) % 11
    return letters[10 - rest if code[0] == "M" else rest] == code[8]


def crypto(text: str) -> bool:
    """A Bitcoin address by its checksum (base58), or the form of newer ones."""
    if text.startswith(("bc1", "0x")):
        return True
    number = 0
    for one in text:
        number = number * 58 + _BASE58.index(one)
    raw = number.to_bytes(25, "big") if number < 1 << 200 else b""
    return len(raw) == 25 and hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _by_library(name: str, text: str) -> bool:
    """What python-stdnum says. It lets out errors of many kinds for odd input: none of them means valid."""
    try:
        return bool(_library(name)(text))
    except Exception:  # noqa: BLE001 - a checksum library's own failure is the answer "not valid"
        return False


@lru_cache(maxsize=64)
def _library(name: str) -> Check:
    made: Check = import_module(f"stdnum.{name}").is_valid
    return made


def _guarded(check: Check, text: str) -> bool:
    try:
        return check(text)
    except (ValueError, LookupError, OverflowError):
        return False


_OWN: dict[str, Check] = {
    "luhn": luhn, "card": card, "cn_ric": cn_ric, "cn_ric15": cn_ric15, "cn_uscc": cn_uscc, "iban": iban, "ip": ip,
    "email": email, "mac": mac, "us_ssn": us_ssn, "us_itin": us_itin, "us_npi": us_npi, "uk_nhs": uk_nhs,
    "hk_hkid": hk_hkid, "tw_id": tw_id, "kr_rrn": kr_rrn, "kr_frn": kr_frn, "za_id": za_id, "crypto": crypto,
    "de_kvnr": de_kvnr, "de_rvnr": de_rvnr, "sg_nric": sg_nric, "fi_hetu": fi_hetu,
}  # fmt: skip

CHECKS: Mapping[str, Check] = MappingProxyType(
    {name: partial(_guarded, check) for name, check in _OWN.items()}
    | {name.replace("_", ""): partial(_by_library, name) for name in root("numbers").words("library")}
)
"""Every check by the name that the data files use."""
