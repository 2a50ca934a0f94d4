"""Loads `retention.yaml` into the typed policy, or says everything that is wrong with it, each with file and line."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.core.policy import Policy
from dsr.engine.policyfile import casework, discovery, entries, envvars, notice, rules, sections, totals
from dsr.engine.policyfile.files import Sources, collect
from dsr.engine.policyfile.names import Names
from dsr.engine.policyfile.nodes import Pair
from dsr.engine.policyfile.problems import Problems, Spot, shown
from dsr.engine.walking import named

SECTIONS = (
    *("version", "include", "controller", "state", "stores", "subject", "rules", "data", "recipients", "guards"),
    *("notice", "deletion", "discovery", "requests"),
)
_NEEDED = ("version", "controller", "stores", "subject", "rules", "data")


def load(path: Path, env: Mapping[str, str]) -> Policy:
    """The policy of the file and what it includes; raises PolicyError with all problems found."""
    problems = Problems()
    sources = collect(path, problems)
    if problems:  # what a broken file declares is not known: checking references would only repeat the fault
        raise PolicyError(problems.lines(sources.names))
    policy = _policy(sources, env, problems)
    if problems:
        raise PolicyError(problems.lines(sources.names))
    return policy


def schema_text() -> str:
    """The JSON Schema of the file, for editors."""
    return (folder("policies") / "retention.schema.json").read_text(encoding="utf-8")


def _policy(sources: Sources, env: Mapping[str, str], problems: Problems) -> Policy:
    _sections(sources, problems)
    envvars.refuse(sources.roots, problems)
    sections.version(sources.pairs("version"), problems)
    controller = sections.controller(_single(sources, "controller", problems), problems)
    state = _single(sources, "state", problems)
    stores = sections.stores(sources.pairs("stores"), controller.timezone, env, problems)
    found = rules.rules(sources.pairs("rules"), controller, problems)
    names = Names(problems, {one.name: one.zone for one in stores}, rules=frozenset(rule.name for rule in found))
    declared = entries.declare(sources.pairs("data"), names)
    people, identifiers = sections.people(sources.pairs("subject"), names)
    decided = discovery.discovery(sources.pairs("discovery"), names)
    purge, request = sections.guards(sources.pairs("guards"), problems)
    made = Policy(
        controller=controller,
        state=envvars.expanded(state.value, "`state`", env, problems) if state else sections.DEFAULT_STATE,
        stores=stores,
        anchors=people.anchors,
        identifiers=identifiers,
        rules=totals.totals(found, sources.pairs("rules"), names),
        entries=entries.entries(declared, people, names),
        none=declared.none,
        recipients=sections.recipients(sources.pairs("recipients"), problems),
        purge_guards=purge,
        request_guards=request,
        digest=sources.digest,
        files=sources.names,
        notice=notice.notice(_single(sources, "notice", problems), problems),
        deletion=notice.deletion(_single(sources, "deletion", problems), problems),
        decisions=decided.decisions,
        own_keys=decided.own_keys,
        known_keys=decided.known_keys,
        casework=casework.casework(_single(sources, "requests", problems), controller, names, env),
    )
    return replace(made, stores=tuple(replace(store, inside=_inside(made, store.name)) for store in stores))


def _inside(policy: Policy, store: str) -> frozenset[tuple[str, str]]:
    """The collections and fields of a store of which the file names parts."""
    refs = ((ref.place, ref.path) for identifier in policy.identifiers for ref in identifier.refs)
    paths = ((entry.place, path) for entry in policy.entries for path in named(entry))
    return frozenset(
        (place.collection, path[0]) for place, path in (*refs, *paths) if place.store == store and len(path) > 1
    )


def _sections(sources: Sources, problems: Problems) -> None:
    for root in sources.roots:
        for pair in root.pairs:
            if pair.name not in SECTIONS:
                problems.add(
                    pair.key.at, f"there is no section {shown(pair.name)}; {problems.unknown(pair.name, SECTIONS)}"
                )
    for name in _NEEDED:
        if not sources.pairs(name):
            where = Spot(sources.names[0], 1)
            problems.add(where, f"the policy has no section `{name}:`. Add it; `dsr policy schema` describes it.")


def _single(sources: Sources, name: str, problems: Problems) -> Pair | None:
    return sections.once(sources.pairs(name), f"section `{name}:`", problems)
