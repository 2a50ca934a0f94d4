"""The connection to a Redis server: questions, which may be asked again, and acts, which may not."""

from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import urlsplit

from redis.connection import Connection, parse_url
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as SilentError

from dsr.core.errors import DsrError, StoreUnreachableError, TransientError, UnknownOutcomeError, UnsupportedError
from dsr.core.policy import StoreConfig

Command = tuple[bytes | str | int, ...]

_TRY_LATER = frozenset({"OOM", "MISCONF", "BUSY", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"})
_CREDENTIALS = ("username", "password")


class WrongTypeError(Exception):
    """A key holds another type than the command is for."""


class Server:
    """One connection, opened by the first question. Messages of the driver can hold keys and are never passed on."""

    def __init__(self, config: StoreConfig) -> None:
        self.name = config.name
        self._config = config
        self._connection: Any = None
        self._proven = False  # it has answered since it was opened
        self._watching = False

    def ask(self, *commands: Command) -> list[Any]:
        """The answers, in order; asked once more when an old connection turns out to be closed.

        Raises WrongTypeError when a key is of another type.
        """
        try:
            answers = self._exchange(commands)
        except LostError as error:
            if not self._proven or self._watching:
                self._lose(error)
            self._proven = False
            try:
                answers = self._exchange(commands)
            except (RedisError, OSError) as again:
                self._lose(again)
        except (RedisError, OSError) as error:
            self._lose(error)
        for answer in answers:
            if isinstance(answer, ResponseError):
                if _code(answer) == "WRONGTYPE":
                    raise WrongTypeError
                raise self._refused(answer)
        return answers

    def watch(self, keys: list[bytes]) -> None:
        """From here on to `commit` or `release`, changes of these keys by others are noticed."""
        self.ask(("WATCH", *keys))
        self._watching = True

    def release(self) -> None:
        """Stop watching."""
        if self._watching:
            self._watching = False
            self.ask(("UNWATCH",))

    def commit(self, commands: list[Command]) -> list[Any] | None:
        """Do all of it at once, or nothing when a watched key was changed: then None.

        Raises UnknownOutcomeError when the answer does not come.
        """
        self._watching = False
        try:
            answers = self._exchange((("MULTI",), *commands, ("EXEC",)))
        except (RedisError, OSError) as error:
            self._proven = False
            raise UnknownOutcomeError(
                f"Store {self.name!r}: the Redis server did not say whether it carried out a batch "
                f"({type(error).__name__}). Run the command again: it looks first."
            ) from None
        done = answers[-1]
        for answer in (*answers, *(done if isinstance(done, list) else ())):
            if isinstance(answer, ResponseError):
                raise self._refused(answer)
        return done  # type: ignore[no-any-return] # what EXEC answers: a list, or nothing

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        self._proven = self._watching = False
        if connection is not None:
            with suppress(RedisError, OSError):
                connection.disconnect()

    def _exchange(self, commands: tuple[Command, ...]) -> list[Any]:
        connection = self._connection
        if connection is None:
            connection = self._connection = _opened(self._config)
            self._check_alone()
        try:
            connection.send_packed_command(connection.pack_commands(commands))
            answers = [_answer(connection) for _ in commands]
        except BaseException:
            connection.disconnect()  # answers that were not read must not be taken for those of the next question
            raise
        self._proven = True
        return answers

    def _check_alone(self) -> None:
        """A node of a cluster lists its own keys only: the others would be missed."""
        try:
            answer = self._exchange((("INFO", "cluster"),))[0]
        except BaseException:
            self._connection = None
            raise
        if isinstance(answer, ResponseError):
            self.close()
            raise StoreUnreachableError(
                f"Store {self.name!r}: the Redis server does not say whether it is part of a cluster "
                f"({_code(answer)}). Allow INFO to this user: without it, keys on other nodes would be missed."
            )
        if b"cluster_enabled:1" in answer:
            self.close()
            raise UnsupportedError(
                f"Store {self.name!r}: the server is a node of a Redis Cluster, which lists only its own keys. "
                "Clusters are not supported; handle this data by hand and say so in the policy."
            )

    def _lose(self, error: Exception) -> NoReturn:
        self._watching = self._proven = False
        late = " in time" if isinstance(error, SilentError) else ""
        raise StoreUnreachableError(
            f"Store {self.name!r}: the Redis server did not answer{late} ({type(error).__name__}). "
            "Check `url`, `username` and `password` in the policy, and that the server runs."
        ) from None

    def _refused(self, error: ResponseError) -> DsrError:
        code = _code(error)
        text = f"Store {self.name!r}: the Redis server refuses a command ({code}). "
        if code in _TRY_LATER:
            return TransientError(f"{text}Look at its memory, disk and running scripts, then run the command again.")
        if code == "READONLY":
            return UnsupportedError(f"{text}It is a replica: name the primary as `url` in the policy.")
        return UnsupportedError(f"{text}Give this user the right to all keys and to SCAN, EVAL, WATCH and UNLINK.")


def _answer(connection: Any) -> Any:  # noqa: ANN401 - whatever the command answers
    try:
        return connection.read_response()
    except ResponseError as error:
        return error


def _opened(config: StoreConfig) -> Any:  # noqa: ANN401 - one of the driver's connection classes
    """The connection that the url describes. What it answers is always bytes."""
    options = dict(config.options)
    try:
        made: dict[str, Any] = parse_url(config.url)  # type: ignore[no-untyped-call]
        if "path" not in made and (urlsplit(config.url).path.strip("/") or "0") != str(made.get("db", 0)):
            raise ValueError  # the driver takes database 0 for what it cannot read
        kind = made.pop("connection_class", Connection)
        made |= {name: options[name] for name in _CREDENTIALS if name in options}
        defaults = {"socket_connect_timeout": 10, "socket_timeout": 60}
        return kind(**{**defaults, **made, "protocol": 2, "decode_responses": False})
    except (ValueError, TypeError, RedisError):  # their words repeat the url, and the password in it
        raise UnsupportedError(
            f"{config.at}: the url of store {config.name!r} cannot be read. "
            "Forms: redis://host:6379/0, rediss://host:6379/0 (TLS), unix:///path/to/socket?db=0."
        ) from None


def _code(error: ResponseError) -> str:
    """The server's word for the error; the driver takes some of them away and has a class instead."""
    word = str(error).partition(" ")[0]
    if word.isascii() and word.isalpha() and word.isupper():
        return word
    return {"ReadOnlyError": "READONLY", "NoPermissionError": "NOPERM", "ResponseError": "ERR"}.get(
        type(error).__name__, type(error).__name__
    )
