"""Collections whose links lead round in a circle, or back to themselves: replies to replies, folders in folders."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import TypeVar

from dsr.core.policy import Entry, Place, Policy, ViaLink

T = TypeVar("T", bound=Hashable)


def vias(entry: Entry) -> tuple[ViaLink, ...]:
    """The links of an entry to a parent."""
    part = (entry.part_of,) if entry.part_of is not None else ()
    return (*part, *(link.how for link in entry.links if isinstance(link.how, ViaLink)))


def linked(policy: Policy) -> dict[Place, frozenset[Place]]:
    """For each collection in a circle of links, all collections of that circle."""
    return circles(
        {entry.place: {via.to for e in policy.entries_of(entry.place) for via in vias(e)} for entry in policy.entries}
    )


def circles(edges: Mapping[T, Iterable[T]]) -> dict[T, frozenset[T]]:
    """For each node that can be reached from itself, the nodes that it reaches and that reach it."""
    reached = {node: _from(node, edges) for node in edges}
    return {
        node: frozenset(other for other in there if other in reached and node in reached[other])
        for node, there in reached.items()
        if node in there
    }


def in_order(edges: Mapping[T, Iterable[T]]) -> Iterator[tuple[T, ...]]:
    """The nodes, those that an edge leads to before those it leads from; nodes of one circle come together."""
    together = circles(edges)
    group = {node: tuple(other for other in edges if other in together[node]) for node in together}
    group |= {node: (node,) for node in edges if node not in together}
    before = {
        some: {group[to] for node in some for to in edges[node] if to in group} - {some} for some in group.values()
    }
    yield from TopologicalSorter(before).static_order()


def _from(node: T, edges: Mapping[T, Iterable[T]]) -> set[T]:
    found: set[T] = set()
    todo = list(edges.get(node, ()))
    while todo:
        now = todo.pop()
        if now not in found:
            found.add(now)
            todo.extend(edges.get(now, ()))
    return found
