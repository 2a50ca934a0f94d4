"""The Redis store on a real server."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import servers_redis
from hypothesis import given
from hypothesis import strategies as st
from servers_redis import PASSWORD, RedisServer

from dsr.core.errors import (
    DsrError,
    GuardError,
    StoreUnreachableError,
    TransientError,
    UnknownOutcomeError,
    UnsupportedError,
)
from dsr.core.matching import Match
from dsr.core.policy import StoreConfig
from dsr.core.select import (
    And,
    Become,
    Before,
    Change,
    Everything,
    IsNull,
    Linked,
    Not,
    OneOf,
    Or,
    Rewritten,
    Selection,
    StartsWith,
    one_of,
)
from dsr.core.store import Reports, Rewrites
from dsr.stores.redis.names import Names, Reach, bytes_of, pattern, reach, text_of
from dsr.stores.redis.seen import Seen
from dsr.stores.redis.store import RedisStore

ALL = 1_000_000
MAIL = ("value", "email")
CANARY = "ann.canary@example.example"


def store(server: RedisServer, **options: str) -> RedisStore:
    return at(server.url, **(dict(server.options) | options))


def at(url: str, **options: str) -> RedisStore:
    return RedisStore(StoreConfig("cache", "redis", url, "UTC", tuple(options.items()), "retention.yaml:1"))


@pytest.fixture
def opened(redis_empty: RedisServer) -> Iterator[RedisStore]:
    made = store(redis_empty)
    yield made
    made.close()


def starts(*prefixes: str) -> StartsWith:
    return StartsWith(("key",), frozenset(prefixes))


def keys(opened: RedisStore, selection: Selection) -> list[str]:
    return sorted(str(record.values["key"]) for record in opened.read(selection, (("key",),)))


def delete(opened: RedisStore, selection: Selection, ceiling: int = ALL) -> list[int]:
    return [unit.count for unit in opened.delete(selection, ceiling)]


def value(opened: RedisStore, collection: str, key: str) -> object:
    (record,) = opened.read(Selection(collection, one_of(("key",), [key])))
    return record.values["value"]


def calls(server: RedisServer, command: str) -> int:
    return int(server.client.info("commandstats").get(f"cmdstat_{command}", {}).get("calls", 0))


def test_the_part_before_the_first_separator_is_the_collection(redis_empty: RedisServer, opened: RedisStore) -> None:
    for key in ["session:1", "session:2:a", "cart:1", "plain", ":x", ".:y", ".", "", "sessions", "session"]:
        redis_empty.client.set(key, "v")
    assert [one.name for one in opened.collections()] == [".", ".:", ":", "cart", "session"]
    assert keys(opened, Selection("session")) == ["1", "2:a"]
    assert keys(opened, Selection(".")) == ["", ".", "plain", "session", "sessions"]
    assert keys(opened, Selection(":")) == ["x"]
    assert keys(opened, Selection(".:")) == ["y"]
    assert keys(opened, Selection("session:2")) == keys(opened, Selection("none")) == []
    assert opened.count(Selection("\ud800")) == 0


def test_another_separator_divides_keys_elsewhere(redis_empty: RedisServer) -> None:
    redis_empty.client.mset({"a:b/c": "1", "a:b/": "2", "a:d": "3"})
    opened = store(redis_empty, separator="/")
    assert [one.name for one in opened.collections()] == [".", "a:b"]
    assert keys(opened, Selection("a:b")) == ["", "c"]
    assert keys(opened, Selection(".")) == ["a:d"]
    opened.close()
    with pytest.raises(UnsupportedError, match="separator"):
        store(redis_empty, separator="")


def test_keys_without_common_beginnings_are_refused_as_collections(
    redis_empty: RedisServer, opened: RedisStore
) -> None:
    redis_empty.client.mset({f"{n}:x": "v" for n in range(10_001)})
    with pytest.raises(UnsupportedError, match="separator"):
        list(opened.collections())


def test_values_of_every_type_are_read(redis_empty: RedisServer, opened: RedisStore) -> None:
    client = redis_empty.client
    client.set("v:json", '{"email": "a@b.example", "n": 5}')
    client.set("v:array", "[1]")
    client.set("v:text", "hello")
    client.hset("v:hash", mapping={"email": "a@b.example"})
    client.rpush("v:list", "b", "a", "b")
    client.sadd("v:set", "b", "a")
    client.zadd("v:zset", {"a": 1.5, "b": float("inf")})
    client.xadd("v:stream", {"user": "7"}, id="1-1")
    client.xadd("v:drained", {"user": "7"}, id="1-1")
    client.xdel("v:drained", "1-1")
    found = {str(r.values["key"]): (r.values["type"], r.values["value"]) for r in opened.read(Selection("v"))}
    assert found == {
        "json": ("string", {"email": "a@b.example", "n": 5}),
        "array": ("string", "[1]"),
        "text": ("string", "hello"),
        "hash": ("hash", {"email": "a@b.example"}),
        "list": ("list", ["b", "a", "b"]),
        "set": ("set", ["a", "b"]),
        "zset": ("zset", [{"member": "a", "score": 1.5}, {"member": "b", "score": "inf"}]),
        "stream": ("stream", [{"id": "1-1", "fields": {"user": "7"}}]),
        "drained": ("stream", []),
    }
    assert keys(opened, Selection("v", one_of(MAIL, ["a@b.example"]))) == ["hash", "json"]


def test_the_end_of_a_key_is_the_same_instant_at_every_reading(redis_empty: RedisServer, opened: RedisStore) -> None:
    ends = datetime(2044, 2, 29, 12, 0, 0, 123_000, tzinfo=UTC)
    redis_empty.client.set("v:a", "x", pxat=int(ends.timestamp() * 1000))
    redis_empty.client.set("v:b", "x")
    for _ in range(50):
        found = {str(r.values["key"]): r.values["expires"] for r in opened.read(Selection("v"))}
        assert found == {"a": ends, "b": None}
    assert keys(opened, Selection("v", IsNull(("expires",)))) == ["b"]
    assert keys(opened, Selection("v", Before(("expires",), ends + timedelta(milliseconds=1)))) == ["a"]
    assert opened.count(Selection("v", Before(("expires",), ends))) == 0


def test_bytes_that_are_no_text_neither_crash_nor_match_text(redis_empty: RedisServer, opened: RedisStore) -> None:
    client = redis_empty.client
    client.set(b"v:\xff\xfe", b"\x80\x81")
    client.set(b"\xff:k", '{"a": "\\ud800"}')
    client.hset(b"v:h", mapping={b"\xfe": b"\xff"})
    assert len(list(opened.collections())) == 2
    assert opened.count(Selection("v", one_of(("value",), ["\ufffd\ufffd", "8081", "\ud800"]))) == 0
    (record,) = opened.read(Selection("v", one_of(("type",), ["string"])))
    assert bytes_of(str(record.values["key"])) == b"\xff\xfe"
    assert opened.count(Selection("v", one_of(("key",), [record.values["key"], "\ud800", b"\xff"]))) == 1
    assert delete(opened, Selection("v", one_of(("key",), [record.values["key"]]))) == [1]
    assert client.exists(b"v:\xff\xfe") == 0
    assert delete(opened, Selection(text_of(b"\xff"))) == [1]


@given(st.binary(max_size=6), st.binary(max_size=12))
def test_every_key_is_found_by_its_own_text(prefix: bytes, rest: bytes) -> None:
    assert bytes_of(text_of(prefix + rest)) == prefix + rest
    names = Names(":")
    whole = names.prefix(names.collection(prefix + rest))
    assert whole is not None
    assert (prefix + rest).startswith(whole)
    assert names.belongs(prefix + rest, whole)


def test_known_names_are_looked_up_without_a_pass(redis_empty: RedisServer, opened: RedisStore) -> None:
    redis_empty.client.mset({f"session:{n}": "x" for n in range(2_000)})
    wanted = one_of(("key",), [*range(5, 1_505), "05", None, "gone"])
    before = calls(redis_empty, "scan")
    assert opened.count(Selection("session", wanted)) == 1_500
    assert sum(delete(opened, Selection("session", And((wanted, Not(one_of(("key",), [7]))))))) == 1_499
    assert calls(redis_empty, "scan") == before
    assert calls(redis_empty, "keys") == 0


def test_a_template_of_keys_finds_one_person_and_not_the_next(redis_empty: RedisServer, opened: RedisStore) -> None:
    for name in ["1:a", "1:b", "10:a", "2:a", "*:a", "?:a", "[1]:a", "\\1:a", "1"]:
        redis_empty.client.set(f"doc:{name}", "x")
    assert keys(opened, Selection("doc", starts("1:"))) == ["1:a", "1:b"]
    assert keys(opened, Selection("doc", starts("*", "?:", "[1]", "\\"))) == ["*:a", "?:a", "[1]:a", "\\1:a"]
    assert keys(opened, Selection("doc", Or((starts("1:"), one_of(("key",), ["1:a", "1", "2:a"]))))) == [
        "1",
        "1:a",
        "1:b",
        "2:a",
    ]
    assert keys(opened, Selection("doc", one_of(("key",), ["1:A"], Match.EMAIL))) == ["1:a"]
    assert sum(delete(opened, Selection("doc", starts("1:")))) == 2
    assert opened.count(Selection("doc")) == 7


def test_many_prefixes_are_one_pass(redis_empty: RedisServer, opened: RedisStore) -> None:
    redis_empty.client.mset({f"doc:{n}:x": "v" for n in range(3_000)})
    before = calls(redis_empty, "scan")
    assert opened.count(Selection("doc", starts(*(f"{n}:" for n in range(1_000))))) == 1_000
    assert calls(redis_empty, "scan") - before <= 8


def test_globs_match_their_text_only() -> None:
    assert pattern(b"a*?[b]\\c") == b"a\\*\\?\\[b\\]\\\\c*"


def test_a_predicate_reaches_no_further_than_it_must() -> None:
    assert reach(one_of(("key",), [1, "b"]), b"c:") == Reach(names=frozenset({b"c:1", b"c:b"}))
    assert reach(And((starts("1"), one_of(MAIL, ["x"]))), b"c:") == Reach(prefixes=frozenset({b"c:1"}))
    assert reach(Or((starts("1"), one_of(("key",), ["12", "2"]))), b"c:") == Reach(
        frozenset({b"c:2"}), frozenset({b"c:1"})
    )
    assert reach(Or((starts("1"), one_of(MAIL, ["x"]))), b"c:") == reach(Not(starts("1")), b"c:")
    assert reach(Or(()), b"c:") == Reach()
    assert reach(OneOf((("type",), ("key",)), frozenset({("hash", 5)})), b"") == Reach(names=frozenset({b"5"}))


def test_links_lead_from_one_collection_into_another(redis_empty: RedisServer, opened: RedisStore) -> None:
    client = redis_empty.client
    client.hset("user:7", mapping={"email": "a@b.example"})
    client.hset("user:8", mapping={"email": "c@d.example"})
    client.set("session:x", '{"user_id": 7}')
    client.set("session:y", '{"user_id": "8"}')
    client.set("session:z", '{"user_id": null}')
    users = Selection("user", one_of(MAIL, ["A@B.example"], Match.EMAIL))
    assert keys(opened, Selection("session", Linked((("value", "user_id"),), users, (("key",),)))) == ["x"]


def test_counts_are_exact_while_the_servers_table_shrinks(redis_empty: RedisServer, opened: RedisStore) -> None:
    """SCAN gives keys again when the table is made smaller between two of its steps."""
    client = redis_empty.client
    client.mset({f"a:{n}": "x" for n in range(60_000)})
    client.mset({f"keep:{n}": "x" for n in range(3_000)})
    reading = opened.read(Selection("keep"), (("key",),))
    found = [str(next(reading).values["key"]) for _ in range(1_500)]
    for at in range(0, 60_000, 10_000):
        client.unlink(*(f"a:{n}" for n in range(at, at + 10_000)))
    for _ in range(2_000):
        client.get("keep:1")  # every command moves the table on
    found += [str(record.values["key"]) for record in reading]
    assert sorted(found) == sorted(map(str, range(3_000)))


def test_met_keys_beyond_the_memorys_room_are_kept_on_disk() -> None:
    seen = Seen("cache", room=10)
    assert [seen.is_new(b"%d" % n) for n in range(500)] == [True] * 500
    assert not any(seen.is_new(b"%d" % n) for n in range(500))
    seen.close()


def test_a_delete_works_in_units_of_a_thousand(redis_empty: RedisServer, opened: RedisStore) -> None:
    redis_empty.client.mset({f"s:{n}": json.dumps({"n": n}) for n in range(2_500)})
    redis_empty.client.set("t:1", "x")
    assert delete(opened, Selection("s", Not(IsNull(("value", "n"))))) == [1_000, 1_000, 500]
    assert [one.name for one in opened.collections()] == ["t"]


def test_a_ceiling_between_two_units_is_not_passed(redis_empty: RedisServer, opened: RedisStore) -> None:
    redis_empty.client.mset({f"s:{n}": "x" for n in range(2_500)})
    with pytest.raises(GuardError, match="limit of 1500; 1000 were changed"):
        delete(opened, Selection("s"), 1_500)
    assert opened.count(Selection("s")) == 1_500
    assert delete(opened, Selection("s"), 1_500) == [1_000, 500]


class Proxy:
    """Stands before the server and lets a test act between two of the store's commands, or cut the line there."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._before: list[tuple[bytes, Callable[[], bool]]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def before(self, word: bytes, act: Callable[[], bool]) -> None:
        """Call `act` once, before the first command with this word passes; a false answer cuts the line after it."""
        self._before.append((word, act))

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", self._port)) as server, suppress(OSError):
                self._carry(client, server)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        back = threading.Thread(target=_copy, args=(server, client))
        back.start()
        while data := client.recv(1 << 20):
            going = True
            for entry in [one for one in self._before if one[0] in data]:
                self._before.remove(entry)
                going = entry[1]() and going
            if not going:
                client.shutdown(socket.SHUT_RDWR)  # the answer finds nobody
                server.sendall(data)
                break
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)
        back.join(10)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 20):
            target.sendall(data)
    except OSError:
        return


