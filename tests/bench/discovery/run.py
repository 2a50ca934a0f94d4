"""`make bench-discovery`: how well and how fast discovery finds, on data that was not tuned on, against its peers.

    python tests/bench/discovery/run.py [FOLDER]

FOLDER holds the labelled sets (default: ../shared/data/discovery beside the repository); without it the invented sets are
measured alone. Seeds 100 and above were never looked at while the rules were written.
"""

import gzip
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import invent
from mutate import mutations

from dsr.core.model import FieldType
from dsr.engine.detect import names
from dsr.engine.detect.columns import Column, hint_of, judge
from dsr.engine.detect.profile import profile
from dsr.engine.detect.search import Search, Wanted
from dsr.engine.detect.secrets import Rules, general, own_format
from dsr.engine.detect.text import find

ROOT = Path(__file__).resolve().parents[3]
SEEDS = range(100, 105)
TYPES = {"text": FieldType.TEXT, "integer": FieldType.INTEGER}
TEXT_KINDS = ("email", "phone", "card", "iban", "ip", "mac", "us_ssn")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data" / "discovery"
    for part in (columns, support_texts, schema_mutations, log_search, secrets_in_logs):
        part()
    if folder.is_dir():
        for labelled in (texts, fields, tables, secrets):
            labelled(folder)
    else:
        say(f"no labelled sets at {folder}: give their folder as an argument")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def rates(name: str, right: int, wrong: int, missed: int, more: str = "") -> None:
    precision, recall = right / max(1, right + wrong), right / max(1, right + missed)
    say(f"{name:44} P {precision:.3f}  R {recall:.3f}  ({right} right, {wrong} wrong, {missed} missed) {more}")


def columns() -> None:
    """Invented columns under good, empty and misleading names; calibration; speed."""
    right = wrong = missed = exact = 0
    spent, count = 0.0, 0
    sure: list[tuple[float, bool]] = []
    by_mode: dict[str, Counter[str]] = defaultdict(Counter)
    for one in (column for seed in SEEDS for column in invent.columns(seed)):
        column = Column(one.name, (one.table,), TYPES[one.type])
        values = [None if value is None else str(value) for value in one.values]
        start = time.process_time()
        found = judge(column, profile(values, hint_of(column).kind))
        spent, count = spent + time.process_time() - start, count + len(values)
        right += found.personal and bool(one.kind)
        wrong += found.personal and not one.kind
        missed += not found.personal and bool(one.kind)
        exact += found.personal and found.kind == one.kind
        by_mode[one.mode][f"{bool(one.kind):d}{found.personal:d}"] += 1
        sure.append((found.confidence, found.personal == bool(one.kind)))
    rates("columns", right, wrong, missed, f"exact kind {exact / right:.3f}")
    for mode, seen in by_mode.items():
        rates(f"  {mode} names", seen["11"], seen["01"], seen["10"])
    say(f"{'  calibration error':44} {calibration(sure):.3f}")
    say(f"{'  values a second, one core':44} {count / spent:,.0f}{presidio(count / spent)}")


def calibration(sure: list[tuple[float, bool]], bins: int = 10) -> float:
    """The expected calibration error: confidence against the share of right answers, by tenths."""
    groups: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, correct in sure:
        groups[min(bins - 1, int(confidence * bins))].append((confidence, correct))
    gaps = (
        abs(sum(c for c, _ in group) / len(group) - sum(ok for _, ok in group) / len(group)) * len(group)
        for group in groups.values()
    )
    return sum(gaps) / len(sure)


def presidio(ours: float) -> str:
    """The peer, where it is installed: its default recognizers that work by pattern, over the same sort of values."""
    try:
        from presidio_analyzer import PatternRecognizer, RecognizerRegistry
        from presidio_analyzer.predefined_recognizers import PhoneRecognizer
    except ImportError:
        return "  (presidio is not installed: not compared)"
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    peers = [one for one in registry.recognizers if isinstance(one, PatternRecognizer | PhoneRecognizer)]
    values = [str(value) for column in invent.columns(200, 1, 20) for value in column.values if value is not None]
    start = time.process_time()
    for value in values:
        for peer in peers:
            peer.analyze(value, peer.supported_entities, None)
    theirs = len(values) / (time.process_time() - start)
    return f"  (presidio's {len(peers)} recognizers {theirs:,.0f}: {ours / theirs:.0f} x)"


