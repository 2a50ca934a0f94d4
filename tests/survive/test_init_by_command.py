"""`init` on a live database, its guesses confirmed by a person, and `discover` on what came of it."""

import re

from calling import Caller
from company import Company

TABLES = (
    "CREATE TABLE users (id BIGINT PRIMARY KEY, email VARCHAR(120), password_hash TEXT, created_at TIMESTAMP)",
    "CREATE TABLE orders (id BIGINT PRIMARY KEY, user_id BIGINT REFERENCES users (id), at TIMESTAMP, note TEXT)",
    "CREATE TABLE items (id BIGINT PRIMARY KEY, order_id BIGINT REFERENCES orders (id), price INTEGER)",
    "INSERT INTO users VALUES (1, 'a@example.com', 'x', '2026-01-01'), (2, 'b@example.com', 'y', '2026-01-01')",
)


def test_a_draft_whose_guesses_were_confirmed_passes_discovery(tmp_path, database, monkeypatch, capsys):
    made = Company(tmp_path, database, {"DSR_APP_URL": database})
    made.run(*TABLES)
    call = Caller(made, monkeypatch, capsys)
    ran = call("init", f"app={database}")
    assert ran.code == 0, ran
    text = made.policy.read_text(encoding="utf-8")
    assert text.count("# confirm") > 3
    made.policy.write_text(re.sub(r" *# confirm.*", "", text), encoding="utf-8")
    ran = call("discover", "--check")
    assert ran.code == 0, ran
    assert call("find", "--email", "a@example.com").code == 0
    made.run("CREATE TABLE leads (id BIGINT PRIMARY KEY, email TEXT)")
    assert call("discover", "--check").code == 3
