"""`${NAME}` and `${NAME:-default}`: read where stores, the state database and a secret are named, refused elsewhere."""

import re
from collections.abc import Iterable, Iterator, Mapping

from dsr.engine.policyfile.convert import text
from dsr.engine.policyfile.nodes import Map, Node, Pair, Scalar, scalars
from dsr.engine.policyfile.problems import Problems, Spot, shown

_FORM = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}")
_ANY = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^{}]*)?\}")


def expanded(node: Node | None, what: str, env: Mapping[str, str], problems: Problems) -> str:
    """A text with its variables filled in. What they hold is never shown."""
    made = text(node, what, problems)
    if not made or node is None:
        return made
    if "${" in _FORM.sub("", made):
        problems.add(node.at, f"{what} holds a ${{ that names no variable. Write ${{NAME}} or ${{NAME:-default}}.")
        return ""
    return _FORM.sub(lambda found: _value(found, node.at, what, env, problems), made)


def refuse(roots: Iterable[Map], problems: Problems) -> None:
    """Note variables where none are read: they would be published as they stand."""
    for root in roots:
        for pair in root.pairs:
            if pair.name in ("stores", "state"):
                continue
            for scalar in _read_as_it_stands(pair):
                if _ANY.search(scalar.text):
                    what = (
                        f"{shown(scalar.text)} names a variable, which only `stores:`, `state:` and `account_key:` may"
                    )
                    problems.add(scalar.at, f"{what}. Write the value out.")


def _value(found: re.Match[str], at: Spot, what: str, env: Mapping[str, str], problems: Problems) -> str:
    name, default = found[1], found[2]
    value = env.get(name)
    if default is not None:
        return value or default  # as a shell reads `:-`, which counts an empty variable as not set
    if value is None:
        hint = f"Set it, or give a default: ${{{name}:-…}}."
        problems.add(at, f"{what} needs the environment variable {name}, which is not set. {hint}")
    return value or ""


def _read_as_it_stands(pair: Pair) -> Iterator[Scalar]:
    """Everything under a key but the secret that is shared with the app."""
    if pair.name == "account_key":
        return
    if pair.name in ("requests", "identity") and isinstance(pair.value, Map):
        for inner in pair.value.pairs:
            yield from _read_as_it_stands(inner)
    else:
        yield from scalars(pair.value)
