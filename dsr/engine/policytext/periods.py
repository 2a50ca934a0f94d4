"""Calendar periods in words, in both languages with the same numbers."""

from dsr.core.periods import From, Period
from dsr.core.text import Text

NOT_KEPT = Text("not kept", "不保存")
UNTIL_REQUEST = Text("until you ask us to delete it", "直至您请求删除")


def length(period: Period) -> Text:
    """How long it is, without where counting begins: "1 year and 6 months", "1 年 6 个月"."""
    parts = ((period.years, "year", "年"), (period.months, "month", "个月"), (period.days, "day", "天"))
    given = [(number, en, zh) for number, en, zh in parts if number] or [(0, "day", "天")]
    english = [f"{number} {word}{'' if number == 1 else 's'}" for number, word, _ in given]
    chinese = " ".join(f"{number} {word}" for number, _, word in given)
    head, last = english[:-1], english[-1]
    return Text(f"{', '.join(head)} and {last}" if head else last, chinese)


def in_words(period: Period | None) -> Text:
    """The period as the policy text states it; None means that only a request ends the keeping."""
    if period is None:
        return UNTIL_REQUEST
    if period.zero:
        return NOT_KEPT
    if period.start is From.EVENT:
        return length(period)
    if not (period.years or period.months or period.days):
        return Text("until the end of the calendar year", "至当年年末")
    words = length(period)
    return Text(f"{words.en} from the end of the calendar year", f"自当年年末起 {words.zh}")
