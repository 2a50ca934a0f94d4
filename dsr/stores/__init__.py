"""The registry of store kinds: kind → dotted class and what to install. Drivers load when a store is opened."""

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, cast

from dsr.core.errors import InstallError, PolicyError
from dsr.core.policy import StoreConfig
from dsr.core.store import Store


class Opener(Protocol):
    """The class of a store kind is called with its configuration; it may connect late but must not act."""

    def __call__(self, config: StoreConfig) -> Store:
        """Open the store."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Where the class of a kind is, and what to say when its driver is missing."""

    dotted: str
    hint: str


KINDS: dict[str, Kind] = {
    "memory": Kind("dsr.stores.memory.MemoryStore", ""),
    "sql": Kind("dsr.stores.sql.store.SqlStore", "pip install 'dsr[postgres]' or 'dsr[mysql]'"),
    "logs": Kind("dsr.stores.logs.store.LogStore", "pip install 'dsr[zstd,fast]'"),
    "objects": Kind("dsr.stores.objects.store.ObjectStore", "pip install 'dsr[s3]'"),
    "redis": Kind("dsr.stores.redis.store.RedisStore", "pip install 'dsr[redis]'"),
}


def kinds() -> tuple[str, ...]:
    """The names of all kinds, third-party ones (entry point group `dsr.stores`) included."""
    return (*KINDS, *(point.name for point in entry_points(group="dsr.stores")))


def open_store(config: StoreConfig) -> Store:
    """Open the store of a configuration.

    Raises InstallError when a driver is missing and PolicyError when nobody knows the kind.
    """
    kind = KINDS.get(config.kind)
    try:
        if kind is None:
            point = next((p for p in entry_points(group="dsr.stores") if p.name == config.kind), None)
            if point is None:
                known = ", ".join(kinds())
                raise PolicyError(f"{config.at}: store kind {config.kind!r} is not known. Known kinds: {known}.")
            return cast(Opener, point.load())(config)
        module, _, name = kind.dotted.rpartition(".")
        return cast(Opener, getattr(import_module(module), name))(config)
    except ModuleNotFoundError as error:
        hint = kind.hint if kind else "install the package that provides it"
        raise InstallError(f"Store {config.name!r} needs the module {error.name!r}: {hint}.") from error