@pytest.fixture
def proxy(redis_empty: RedisServer) -> Iterator[Proxy]:
    made = Proxy(redis_empty.port)
    yield made
    made.close()


@contextmanager
def through(proxy: Proxy) -> Iterator[RedisStore]:
    made = at(proxy.url, password=PASSWORD)
    try:
        yield made
    finally:
        made.close()


def test_a_value_changed_meanwhile_is_not_deleted_on_old_grounds(redis_empty: RedisServer, proxy: Proxy) -> None:
    client = redis_empty.client
    for n in range(20):
        client.set(f"s:{n}", '{"user_id": 7}')

    def change() -> bool:
        client.set("s:3", '{"user_id": 8}')
        client.expire("s:4", 1_000)
        client.delete("s:5")
        return True

    proxy.before(b"MULTI", change)
    with through(proxy) as opened:
        assert sum(delete(opened, Selection("s", one_of(("value", "user_id"), [7])))) == 18
    assert client.keys("*") == [b"s:3"]


def test_a_key_that_never_rests_is_named_and_left(redis_empty: RedisServer, proxy: Proxy) -> None:
    client = redis_empty.client
    client.mset({"s:1": "x", "s:2": "x"})

    def touch() -> bool:
        client.append("s:1", "x")
        proxy.before(b"MULTI", touch)
        return True

    proxy.before(b"MULTI", touch)
    with through(proxy) as opened, pytest.raises(TransientError, match="keeps changing"):
        delete(opened, Selection("s", starts("1")))
    assert client.exists("s:1", "s:2") == 2


