"""Real terminals: what a person sees on a screen of a given width, and how they answer."""

import fcntl
import os
import pty
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyte
import pytest
from clikit import CANARY, Dsr, count

TOOL = Path(sys.executable).with_name("dsr")


def at_terminal(
    shop: Path, columns: int, answer: Callable[[str], str | None], *args: str, **env: str
) -> tuple[int, str]:
    """Run the program on a terminal of that width. `answer` sees the screen and may type something, once."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
    plain = {"PATH": os.environ["PATH"], "HOME": str(shop), "LANG": "C.UTF-8", "TERM": "xterm-256color"} | env
    child = subprocess.Popen([TOOL, *args], cwd=shop, env=plain, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    screen = pyte.Screen(columns, 60)
    stream = pyte.ByteStream(screen)
    typed = False
    while True:
        try:
            seen = os.read(ours, 65536)
        except OSError:  # the other end is closed: the program has ended
            break
        if not seen:
            break
        stream.feed(seen)
        if not typed and (said := answer("\n".join(screen.display))) is not None:
            os.write(ours, f"{said}\n".encode())
            typed = True
    os.close(ours)
    return child.wait(), "\n".join(line.rstrip() for line in screen.display).rstrip()


def nothing(_screen: str) -> None:
    return None


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_plan_fits_the_screen_and_its_columns_stand_in_line(shop: Path, lang: str, columns: int):
    code, seen = at_terminal(shop, columns, nothing, "delete", "--user-id", "1", "--plan-only", "--lang", lang)
    assert code == 0, seen
    rows = [line for line in seen.splitlines() if "  app." in line]
    assert len(rows) == 3
    # pyte leaves an empty cell after a wide character, as a terminal does: positions are those on the screen.
    assert len({line.index("app.") for line in rows}) == 1
    assert "P-1" in seen


def test_the_person_at_the_terminal_is_asked_for_the_handle(shop: Path, dsr: Dsr):
    handle = str(dsr("find", "--email", CANARY).out.splitlines()[0].split()[-1])

    def agree(screen: str) -> str | None:
        return handle if f"Type {handle} to go on:" in screen else None

    code, seen = at_terminal(shop, 80, agree, "delete", "--email", CANARY)
    assert code == 0, seen
    assert count(shop, "notes") == 1


def test_yes_is_no_confirmation(shop: Path):
    def hasty(screen: str) -> str | None:
        return "yes" if "to go on:" in screen else None

    code, seen = at_terminal(shop, 80, hasty, "delete", "--email", CANARY)
    assert code == 5
    assert "Nothing was changed" in seen
    assert count(shop, "notes") == 3


def test_a_purge_at_a_terminal_asks_for_the_count(shop: Path):
    def agree(screen: str) -> str | None:
        return "3" if "Type 3 to go on:" in screen else None

    code, seen = at_terminal(shop, 80, agree, "purge")
    assert code == 0, seen
    assert count(shop, "users") == 1


def test_whoever_names_nobody_is_asked(shop: Path):
    def name(screen: str) -> str | None:
        return CANARY if "Whom is it about?" in screen else None

    code, seen = at_terminal(shop, 80, name, "find")
    assert code == 0, seen
    assert "app.invoices" in seen


def test_colour_can_be_declined_at_a_terminal(shop: Path):
    ours, theirs = pty.openpty()
    env = {"PATH": os.environ["PATH"], "HOME": str(shop), "TERM": "xterm-256color", "NO_COLOR": "1"}
    done = subprocess.run([TOOL, "hold", "list"], cwd=shop, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = os.read(ours, 65536)
    os.close(ours)
    assert done.returncode == 0
    assert b"\x1b[3" not in seen


def test_stored_values_cannot_steer_the_terminal(shop: Path, dsr: Dsr):
    matter = "Case \x1b]0;owned\x07\x1b[2J\u202e7"
    place = ("hold", "place", "--user-id", "1", "--reason", "claim", "--authority", "counsel")
    assert dsr(*place, "--matter", matter).code == 0
    code, seen = at_terminal(shop, 120, nothing, "hold", "list")
    assert code == 0
    assert r"\x1b]0;owned\x07\x1b[2J\u202e7" in seen.replace("\n", "")


@pytest.mark.parametrize(("lang", "asked", "end"), [("en", "1 of 2", "2 questions are"), ("zh", "1/2", "仍有 2 项")])
def test_a_review_records_each_answer_and_says_what_is_left_to_declare(shop: Path, lang: str, asked: str, end: str):
    with closing(sqlite3.connect(shop / "app.db")) as app, app:
        app.execute("ALTER TABLE users ADD COLUMN mobile_phone TEXT")
        app.execute("ALTER TABLE users ADD COLUMN home_address TEXT")

    def answers(screen: str) -> str | None:
        return "x\np\nof ours\nq" if asked in screen else None

    code, seen = at_terminal(shop, 100, answers, "discover", "--review", "--lang", lang)
    assert code == 3, seen
    assert "app.users.mobile_phone" in seen
    assert end in seen
    written = (shop / "retention.yaml").read_text(encoding="utf-8")
    assert "app.users.mobile_phone: {decision: personal" in written
    assert "home_address" not in written
    assert "  app.users.mobile_phone: contact.phone" in seen