def support_texts() -> None:
    """Invented support texts: what must be hidden is hidden completely."""
    rules = Rules((*own_format((invent.OWN_FORM,), "own"), *general().rules))
    seen: Counter[str] = Counter()
    for one in (message for seed in SEEDS for message in invent.messages(seed)):
        hidden = rules.find(one.text)
        if one.secret:
            at = one.text.index(one.secret)
            done = all(any(h.start <= place < h.end for h in hidden) for place in range(at, at + len(one.secret)))
            seen["own" if one.own else "other", done] += 1
        else:
            seen["none", bool(hidden)] += 1
    for name in ("own", "other"):
        total = seen[name, True] + seen[name, False]
        say(f"{f'secrets in support texts, {name} keys':44} R {seen[name, True] / total:.3f}  of {total}")
    total = seen["none", True] + seen["none", False]
    say(f"{'  false alarms':44} {seen['none', True] / total:.4f}  of {total}")


def schema_mutations() -> None:
    """Generated changes of a schema against the gate."""
    closed: Counter[tuple[bool, bool]] = Counter()
    for personal, failed in mutations(200, 900):
        closed[personal, failed] += 1
    say(
        f"{'schema mutations, personal additions caught':44} {closed[True, True]} of {closed[True, True] + closed[True, False]}"
    )
    say(f"{'  false failures':44} {closed[False, True]} of {closed[False, True] + closed[False, False]}")


def log_search() -> None:
    """A log of support and requests: the same lines as ripgrep, and how fast."""
    r = random.Random(100)
    people = [f"{r.choice(invent.GIVEN).lower()}.{number}@example.com" for number in range(1_000)]
    plain = [one.text.replace("\n", " ") for one in invent.messages(300, 4_000)]
    lines = [
        json.dumps(
            {
                "ts": 1_700_000_000 + n,
                "user": r.randint(1, 9_999_999),
                "message": f"{r.choice(plain)} {r.choice(people) if n % 50 == 0 else ''}",
            }
        )
        for n in range(60_000)
    ]
    log = "\n".join(lines)
    size = len(log.encode()) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        path.write_text(log, encoding="utf-8")
        for count in (1, 20, 1_000):
            wanted = people[:count]
            search = Search(Wanted(n, "email", one) for n, one in enumerate(wanted))
            start = time.process_time()
            hits = {bisect_line(log, hit.start) for hit in search.hits(log)}
            ours = size / (time.process_time() - start)
            say(
                f"{f'search for {count} people in a log':44} {ours:,.0f} MB/s{ripgrep(path, wanted, size, hits, lines)}"
            )


def secrets_in_logs() -> None:
    """A log of requests with a support message now and then, and here and there a secret: with and without `[fast]`."""
    r = random.Random(101)
    said = [
        one.text.replace("\n", " ")
        for n, one in enumerate(invent.messages(301, 4_000))
        if not one.secret or n % 10 == 0
    ]
    log = "\n".join(_support(r, n, said) if n % 20 == 0 else _request(r, n) for n in range(20_000))
    size = len(log.encode()) / 1e6
    plain = _without("hyperscan", lambda: _warm(Rules(general().rules), log))
    for name, rules in (("with [fast]", _warm(general(), log)), ("without", plain)):
        start = time.process_time()
        found = rules.find(log)
        spent = time.process_time() - start
        say(f"{f'secrets in a log, {name}':44} {size / spent:,.1f} MB/s, {len(found)} finds")


def _warm(rules: Rules, log: str) -> Rules:
    """Rules that have made what they look with."""
    rules.find(log[:100_000])
    return rules


def _support(r: random.Random, n: int, said: list[str]) -> str:
    line = {"ts": 1_700_000_000 + n, "level": "info", "user": r.randint(1, 9_999_999), "message": r.choice(said)}
    return json.dumps(line, ensure_ascii=False)


def _request(r: random.Random, n: int) -> str:
    line = {
        "ts": f"2026-11-24T10:{n % 60:02d}:11.123Z", "level": "info", "request_id": f"{r.getrandbits(128):032x}",
        "user_id": r.randint(1, 9_999_999), "ip": f"{r.randint(11, 223)}.{r.randint(0, 255)}.4.{r.randint(1, 254)}",
        "method": "POST", "path": "/v1/chat/completions", "model": "gpt-large", "status": 200, "ua": invent.agent(r),
        "prompt_tokens": r.randint(1, 9_000), "completion_tokens": r.randint(1, 999), "latency_ms": r.randint(20, 9_000),
    }  # fmt: skip
    return json.dumps(line)