def test_a_lost_answer_to_an_act_is_unknown(redis_empty: RedisServer, proxy: Proxy) -> None:
    redis_empty.client.mset({f"s:{n}": CANARY for n in range(5)})
    proxy.before(b"MULTI", lambda: False)
    with through(proxy) as opened:
        with pytest.raises(UnknownOutcomeError) as caught:
            delete(opened, Selection("s", one_of(("value",), [CANARY])))
        assert CANARY not in str(caught.value) + repr(caught.value.__cause__)
        assert opened.count(Selection("s")) in (0, 5)


def test_a_line_lost_while_looking_is_unreachable_and_nothing_happened(redis_empty: RedisServer, proxy: Proxy) -> None:
    redis_empty.client.mset({f"s:{n}": "x" for n in range(5)})
    with through(proxy) as opened:
        assert opened.count(Selection("s")) == 5
        proxy.before(b"WATCH", lambda: proxy.before(b"EVAL", lambda: False) is None)
        with pytest.raises(StoreUnreachableError):
            delete(opened, Selection("s"))
        assert opened.count(Selection("s")) == 5


def test_a_connection_that_the_server_closed_is_opened_again(redis_empty: RedisServer, opened: RedisStore) -> None:
    redis_empty.client.mset({f"s:{n}": "x" for n in range(5_000)})
    reading = opened.read(Selection("s"))
    next(reading)
    redis_empty.client.client_kill_filter(_type="normal", skipme=True)
    assert sum(1 for _ in reading) == 4_999


