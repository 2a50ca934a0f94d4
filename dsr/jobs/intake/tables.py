"""Requests from a CSV file: all of its rows or none. How its columns are read is remembered for the next file."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dsr.core.errors import UsageError
from dsr.jobs.intake.rows import FIELDS, Reader, RowError, Sound, Unread
from dsr.state.database import State

SKIPPED = "-"
"""What a column means that is not read."""
_LARGEST = 200 * 1024 * 1024


def wishes(path: Path, reader: Reader, named: Mapping[str, str], state: State) -> tuple[Sound | Unread, ...]:
    """The rows in order. `named` says what columns mean; it is remembered for files with the same columns."""
    text = _text(path)
    rows = csv.reader(io.StringIO(text, newline=""), dialect=_dialect(text), strict=True)
    try:
        header = [one.strip() for one in next(rows)]
    except StopIteration:
        raise UsageError(f"{path.name}: the file is empty.") from None
    except csv.Error as error:
        raise UsageError(f"{path.name}: its first line cannot be read ({error}).") from None
    columns = state.request_tag("columns", json.dumps(header))
    meaning = _meaning(header, dict(state.mapping(columns)) | dict(named), reader, path.name)
    found = tuple(_rows(rows, meaning, reader))
    if named and not any(isinstance(one, Unread) for one in found):
        state.remember_mapping(columns, tuple(zip(header, meaning, strict=True)))
    return found


def _rows(rows: Any, meaning: tuple[str, ...], reader: Reader) -> Iterator[Sound | Unread]:  # noqa: ANN401 - a csv.reader
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Unread(line, f"not a row of a table ({error})")
            return
        if not any(cells):
            continue
        if len(cells) != len(meaning):
            yield Unread(line, f"{len(cells)} cells where the first line has {len(meaning)}")
            continue
        named = {name: cell for name, cell in zip(meaning, cells, strict=True) if name != SKIPPED}
        named.setdefault("id", json.dumps(cells))
        try:
            yield Sound(line, reader.wish(named))
        except RowError as error:
            yield Unread(line, str(error))


def _meaning(header: list[str], named: Mapping[str, str], reader: Reader, file: str) -> tuple[str, ...]:
    known = {*FIELDS, *reader.identifiers, SKIPPED}
    for column, field in named.items():
        if field not in known:
            raise UsageError(f"--map: there is no field {field}. Known: {', '.join(sorted(known))}.")
        if column not in header:
            raise UsageError(f"--map: {file} has no column {column}.")
    meaning = tuple(named.get(one, one.lower() if one.lower() in known else "") for one in header)
    lost = [one or "(without a name)" for one, field in zip(header, meaning, strict=True) if not field]
    if lost:
        raise UsageError(
            f"{file}: what do these columns mean: {', '.join(lost)}? Say it with --map COLUMN=FIELD, or COLUMN=- to "
            f"leave one out. Fields: {', '.join(sorted(known - {SKIPPED}))}."
        )
    twice = sorted({one for one in meaning if one != SKIPPED and meaning.count(one) > 1})
    if twice:
        raise UsageError(f"{file}: several columns mean {', '.join(twice)}. Leave all but one out: --map COLUMN=-.")
    return meaning


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path.name}: the file has more than 200 MB. Split it.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path.name}: the file is not UTF-8 text. Save it as CSV in UTF-8.") from None
    except OSError as error:
        raise UsageError(f"{path.name}: the file cannot be read ({type(error).__name__}).") from None


def _dialect(text: str) -> type[csv.Dialect]:
    """Comma, semicolon or tab: what the first line has most of."""
    first = text.partition("\n")[0]

    class Found(csv.excel):
        delimiter = max(",;\t", key=first.count)

    return Found
