"""Invented values only: names nobody bears by birth, example domains, fictional phone and documentation IP ranges."""

import random
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

GIVEN_EN = (
    "Amber", "Basil", "Clover", "Dale", "Ember", "Fern", "Garnet", "Hazel", "Indigo", "Juniper", "Kestrel", "Laurel",
    "Marlow", "Nettle", "Olive", "Poppy", "Quill", "Robin", "Sage", "Teal", "Umber", "Violet", "Willow", "Yarrow",
    "Zinnia", "Aspen", "Briar", "Coral", "Drake", "Elm",
)  # fmt: skip
FAMILY_EN = (
    "Fennel", "Quartz", "Larkspur", "Thistle", "Bramble", "Cobalt", "Dunlin", "Estuary", "Foxglove", "Granite",
    "Heather", "Inkwell", "Jasper", "Kelp", "Lichen", "Meadow", "Nutmeg", "Orchard", "Pebble", "Quince", "Ridge",
    "Saffron", "Tamarind", "Underhill", "Verbena", "Wharf", "Yewtree", "Zephyr",
)  # fmt: skip
FAMILY_ZH = (
    ("林", "lin"), ("江", "jiang"), ("沈", "shen"), ("叶", "ye"), ("白", "bai"), ("夏", "xia"), ("石", "shi"),
    ("梅", "mei"), ("金", "jin"), ("方", "fang"), ("云", "yun"), ("温", "wen"),
)  # fmt: skip
# Solar terms and plants: pretty, and recognisably not anybody's real name.
GIVEN_ZH = (
    ("谷雨", "guyu"), ("白露", "bailu"), ("惊蛰", "jingzhe"), ("小满", "xiaoman"), ("立秋", "liqiu"),
    ("青禾", "qinghe"), ("松果", "songguo"), ("芒种", "mangzhong"), ("霜降", "shuangjiang"), ("桂花", "guihua"),
)  # fmt: skip
DOMAINS = ("example.com", "example.org", "example.net")
STREETS = ("Sample Lane", "Example Road", "Placeholder Street", "Specimen Way", "样例路", "示范大街")
CITIES = (
    ("Exampleton", "GB"),
    ("Musterstadt", "DE"),
    ("Villeneuve-Exemple", "FR"),
    ("Sampleville", "US"),
    ("样例市", "CN"),
)
AGENTS = (
    "easy-cli/1.4 (linux)",
    "easy-python/2.9.1",
    "ExampleBrowser/12.0 (desktop)",
    "ExampleBrowser/11.3 (phone)",
    "sample-agent/0.7",
)
MODELS = ("harbor-small", "harbor-large", "lantern-chat", "lantern-image", "quill-code")
HOSTILE = (
    '<script>alert("nick")</script>',
    '=HYPERLINK("http://example.com/";"click")',
    "\x1b[31mred\x1b[0m\x07",
    "../../../etc/passwd",
    "+1+cmd|' /C calc'!A0",
    "'; DROP TABLE users; --",
    "\u202eright to left",
    "名" * 100,  # 300 bytes in UTF-8
    "@SUM(1;2)",
    "{{ 7 * 7 }}${7*7}",
)
"""What people type to see what breaks: markup, formulas, terminal escapes, paths, templates, very long names."""


def dice(seed: int, topic: str) -> random.Random:
    """A stream of chance of its own, so that one table's size never changes another's content."""
    return random.Random(f"{seed}/{topic}")  # noqa: S311 - sample data that must repeat, not secrets


def pick(chance: random.Random, values: Sequence[T]) -> T:
    """One of the values; quicker than `choice`, which matters at this number of draws."""
    return values[int(chance.random() * len(values))]


def between(chance: random.Random, first: datetime, last: datetime) -> datetime:
    """An instant of whole seconds in the half-open range; `first` when the range is empty."""
    seconds = int((last - first).total_seconds())
    return first + timedelta(seconds=int(chance.random() * seconds)) if seconds > 0 else first


def sql_time(instant: datetime | None) -> str | None:
    """How the app stores an instant: naive UTC with microseconds."""
    return None if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def log_time(instant: datetime) -> str:
    """How the logs write an instant."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def token(chance: random.Random, bits: int = 128) -> str:
    """Hexadecimal digits that look like an id or a hash."""
    return f"{chance.getrandbits(bits):0{bits // 4}x}"


def unique_id(chance: random.Random) -> str:
    """A random UUID."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def phone(chance: random.Random) -> str:
    """A number from a range set aside for fiction: Ofcom, the North American 555-01XX, the Swedish PTS."""
    kind = int(chance.random() * 3)
    if kind == 0:
        return f"+44 7700 900{chance.randrange(1000):03d}"
    if kind == 1:
        return f"+1 {pick(chance, ('202', '303', '415'))} 555 01{chance.randrange(100):02d}"
    return f"+46 70 17406{chance.randrange(5, 100):02d}"


def address_v4(chance: random.Random) -> str:
    """An address from the documentation ranges of RFC 5737."""
    return f"{pick(chance, ('192.0.2', '198.51.100', '203.0.113'))}.{chance.randrange(1, 255)}"


def address_v6(chance: random.Random) -> str:
    """An address from the documentation range of RFC 3849."""
    return f"2001:db8:{chance.randrange(65536):x}::{chance.randrange(1, 65536):x}"