def test_a_server_that_is_away_is_unreachable(tmp_path: Path) -> None:
    for url in ["redis://ann:hunter2@127.0.0.1:1/0", f"unix://{tmp_path}/none?password=hunter2"]:
        with pytest.raises(StoreUnreachableError) as caught:
            at(url).count(Selection("s"))
        assert "hunter2" not in str(caught.value) + repr(caught.value.__cause__)


def test_a_wrong_password_is_unreachable_and_not_repeated(redis_empty: RedisServer) -> None:
    for options in [{}, {"password": "hunter2"}]:
        with pytest.raises(StoreUnreachableError) as caught:
            at(redis_empty.url, **options).count(Selection("s"))
        assert "hunter2" not in str(caught.value) + repr(caught.value.__cause__)


@pytest.mark.parametrize(
    "url", ["http://u:hunter2@h", "redis://:hunter2@h:port/0", "redis://:hunter2@h/abc", "hunter2"]
)
def test_a_url_that_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        at(url).count(Selection("s"))
    assert "retention.yaml:1" in str(caught.value)
    assert "hunter2" not in str(caught.value) + repr(caught.value.__cause__)


def test_options_of_the_url_do_not_change_what_is_read(redis_empty: RedisServer) -> None:
    redis_empty.client.zadd("v:z", {b"\xff": 1})
    opened = at(f"{redis_empty.url}?decode_responses=true&protocol=3&socket_timeout=20", password=PASSWORD)
    assert value(opened, "v", "z") == [{"member": "\udcff", "score": 1.0}]
    opened.close()


