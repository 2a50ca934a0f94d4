"""The wheel: built, installed elsewhere, and complete there."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An environment that holds nothing but the wheel, and how to run there with the libraries of this one."""
    home = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "--without-pip", home / "env", cwd=home)
    python = home / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    # Folders named so are searched for modules, but their .pth files are not read: the checkout stays out of sight.
    libraries = {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    return home, libraries


def test_the_wheel_carries_every_shipped_file(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = [path for top in ("policies", "templates") for path in (ROOT / top).rglob("*") if path.is_file()]
    assert {f"dsr/_bundled/{path.relative_to(ROOT)}" for path in shipped} <= names
    assert not [name for name in names if name.startswith(("tests", "demo"))]


def test_the_installed_program_is_the_wheels_own_and_answers(installed: tuple[Path, dict[str, str]]):
    home, env = installed
    where = run(home / "env" / "bin" / "python", "-c", "import dsr; print(dsr.__file__)", cwd=home, env=env)
    assert Path(where.strip()).is_relative_to(home)
    assert "policy" in run(home / "env" / "bin" / "dsr", "--help", cwd=home, env=env)


@pytest.mark.parametrize(("lang", "word"), [("en", "Privacy"), ("zh", "隐私")])
def test_the_installed_program_renders_the_policy(installed: tuple[Path, dict[str, str]], lang: str, word: str):
    home, env = installed
    policy = home / "retention.yaml"
    policy.write_bytes((ROOT / "retention.yaml").read_bytes())
    for form in ("md", "html"):
        made = run(home / "env/bin/dsr", "policy", "render", "--lang", lang, "--format", form, cwd=home, env=env)
        assert word in made
