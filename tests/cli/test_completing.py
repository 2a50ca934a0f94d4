"""Completion through the protocols of the shells themselves: what the installed script asks, and bash with it."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from clikit import CANARY, Dsr

TOOL = Path(sys.executable).with_name("dsr")


def environment(shop: Path, **more: str) -> dict[str, str]:
    return {"PATH": f"{TOOL.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(shop), "LANG": "C.UTF-8"} | more


def zsh_or_fish(shop: Path, shell: str, typed: str) -> str:
    env = environment(shop, _DSR_COMPLETE=f"complete_{shell}", _TYPER_COMPLETE_ARGS=typed)
    env["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    done = subprocess.run([TOOL], cwd=shop, env=env, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout


@cache
def script() -> str:
    """What `dsr` gives bash to load."""
    env = environment(Path.cwd(), _DSR_COMPLETE="source_bash")
    return subprocess.run([TOOL], env=env, capture_output=True, text=True).stdout


def bash(shop: Path, *words: str) -> list[str]:
    """What bash itself would offer for the last word."""
    words_are = f"COMP_WORDS=({' '.join(words)}) COMP_CWORD={len(words) - 1}"
    ask = f'{words_are}; _dsr_completion dsr; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        ["bash", "-c", f"{script()}\n{ask}"], cwd=shop, env=environment(shop), capture_output=True, text=True
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


def test_bash_completes_commands_and_what_they_are_about(shop: Path, dsr: Dsr):
    assert dsr("delete", "--email", CANARY, "--plan-only").code == 0
    assert bash(shop, "dsr", "expo") == ["export"]
    assert bash(shop, "dsr", "plan", "show", "P") == ["P-1"]
    assert bash(shop, "dsr", "resume", "P") == ["P-1"]
    assert bash(shop, "dsr", "verify", "P") == ["P-1"]
    assert bash(shop, "dsr", "explain", "app.") == ["app.users", "app.invoices", "app.notes"]
    assert bash(shop, "dsr", "hold", "place", "--rule", "in") == ["invoice"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_complete_too(shop: Path, dsr: Dsr, shell: str):
    assert dsr("hold", "place", "--rule", "note", "--matter", "m", "--reason", "r", "--authority", "a").code == 0
    assert "H-1" in zsh_or_fish(shop, shell, "dsr hold show ")
    assert "app.notes" in zsh_or_fish(shop, shell, "dsr hold place --collection app.n")


@pytest.mark.parametrize("broken", ["no file", "bad file"])
def test_a_broken_policy_completes_nothing_and_makes_nothing(shop: Path, broken: str):
    assert bash(shop, "dsr", "plan", "show", "P") == []
    assert not (shop / ".dsr").exists()
    if broken == "no file":
        (shop / "retention.yaml").unlink()
    else:
        (shop / "retention.yaml").write_text("version: [", encoding="utf-8")
    assert bash(shop, "dsr", "explain", "app.") == []