def test_a_user_without_the_right_to_delete_is_told_so(redis_empty: RedisServer) -> None:
    client = redis_empty.client
    client.set("s:1", CANARY)
    client.acl_setuser("reader", enabled=True, passwords=["+x"], keys=["*"], categories=["+@all"], commands=["-unlink"])
    opened = at(redis_empty.url, username="reader", password="x")
    with pytest.raises(UnsupportedError, match="NOPERM") as caught:
        delete(opened, Selection("s"))
    assert CANARY not in str(caught.value)
    assert opened.count(Selection("s")) == 1
    opened.close()
    client.acl_setuser("reader", enabled=True, passwords=["+x"], keys=["*"], categories=["+@all"], commands=["-info"])
    with pytest.raises(StoreUnreachableError, match="INFO"):
        at(redis_empty.url, username="reader", password="x").count(Selection("s"))
    client.acl_deluser("reader")


def test_a_node_of_a_cluster_is_refused(tmp_path: Path) -> None:
    server, port = servers_redis.started(tmp_path, "--cluster-enabled", "yes")
    try:
        for _ in range(2):
            with pytest.raises(UnsupportedError, match="Cluster"):
                at(f"redis://127.0.0.1:{port}").count(Selection("s"))
    finally:
        servers_redis.stopped(server)


def rewrite(opened: RedisStore, selection: Selection, *changes: Change, ceiling: int = ALL) -> int:
    return sum(unit.count for unit in opened.rewrite(selection, changes, ceiling))


