"""Makes stored values safe to show: what would steer a terminal or deceive the eye is spelt out instead."""

import re

# C0 and C1 controls (ESC among them), line and paragraph separators, bidi controls, zero-width and tag characters,
# lone surrogates: none of them prints anything, each of them changes how the rest is read.
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: object) -> str:
    r"""The text with every hostile character spelt as an escape, such as \x1b or \u202e, on one line."""
    return _HOSTILE.sub(_spelt, str(text))


def lines(text: str) -> str:
    """The text in its own lines and tabs, with every other hostile character spelt."""
    return "\n".join("\t".join(visible(part) for part in line.split("\t")) for line in text.split("\n"))


def json_safe(document: str) -> str:
    """A JSON text in which the hostile characters inside strings are JSON escapes: the same value, safe to print."""
    return _HOSTILE.sub(lambda found: found[0] if found[0] == "\n" else _json_escape(found[0]), document)


def _spelt(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
