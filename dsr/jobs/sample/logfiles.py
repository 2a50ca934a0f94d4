"""The sample's log folder: one JSON object a line, older files compressed."""

import gzip
import json
import random
from datetime import datetime, timedelta
from pathlib import Path

from dsr.jobs.sample import invent
from dsr.jobs.sample.activity import Request, by_day
from dsr.jobs.sample.invent import log_time
from dsr.jobs.sample.people import LIN, Person, World

_PLAIN_DAYS = 14
_SECURITY_DAYS = 378  # a year and about two weeks
_EVENTS = ("login", "login", "login", "key_created", "password_changed", "new_device")
_SCANNED = ("/v1/models", "/.env", "/v1/chat/completions", "/../../etc/passwd")

Line = tuple[datetime, dict[str, object]]


def write_requests(folder: Path, world: World, requests: tuple[Request, ...]) -> int:
    """One file per day; beside the customers' calls stand refused ones of nobody in particular."""
    chance = invent.dice(world.seed, "request log")
    written = 0
    for day, calls in sorted(by_day(requests).items()):
        lines = [_request_line(call) for call in calls]
        for _ in range(3):
            at = datetime.combine(day, datetime.min.time(), world.now.tzinfo) + timedelta(
                seconds=chance.randrange(86_400)
            )
            refused = {"user_id": None, "path": invent.pick(chance, _SCANNED), "status": 401}
            lines.append((at, {"ts": log_time(at), **refused, "ip": invent.address_v4(chance), "ua": "scanner/0"}))
        written += _write(folder / f"requests-{day}.jsonl", lines, world)
    return written


def write_security(folder: Path, world: World) -> int:
    """One file per week, named by its Monday."""
    chance = invent.dice(world.seed, "security log")
    weeks: dict[str, list[Line]] = {}
    for one in world.people:
        for _ in range(12 if one.id == LIN else int(chance.random() * 5)):
            at = invent.between(chance, max(one.created, world.days_ago(_SECURITY_DAYS)), one.until)
            if at < one.until:
                monday = at.date() - timedelta(days=at.weekday())
                weeks.setdefault(monday.isoformat(), []).append((at, _security_event(chance, one, at)))
    return sum(_write(folder / f"security-{monday}.jsonl", lines, world) for monday, lines in sorted(weeks.items()))


def _request_line(call: Request) -> Line:
    return call.at, {
        "ts": log_time(call.at),
        "request_id": call.id,
        "user_id": call.who.id,
        "path": "/v1/images" if call.model.endswith("image") else "/v1/chat/completions",
        "model": call.model,
        "status": call.status,
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "ip": call.ip,
        "ua": call.who.agent,
    }


def _security_event(chance: random.Random, one: Person, at: datetime) -> dict[str, object]:
    where = {"ip": invent.pick(chance, one.addresses), "ua": one.agent}
    if chance.random() < 0.12:  # a failed attempt names the address that was typed, and no account
        return {"ts": log_time(at), "event": "login_failed", "user_id": None, "email": one.email, **where}
    event = invent.pick(chance, _EVENTS)
    return {"ts": log_time(at), "event": event, "user_id": one.id, "email": None, **where}


def _write(path: Path, lines: list[Line], world: World) -> int:
    lines.sort(key=lambda line: (line[0], str(line[1].get("user_id"))))
    data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for _, line in lines).encode()
    if lines[-1][0] < world.days_ago(_PLAIN_DAYS):
        # No time and no name in the header: the same lines give the same bytes.
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(data, 6, mtime=0))
    else:
        path.write_bytes(data)
    return len(lines)
