"""The shape of the code: modules of one idea, functions that fit on a screen, layers that point downwards."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from dsr.core import own
from dsr.state import request_tables, schema
from dsr.stores.sql import fence, restrict, totals

ROOT = Path(__file__).resolve().parent.parent
MODULE_LINES = 400
FUNCTION_LINES = 60


def modules(*outside: str) -> Iterator[tuple[str, list[ast.AST]]]:
    """Every module of the program with all its syntax nodes, but for the named packages."""
    for path in sorted((ROOT / "dsr").rglob("*.py")):
        if not set(outside) & set(path.parts):
            yield str(path.relative_to(ROOT)), list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def test_a_module_has_at_most_400_lines():
    sizes = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "dsr").rglob("*.py")}
    assert len(sizes) > 20
    assert {path: size for path, size in sizes.items() if size > MODULE_LINES} == {}


def test_a_function_has_at_most_60_lines():
    long = {}
    for path, nodes in modules():
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    long[f"{path}:{node.name}"] = size
    assert long == {}


def test_nothing_prints_past_the_console():
    prints = []
    for path, nodes in modules():
        calls = [node.func for node in nodes if isinstance(node, ast.Call)]
        prints += [f"{path}:{f.lineno}" for f in calls if isinstance(f, ast.Name) and f.id in {"print", "input"}]
    assert prints == []


def test_only_the_command_line_reads_the_environment():
    reads = []
    for path, nodes in modules("cli"):
        attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
        reads += [f"{path}:{one.lineno}" for one in attributes if one.attr in {"environ", "environb", "getenv"}]
    assert reads == []


def test_only_the_console_knows_the_screen_library():
    users = []
    for path, nodes in modules("console"):
        imported = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        imported += [one.name for node in nodes if isinstance(node, ast.Import) for one in node.names]
        users += [path for module in imported if module.split(".")[0] == "rich"]
    assert users == []


def test_the_tables_of_our_own_are_known_by_name():
    """A table of the program missing in dsr/core/own.py would be taken for a customer's, and demanded in the map."""
    in_stores = {fence.RECEIPT.name, fence.FENCE.name, totals.MARKS.name, restrict.TABLE.name}
    in_state = {*schema.meta.metadata.tables, *request_tables.metadata.tables}
    assert (in_stores, in_state) == (own.IN_STORES, own.IN_STATE)


def test_the_layers_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