def test_a_rewrite_keeps_everything_else_and_the_end_of_the_key(redis_empty: RedisServer, opened: RedisStore) -> None:
    client = redis_empty.client
    ends = 4_000_000_000_123
    client.set("s:1", '{"a":{"email":"x@y.example","n":12345678901234567890},"é":1.50}', pxat=ends)
    client.set("s:2", '{"a": 5, "b": "\\u00e9"}')
    client.hset("h:1", mapping={"email": "x@y.example", "name": "n"})
    client.pexpireat("h:1", ends)
    both_at_once = (Change(("value", "a", "email")), Change(("value", "m"), Become.UNIQUE, "erased-"))
    assert rewrite(opened, Selection("s"), *both_at_once) == 2
    assert client.get("s:1").decode() == '{"a":{"n":12345678901234567890},"é":1.5,"m":"erased-1"}'
    assert client.get("s:2").decode() == '{"a": 5, "b": "\\u00e9", "m": "erased-2"}'
    assert rewrite(opened, Selection("h"), Change(MAIL), Change(("value", "name"), Become.VALUE, 5)) == 1
    assert client.hgetall("h:1") == {b"name": b"5"}
    assert [r.values["expires"] for r in opened.read(Selection("h"))] == [
        datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ends)
    ]
    assert client.pttl("s:1") > 0
    assert rewrite(opened, Selection("s"), *both_at_once, ceiling=0) == 0
    assert opened.count(Selection("s", Rewritten(both_at_once))) == 2


def test_text_is_rewritten_as_a_whole(redis_empty: RedisServer, opened: RedisStore) -> None:
    redis_empty.client.set("s:1", CANARY, ex=1_000)
    blank = Change(("value",), Become.VALUE, "")
    assert rewrite(opened, Selection("s"), blank) == 1
    assert rewrite(opened, Selection("s"), blank) == 0
    assert redis_empty.client.get("s:1") == b""
    assert redis_empty.client.ttl("s:1") > 0


@pytest.mark.parametrize(
    ("raw", "change"),
    [
        ("text " + CANARY, Change(("value", "a"), Become.VALUE, "x")),
        ("text " + CANARY, Change(("value",))),
        ('{"a": 0.1234567890123456789, "b": 1}', Change(("value", "b"))),
        (["item " + CANARY], Change(("value", "a"), Become.VALUE, "x")),
        ({"a": CANARY}, Change(("value", "a", "b"), Become.VALUE, "x")),
        ({"a": CANARY}, Change(("value",), Become.VALUE, "")),
        ({"a": CANARY}, Change(("expires",), Become.VALUE, "x")),
    ],
)
def test_a_value_that_cannot_take_a_change_is_named_and_left(
    redis_empty: RedisServer, opened: RedisStore, raw: object, change: Change
) -> None:
    client = redis_empty.client
    if isinstance(raw, str):
        client.set("s:1", raw)
    elif isinstance(raw, dict):
        client.hset("s:1", mapping=raw)
    else:
        client.rpush("s:1", *raw)  # type: ignore[misc]
    before = client.dump("s:1")
    with pytest.raises(UnsupportedError, match=r"cache\.s: ") as caught:
        rewrite(opened, Selection("s"), change)
    assert CANARY not in str(caught.value)
    assert client.dump("s:1") == before


def test_what_could_not_be_looked_into_is_reported_with_counts(redis_empty: RedisServer, opened: RedisStore) -> None:
    redis_empty.client.mset({"s:1": "{" + CANARY, "s:2": '{"a": 1}', "s:3": "[" * 3 + "text", "s:4": '{"a":' * 99_999})
    assert opened.count(Selection("s", one_of(("value", "a"), [1]))) == 1
    (problem,) = opened.problems()
    assert problem.startswith("cache.s: 2 strings")
    assert CANARY not in problem
    assert opened.count(Selection("s", Everything())) == 4
    assert opened.problems() == ()


def test_no_error_of_the_store_holds_a_key_or_value(redis_empty: RedisServer, opened: RedisStore) -> None:
    redis_empty.client.set(f"s:{CANARY}", CANARY)
    for act in [
        lambda: delete(opened, Selection("s"), 0),
        lambda: rewrite(opened, Selection("s"), Change(("value", "x"), Become.VALUE, CANARY)),
    ]:
        with pytest.raises(DsrError) as caught:
            act()
        assert CANARY not in str(caught.value) + repr(caught.value.__cause__)


def test_the_store_can_rewrite_and_report_and_says_what_stays(opened: RedisStore) -> None:
    assert isinstance(opened, Rewrites)
    assert isinstance(opened, Reports)
    assert "append-only" in opened.traits.residue
