"""The program as a whole: help, options, exit codes, the last word on errors."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from clikit import CANARY, Dsr, Ran

from dsr.cli import main as program
from dsr.cli.command import command
from dsr.cli.run import Run
from dsr.core.errors import DsrError, StalePlanError

TOOL = Path(sys.executable).with_name("dsr")
HEAVY = {"sqlalchemy", "jinja2", "cryptography", "yaml", "rich", "pydantic", "fsspec"}


def spawn(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    plain = {"PATH": os.environ["PATH"], "HOME": str(cwd), "LANG": "C.UTF-8"} | env
    return subprocess.run([TOOL, *args], cwd=cwd, env=plain, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_help_loads_nothing_heavy(tmp_path: Path):
    code = (
        "import sys; from dsr.cli.main import main; main(['--help']); "
        "print(sorted(name for name in sys.modules if '.' not in name), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert "Usage: dsr" in done.stdout
    assert set(ast.literal_eval(done.stderr)) & HEAVY == set()


def test_an_erasure_in_json_loads_no_drawing_no_detectors_and_no_database_but_its_own(shop: Path):
    unused = ("rich", "jinja2", "dsr.engine.detect", "dsr.stores.sql.postgres", "dsr.stores.sql.mariadb")
    unused += ("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql")
    code = (
        "import sys; from dsr.cli.main import main; "
        "code = main(['delete', '--email', 'canary.wren@example.org', '--confirm', sys.argv[1], '--json']); "
        "print(sorted(sys.modules), file=sys.stderr); sys.exit(code)"
    )
    token = json.loads(spawn("find", "--email", CANARY, "--json", cwd=shop).stdout)["token"]
    done = subprocess.run([sys.executable, "-c", code, token], cwd=shop, capture_output=True, text=True)
    assert done.returncode == 0
    loaded = ast.literal_eval(done.stderr)
    assert "sqlalchemy.dialects.sqlite" in loaded
    assert [name for name in loaded if name.startswith(unused)] == []


@pytest.mark.parametrize("args", [(), ("policy",), ("--help",), ("-h",), ("policy", "check", "--help")])
def test_help_is_data_and_no_error(dsr: Dsr, args: tuple[str, ...]):
    ran = dsr(*args)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: dsr")


def test_the_version_is_said(dsr: Dsr):
    assert dsr("--version").out.startswith("dsr ")


def test_every_command_says_what_it_does():
    root = typer.main.get_command(program.app)
    for name, found in root.commands.items():
        for leaf in [found, *getattr(found, "commands", {}).values()]:
            assert leaf.help, f"{name} {leaf.name}"
            for option in leaf.params:
                assert getattr(option, "help", None) or option.name == "help", f"{name} {leaf.name} {option.name}"


def test_every_leaf_has_the_shared_options():
    root = typer.main.get_command(program.app)
    leaves = [one for found in root.commands.values() for one in getattr(found, "commands", {"": found}).values()]
    for leaf in leaves:
        assert {"--policy", "--lang", "--json"} <= {opt for one in leaf.params for opt in one.opts}, leaf.name


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("fnid",), "Did you mean 'find'"),
        (("find", "--emial", "x"), "--emial"),
        (("policy", "render", "--format", "pdf"), "'md', 'html'"),
        (("policy", "diff"), "OLD"),
        (("find", CANARY), "--email"),
        (("find", "--id", CANARY), "NAME=VALUE"),
        (("find", "--lang", "fr"), "'en', 'zh'"),
        (("find", "--policy", "nowhere.yaml"), "nowhere.yaml"),
        (("delete", "--user-id", "1", "--as-of", "soon"), "--as-of"),
    ],
)
def test_wrong_usage_is_told_with_what_to_do_and_ends_with_2(dsr: Dsr, args: tuple[str, ...], said: str):
    ran = dsr(*args)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""
    assert CANARY not in ran.err


def test_wrong_usage_in_json_mode_is_one_document(dsr: Dsr):
    ran = dsr("find", "--json", CANARY)
    assert json.loads(ran.out)["error"] == "usage"
    assert (ran.code, ran.err) == (2, "")
    assert CANARY not in ran.out


def test_the_policy_file_is_found_upwards(dsr: Dsr, shop: Path, monkeypatch: pytest.MonkeyPatch):
    inner = shop / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert dsr("plan", "list").code == 0
    monkeypatch.chdir("/")
    assert dsr("plan", "list").code == 2
    monkeypatch.setenv("DSR_POLICY", str(shop / "retention.yaml"))
    assert dsr("plan", "list").code == 0


def test_the_language_comes_from_the_option_or_the_environment(dsr: Dsr, monkeypatch: pytest.MonkeyPatch):
    assert "没有诉讼保留" in dsr("hold", "list", "--lang", "zh").out
    monkeypatch.setenv("DSR_LANG", "zh")
    assert "没有诉讼保留" in dsr("hold", "list").out
    assert "no legal hold" in dsr("hold", "list", "--lang", "en").out
    monkeypatch.setenv("DSR_LANG", "klingon")
    assert dsr("hold", "list").code == 2


@pytest.fixture
def failing(dsr: Dsr) -> Iterator[Callable[..., Ran]]:
    """The program with one more command, which raises what it is given."""

    def call(error: BaseException, *args: str) -> Ran:
        def fail(run: Run) -> None:
            raise error

        command(program.app, "fail")(fail)
        try:
            return dsr("fail", *args)
        finally:
            program.app.registered_commands.pop()

    return call


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_bug_shows_its_class_and_never_its_values(
    failing: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, debug: str
):
    monkeypatch.setenv("DSR_DEBUG", debug)
    ran = failing(KeyError(CANARY))
    assert ran.code == 1
    assert "KeyError" in ran.err
    assert CANARY not in ran.err + ran.out
    assert ("line" in ran.err) is bool(debug)


def test_every_error_class_ends_with_its_exit_code(failing: Callable[..., Ran]):
    ran = failing(StalePlanError("made anew"), "--json")
    assert ran.code == 9
    assert json.loads(ran.out) == {
        "schema": "dsr/error/1",
        "error": "stale_plan",
        "message": "made anew",
        "exit": 9,
    }
    codes = {kind.exit_code for kind in DsrError.__subclasses__()}
    assert codes == {2, 3, 4, 5, 7, 8, 9, 12, 13, 75}


def test_a_full_disk_may_be_tried_again_and_a_refusal_names_no_file(failing: Callable[..., Ran]):
    full = failing(OSError(28, "No space left on device", CANARY))
    assert full.code == 75
    assert "No space left" in full.err
    refused = failing(PermissionError(13, "Permission denied", CANARY))
    assert refused.code == 1
    assert CANARY not in full.err + refused.err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), EOFError()])
def test_an_interruption_says_how_to_go_on(failing: Callable[..., Ran], error: BaseException):
    ran = failing(error, "--lang=zh")
    assert ran.code == 130
    assert "dsr resume" in ran.err


def test_sigterm_interrupts_cleanly_and_no_core_is_dumped(shop: Path):
    code = (
        "import os, resource, signal\n"
        "from dsr.cli import main as m\n"
        "from dsr.cli.command import command\n"
        "m._prepare({})\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)\n"
        "command(m.app, 'stop')(lambda run: os.kill(os.getpid(), signal.SIGTERM))\n"
        "raise SystemExit(m.main(['stop']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=shop, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("(0, 0)\n", 130)
    assert "dsr resume" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_is_no_error(shop: Path):
    pipe = f"{TOOL} policy schema | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", pipe], cwd=shop, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_utf8_gets_escapes_and_no_crash(shop: Path):
    ran = spawn("hold", "list", "--lang", "zh", cwd=shop, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.isascii()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_options(shop: Path, shell: str):
    env = {
        "bash": {"COMP_WORDS": "dsr policy re", "COMP_CWORD": "2"},
        "zsh": {"_TYPER_COMPLETE_ARGS": "dsr policy re"},
        "fish": {"_TYPER_COMPLETE_ARGS": "dsr policy re", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    ran = spawn(cwd=shop, _DSR_COMPLETE=f"complete_{shell}", **env)
    assert "render" in ran.stdout


def test_without_a_terminal_nobody_is_asked(dsr: Dsr):
    ran: Ran = dsr("find")
    assert ran.code == 2
    assert "--email" in ran.err
