"""Peer C: plain chunked purges of request_logs older than a cutoff, on PostgreSQL, SQLite and MariaDB.

    python purge.py --url U --cutoff 2023-10-20 --how one|inlimit|keyset|timerange --chunk 1000 [--hold-mod 20]

one        one DELETE, one transaction
inlimit    DELETE ... WHERE id IN (SELECT id ... WHERE created_at < cutoff LIMIT n) until nothing is left
keyset     walk the primary key: find the n-th next id, delete the range, go on after it
timerange  walk created_at: find the n-th next time, delete the window, go on after it
ctid       PostgreSQL only: DELETE ... WHERE ctid = ANY(ARRAY(SELECT ctid ... LIMIT n)) until nothing is left
native     MariaDB only: DELETE ... ORDER BY created_at LIMIT n
--hold-mod 20 keeps the rows of every 20th user (a legal hold of 5 % of the people)
Prints rows, seconds, rows per second, the longest single transaction, p50 and p99 of all.
"""
import argparse
import json
import time


def connect(url):
    kind, rest = url.split("://", 1)
    if kind.startswith("sqlite"):
        import sqlite3
        con = sqlite3.connect(rest[1:], isolation_level=None)
        con.execute("PRAGMA foreign_keys=ON")
        return con, "?"
    if kind.startswith("postgres"):
        import psycopg
        return psycopg.connect("postgresql://" + rest, autocommit=True), "%s"
    import pymysql  # mysql://user:password@host:port/db
    cred, tail = rest.split("@")
    (user, pw), (addr, db) = cred.split(":"), tail.split("/")
    host, port = addr.split(":")
    return pymysql.connect(host=host, port=int(port), user=user, password=pw, database=db, autocommit=True), "%s"


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--url", required=True)
    ap.add_argument("--cutoff", default="2023-10-20 00:00:00.000000")
    ap.add_argument("--how", default="keyset")
    ap.add_argument("--chunk", type=int, default=1000)
    ap.add_argument("--hold-mod", type=int, default=0)
    ap.add_argument("--pragma", action="append", default=[], help="SQLite only, for instance cache_size=-262144")
    a = ap.parse_args()
    con, ph = connect(a.url)
    cur = con.cursor()
    for p in a.pragma:
        cur.execute(f"PRAGMA {p}")
    longest, total, n_stmt, taken = 0.0, 0, 0, []
    mod = "%%" if ph == "%s" else "%"
    hold = f" AND user_id {mod} {a.hold_mod} <> 0" if a.hold_mod else ""
    mysql = a.url.startswith("mysql")

    def run(sql, args):
        nonlocal longest, total, n_stmt
        t = time.monotonic()
        cur.execute(sql.replace("?", ph), args)
        taken.append((time.monotonic() - t) * 1000)
        longest = max(longest, taken[-1] / 1000)
        n_stmt += 1
        total += max(cur.rowcount, 0)
        return cur.rowcount

    def get(sql, args):
        nonlocal n_stmt
        n_stmt += 1
        cur.execute(sql.replace("?", ph), args)
        r = cur.fetchone()
        return r[0] if r else None

    t0 = time.monotonic()
    c = a.cutoff
    if a.how == "one":
        run(f"DELETE FROM request_logs WHERE created_at < ?{hold}", (c,))
    elif a.how == "native":
        while run(f"DELETE FROM request_logs WHERE created_at < ?{hold} ORDER BY created_at LIMIT {a.chunk}", (c,)):
            pass
    elif a.how == "inlimit":
        inner = f"SELECT id FROM request_logs WHERE created_at < ?{hold} LIMIT {a.chunk}"
        if mysql:  # MariaDB allows no LIMIT inside IN(); a derived table does
            inner = f"SELECT id FROM ({inner}) x"
        while run(f"DELETE FROM request_logs WHERE id IN ({inner})", (c,)):
            pass
    elif a.how == "ctid":
        inner = f"SELECT ctid FROM request_logs WHERE created_at < ?{hold} LIMIT {a.chunk}"
        while run(f"DELETE FROM request_logs WHERE ctid = ANY(ARRAY({inner}))", (c,)):
            pass
    elif a.how == "keyset":
        last = -1
        while True:
            to = get(f"SELECT max(id) FROM (SELECT id FROM request_logs WHERE id > ? AND created_at < ? ORDER BY id LIMIT {a.chunk}) x", (last, c))
            if to is None:
                break
            run(f"DELETE FROM request_logs WHERE id > ? AND id <= ? AND created_at < ?{hold}", (last, to, c))
            last = to
    else:
        last = "1970-01-01"
        while True:
            to = get(f"SELECT max(created_at) FROM (SELECT created_at FROM request_logs WHERE created_at > ? AND created_at < ? "
                     f"ORDER BY created_at LIMIT {a.chunk}) x", (last, c))
            if to is None:
                break
            run(f"DELETE FROM request_logs WHERE created_at > ? AND created_at <= ?{hold}", (last, to))
            last = to
    dt = time.monotonic() - t0
    taken.sort()
    print(json.dumps({"how": a.how, "chunk": a.chunk, "hold": a.hold_mod, "rows": total, "seconds": round(dt, 2),
                      "rows_per_s": round(total / dt), "statements": n_stmt, "longest_ms": round(longest * 1000), "p50_ms": round(taken[len(taken) // 2], 1),
                      "p99_ms": round(taken[len(taken) * 99 // 100], 1)}))


if __name__ == "__main__":
    main()
