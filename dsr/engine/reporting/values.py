"""Values of a report as text of one language, and as data for JSON."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from dsr.core.report import Cell, Level, One, Report, Table, Value, Word
from dsr.core.text import Text

_SHORT = 32


def words(value: One, language: str, zone: str) -> str:
    """One value as a person reads it."""
    match value:
        case None:
            return ""
        case bool():
            return {"zh": ("否", "是")}.get(language, ("no", "yes"))[value]
        case int() | Decimal():
            return f"{value:,}"
        case datetime():
            return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case Text():
            return value.in_(language)
        case Word():
            return value.text.in_(language)
    return str(value)


def several(value: Value) -> tuple[One, ...]:
    """The values of a cell."""
    return value if isinstance(value, tuple) else (value,)


def lines(cell: Cell, language: str, zone: str) -> tuple[str, ...]:
    """What a cell says, one text a line; several short ones share one."""
    shown = tuple(made for one in several(cell.value) if (made := words(one, language, zone)))
    if len(shown) > 1 and all(len(one) <= _SHORT for one in shown):
        return (("；" if language == "zh" else "; ").join(shown),)
    return shown


def document(report: Report) -> Mapping[str, object]:
    """The report as JSON-ready data: keys and codes are ours, texts stand in both languages."""
    return {
        "title": _data(report.title),
        "at": report.at.astimezone(UTC).isoformat(),
        "zone": report.zone,
        "facts": {one.key: _data(one.cell.value) for one in report.facts},
        "notes": [{"level": one.level.value, "text": _data(one.text)} for one in report.notes],
        "tables": {one.key: _rows(one) for one in report.tables},
    }


def _rows(table: Table) -> list[dict[str, object]]:
    keys = [column.key for column in table.columns]
    made: list[dict[str, object]] = []
    for row in table.rows:
        line = {key: _data(cell.value) for key, cell in zip(keys, row, strict=True)}
        marked = _marks(keys, row)
        made.append(line | {"levels": marked} if marked else line)
    return made


def _marks(keys: list[str], row: tuple[Cell, ...]) -> dict[str, str]:
    return {key: cell.level.value for key, cell in zip(keys, row, strict=True) if cell.level is not Level.PLAIN}


def _data(value: Value) -> object:
    match value:
        case tuple():
            return [_data(one) for one in value]
        case Text():
            return {"en": value.en, "zh": value.zh}
        case Word():
            return value.code
        case Decimal():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
    return value
