"""The sentences that the program can say beside its word files, read from its own source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent / "dsr"
ELSEWHERE = (
    "cli/command.py",
    "cli/demo.py",
    "cli/help.py",
    "cli/purge.py",
    "engine/policytext",
    "engine/package",
    "jobs/sample",
    "engine/drafting.py",
    "console",
    "stores/sql/isotext.py",
    "standalone.py",
    "stores/sql/grants.py",
    "state/grants.py",
)
"""Words of these come from templates, word files and drafts, in both languages already; only their errors are said."""
_END = re.compile(r"(?<=[.?!…]) (?=[^ ])")
_SQL = re.compile(r"\s*(SELECT|CREATE|DELETE|INSERT|UPDATE|WITH|SET|PRAGMA)\b")
_PROSE = re.compile(r"(?:^|[ (\"])[A-Za-z][a-z]+[,;:]? [a-z]{2,}|\{\} [a-z]{3,}|[a-z]{3,} \{\}")


def templates() -> Iterator[tuple[str, str]]:
    """Every sentence with `{}` for what is filled in, and where it stands."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        raised = {inner for node in ast.walk(tree) if isinstance(node, ast.Raise) for inner in ast.walk(node)}
        for node in _texts(tree):
            if not name.startswith(ELSEWHERE) or node in raised:
                for sentence in () if _SQL.match(text := _template(node)) else sentences(text):
                    yield sentence, f"dsr/{name}:{node.lineno}"


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, without the full stop, where they are prose."""
    for part in _END.split(" ".join(text.split())):
        bare = part.removesuffix(".")
        if _PROSE.search(re.sub(r"`[^`]*`", "{}", bare)):
            yield bare


def _texts(tree: ast.Module) -> Iterator[ast.JoinedStr | ast.Constant]:
    """The texts that are said: no docstrings, names, SQL, help, nor parts of other texts."""
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(node.value)
        if isinstance(node, ast.JoinedStr):
            silent.update(part for value in node.values for part in ast.walk(value) if part is not node)
            for value in node.values:  # a text inside braces is one of its own
                if isinstance(value, ast.FormattedValue):
                    silent.difference_update(
                        p for p in ast.walk(value.value) if isinstance(p, ast.JoinedStr | ast.Constant)
                    )
        if isinstance(node, ast.Call) and _called(node) in _NOT_SAID:
            silent.update(ast.walk(node))
    for node in ast.walk(tree):
        if node not in silent and (isinstance(node, ast.JoinedStr) or _is_text(node)):
            yield node


_NOT_SAID = ("Option", "Argument", "_option", "option", "make_app", "Text", "compile", "TypeError", "ValueError")
"""Calls whose texts nobody reads as a message, or that bring both languages themselves."""


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _template(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(_part(value) for value in node.values)


def _part(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    return "{}"
