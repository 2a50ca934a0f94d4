"""One call of the tool: the policy, the stores and the state database, each opened when first needed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from dsr.core.plan import Gap
from dsr.core.policy import Policy, StoreConfig
from dsr.core.progress import Progress
from dsr.core.store import Store
from dsr.core.trust import Trust
from dsr.engine import coverage
from dsr.engine.estate import Estate, survey
from dsr.engine.planner import Planned
from dsr.engine.policyfile.loader import load
from dsr.jobs.publishing import settle
from dsr.jobs.trusting import in_force
from dsr.state.database import State, open_state
from dsr.stores import open_store


def utcnow() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


class Session:
    """What every job works with. `actor` is who acts, as the system knows them; `now` gives the time."""

    def __init__(
        self,
        policy_path: Path,
        env: Mapping[str, str],
        actor: str,
        progress: Progress,
        now: Callable[[], datetime] = utcnow,
    ) -> None:
        self.policy_path, self.actor, self.progress, self.now = policy_path.resolve(), actor, progress, now
        self.env = env
        self._opened: list[Store] = []
        self.remarks: dict[str, None] = {}  # what whoever gave the command must know besides, in order
        self.planned: Planned | None = None  # what was planned last in this session

    @cached_property
    def policy(self) -> Policy:
        """The loaded policy."""
        return load(self.policy_path, self.env)

    @property
    def root(self) -> Path:
        """The folder of the policy file; relative addresses in it count from there."""
        return self.policy_path.parent

    @cached_property
    def stores(self) -> Mapping[str, Store]:
        """All stores, opened once for planning and acting."""
        return self.open_stores()

    def open_stores(self) -> Mapping[str, Store]:
        """All stores on connections of their own; verification takes such a set."""
        made = {config.name: open_store(_rooted(config, self.root)) for config in self.policy.stores}
        self._opened.extend(made.values())
        return made

    @cached_property
    def estate(self) -> Estate:
        """What the stores hold now."""
        return survey(self.policy, self.stores)

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """What the policy does not declare."""
        return coverage.gaps(self.estate)

    @cached_property
    def state(self) -> State:
        """The tool's own database."""
        return open_state(self.policy.state, self.root, clock=self.now)

    @cached_property
    def trust(self) -> Trust:
        """The trust file in force."""
        return in_force(self.state, self.now())

    def settle(self) -> None:
        """Publish what this call recorded in the ledger."""
        if "state" in self.__dict__:
            settle(self.state, self.now())

    def close(self) -> None:
        """Give back everything that was opened."""
        for store in self._opened:
            store.close()
        if "state" in self.__dict__:
            self.state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def open_session(policy_path: Path, env: Mapping[str, str], actor: str, progress: Progress) -> Session:
    """A session on a policy file. Nothing is opened yet."""
    return Session(policy_path, env, actor, progress)


def _rooted(config: StoreConfig, root: Path) -> StoreConfig:
    """The configuration with a relative file address made absolute."""
    for head in ("sqlite:///", "file://"):
        if config.url.startswith(head):
            path = config.url[len(head) :]
            return replace(config, url=f"{head}{root / path}") if path and path != ":memory:" else config
    if "://" in config.url:
        return config
    return replace(config, url=str(root / config.url))