def _without(module: str, make: Callable[[], Rules]) -> Rules:
    """What is made where an optional module is not installed."""
    kept = sys.modules.get(module)
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        return make()
    finally:
        if kept is None:
            del sys.modules[module]
        else:
            sys.modules[module] = kept


def bisect_line(log: str, at: int) -> int:
    return log.rfind("\n", 0, at) + 1


def ripgrep(path: Path, wanted: list[str], size: float, hits: set[int], lines: list[str]) -> str:
    tool = shutil.which("rg")
    if tool is None:
        return "  (rg is not installed: not compared)"
    patterns = path.with_name("patterns")
    patterns.write_text("\n".join(wanted), encoding="utf-8")
    start = time.perf_counter()
    done = subprocess.run([tool, "-F", "-i", "-j1", "-n", "-f", patterns, path], capture_output=True, text=True)
    spent = time.perf_counter() - start
    theirs = {int(line.partition(":")[0]) for line in done.stdout.splitlines()}
    starts, at = set(), 0
    for number, line in enumerate(lines, start=1):
        if number in theirs:
            starts.add(at)
        at += len(line) + 1
    only = len(starts - hits)
    return f"  (rg -F -i {size / spent:,.0f} MB/s; {len(hits & starts)} lines the same, {only} only rg: part of a longer value, {len(hits - starts)} only ours: encoded)"


def read(path: Path) -> Iterator[dict[str, object]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    yield from (one for one in map(json.loads, text.rstrip("\n").split("\n")) if not one.get("ambiguous"))


def texts(folder: Path) -> None:
    """Spans in the labelled texts, by kind."""
    for name in ("presidio_research_refilled", "presidio_recognizers"):
        seen: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for case in read(folder / f"{name}.jsonl"):
            if case["spans"] is None:
                continue
            got = find(str(case["text"]))
            for kind in set(case.get("scope", TEXT_KINDS)) & set(TEXT_KINDS):
                gold = [tuple(span[:2]) for span in case["spans"] if span[2] == kind]
                for one in (one for one in got if one.kind == kind):
                    match = next((span for span in gold if _half(span, one)), None)
                    seen[kind][0 if match else 1] += 1
                    if match:
                        gold.remove(match)
                seen[kind][2] += len(gold)
        for kind, (right, wrong, missed) in sorted(seen.items()):
            rates(f"{name}: {kind}", right, wrong, missed)


def _half(span: tuple[int, int], one: object) -> bool:
    start, end = one.start, one.end
    return (min(end, span[1]) - max(start, span[0])) * 2 >= max(end, span[1]) - min(start, span[0])


def fields(folder: Path) -> None:
    """Names of fields alone."""
    seen: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for case in read(folder / "fides_columns.jsonl"):
        path = str(case["property"]).split(".")
        hint = names.read(path[-1], names.surroundings(str(case["object"]), *path[:-1]))
        seen[str(case["family"])][bool(case["personal"]), hint.weight >= 0.5] += 1
    for family, counts in seen.items():
        rates(f"field names alone: fides {family}", counts[True, True], counts[False, True], counts[True, False])


def tables(folder: Path) -> None:
    """Tables by any personal field, or a declared identity; with all labels, and without those that can be disputed.

    Disputed: labelled as nobody's data although a field names a person (`user_id`, `customer_id`, a username).
    """
    seen: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for case in read(folder / "fides_tables.jsonl"):
        kinds = {
            hint.kind
            for c in case["columns"]
            if (
                hint := names.read(c.split(".")[-1], names.surroundings(str(case["object"]), *c.split(".")[:-1]))
            ).weight
            >= 0.5
        }
        personal, found = bool(case["personal"]), bool(case["identity"] or kinds)
        for family in ("all", str(case["family"])):
            seen[family][personal, found] += 1
        if personal or not kinds & {"person_id", "username"}:
            seen["all, without disputed labels"][personal, found] += 1
    for family, counts in seen.items():
        rates(f"tables: fides {family}", counts[True, True], counts[False, True], counts[True, False])


def secrets(folder: Path) -> None:
    """The scanners' own examples."""
    for name in ("gitleaks", "betterleaks", "noseyparker", "kingfisher", "detect_secrets"):
        seen: Counter[tuple[bool, bool]] = Counter()
        for case in read(folder / f"{name}.jsonl.gz"):
            seen[bool(case["secret"]), bool(general().find(str(case["text"])))] += 1
        rates(f"secrets: {name}", seen[True, True], seen[False, True], seen[True, False])


if __name__ == "__main__":
    main()
