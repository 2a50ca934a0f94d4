"""Changes one thing after another in the modules that decide and delete, and sees whether a test fails: `make mutants`.

    python tests/mutants.py                 every module, for hours
    python tests/mutants.py levels holds    these
    SAMPLE=80 python tests/mutants.py       80 of each, drawn from all of its changes, the same ones each time

It works in a copy of the tree; what survived is named, and shown by `mutmut show NAME` in that folder with --keep.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOADER = " ".join(f"tests/engine/test_policyfile{one}.py" for one in ("", "_errors", "_sections"))
PARTS = {
    "merkle": ("dsr/core/merkle.py", "tests/core/test_core_merkle.py"),
    "levels": ("dsr/core/levels.py", "tests/core/test_core_attacks.py"),
    "certificate": ("dsr/core/certificate.py", "tests/core/test_core_attacks.py"),
    "holds": ("dsr/state/holds.py", "tests/state/test_state_holds.py"),
    "journal": ("dsr/state/journal.py", "tests/state/test_state_journal.py"),
    "tiles": ("dsr/state/tiles.py", "tests/state/test_state_tiles.py"),
    "ledger": ("dsr/state/outbox.py", "tests/state/test_state_ledger.py"),
    "holding": ("dsr/engine/holding.py", "tests/engine/test_holding.py tests/survive/test_hold_scopes.py"),
    "fencing": ("dsr/engine/fencing.py", "tests/engine/test_fencing.py"),
    "fence": ("dsr/stores/sql/fence.py", "tests/crash/test_protocol.py"),
    "planner": ("dsr/engine/planner.py", "tests/engine/test_planner.py tests/engine/test_references.py"),
    "where": ("dsr/engine/policyfile/where.py", f"{LOADER} tests/engine/test_policyfile_schema.py"),
    "disjoint": ("dsr/engine/policyfile/disjoint.py", LOADER),
    "starts": ("dsr/engine/policyfile/starts.py", LOADER),
    "rules": ("dsr/engine/policyfile/rules.py", LOADER),
    "policy": ("dsr/engine/policyfile/*.py", LOADER),
}
COPIED = ("policies", "templates", "retention.yaml", "tests", "pyproject.toml")
KILLED, SURVIVED, UNSEEN, UNTRIED = "killed", "survived", "no tests", "not tried"
SEED = 20261124


def main(names: list[str]) -> int:
    """One line for each part."""
    print("| module | mutants | tried | killed | survived | not reached | score |")  # noqa: T201
    print("|---|---:|---:|---:|---:|---:|---:|")  # noqa: T201
    sample = int(os.environ.get("SAMPLE", "0"))
    for name in names or PARTS:
        module, tests = PARTS[name]
        folder = Path(tempfile.mkdtemp(prefix="dsr-mutants-"))
        try:
            found = _run(folder, module, tests, sample)
        finally:
            shutil.rmtree(folder)
        sums = Counter(found.values())
        tried = sums.total() - sums[UNTRIED]
        seen = tried - sums[UNSEEN]
        score = f"{100 * (seen - sums[SURVIVED]) // seen} %" if seen else ""
        killed = seen - sums[SURVIVED]
        row = (module, sums.total(), tried, killed, sums[SURVIVED], sums[UNSEEN], score)
        print(f"| {' | '.join(map(str, row))} |", flush=True)  # noqa: T201
        for mutant in sorted(one for one, how in found.items() if how == SURVIVED):
            print(f"survived: {mutant}", file=sys.stderr)  # noqa: T201
    return 0


def _run(folder: Path, module: str, tests: str, sample: int) -> dict[str, str]:
    """What became of every mutant of the module, or of so many drawn from them all."""
    for part in ("dsr", *COPIED):
        source = ROOT / part
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, folder / part)
    lines = ["[mutmut]", "source_paths =", "    dsr", "only_mutate =", f"    {module}", "also_copy ="]
    lines += [f"    {part}" for part in COPIED]
    lines += ["pytest_add_cli_args_test_selection =", *(f"    {one}" for one in tests.split())]
    lines += ["pytest_add_cli_args =", "    -k", "    not postgres and not mariadb"]  # a server for each takes too long
    (folder / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")
    names: list[str] = []
    if sample:
        _mutmut(folder, ["none"], errors=subprocess.DEVNULL)  # it lists them all, then misses that name
        every = sorted(_codes(folder))
        names = random.Random(SEED).sample(every, min(sample, len(every)))
    _mutmut(folder, names)
    outcomes = {None: UNTRIED, 0: SURVIVED, 5: UNSEEN, 33: UNSEEN}
    return {name: outcomes.get(code, KILLED) for name, code in _codes(folder).items()}


def _mutmut(folder: Path, names: list[str], errors: int | None = None) -> None:
    command = [sys.executable, "-m", "mutmut", "run", *names]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors, check=False)


def _codes(folder: Path) -> dict[str, int | None]:
    """How pytest ended under every mutant; nothing for one that was not tried."""
    codes: dict[str, int | None] = {}
    for meta in (folder / "mutants" / "dsr").rglob("*.meta"):
        codes |= json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return codes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
