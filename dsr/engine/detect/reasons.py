"""Why a column was judged as it was, as one sentence in both languages."""

from functools import lru_cache

from dsr.core.text import Text
from dsr.engine.detect.columns import Reason
from dsr.engine.detect.datafile import root
from dsr.engine.detect.kinds import kinds


def sentence(reasons: tuple[Reason, ...]) -> Text:
    """The reasons in the order of their weight."""
    english = "; ".join(_part(one, "en") for one in reasons)
    return Text(f"{english[:1].upper()}{english[1:]}.", "；".join(_part(one, "zh") for one in reasons) + "。")


def _part(reason: Reason, lang: str) -> str:
    kind = kinds().get(reason.kind)
    title = "" if kind is None else kind.title.en if lang == "en" else kind.title.zh
    return _forms()[reason.code, lang].format(kind=title, word=reason.word, count=reason.count, of=reason.of)


@lru_cache(maxsize=1)
def _forms() -> dict[tuple[str, str], str]:
    return {(code, lang): table.text(lang) for code, table in root("reasons").tables() for lang in ("en", "zh")}
