"""ISO 8601 dates in text columns as regular expressions that PostgreSQL and MariaDB both read.

They accept only dates that exist, so that a cast of what matched cannot fail. Rare forms (basic format, weeks, hours
alone) are not recognised: such a record counts as undated, is reported and kept.
"""

_LEAP = "([0-9][0-9](0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_DATE = (
    "([0-9][0-9][0-9][1-9]|[0-9][0-9][1-9][0-9]|[0-9][1-9][0-9][0-9]|[1-9][0-9][0-9][0-9])-"
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_CALENDAR = f"({_DATE}|{_LEAP}-02-29)"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?"
_OFFSET = "(Z|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?)"

DAY = f"^{_CALENDAR}$"
NAIVE = f"^{_CALENDAR}.{_TIME}$"
AWARE = f"^{_CALENDAR}.{_TIME}{_OFFSET}$"
NUMBER = "^ *[+-]?([0-9]{1,30}([.][0-9]{0,30})?|[.][0-9]{1,30}) *$"
CLOCKFACE = "^.{11}([0-9:]{5,8}(?:[.,][0-9]{1,6})?)"
ZONE = "(Z|[+-][0-9:]{2,5})$"
