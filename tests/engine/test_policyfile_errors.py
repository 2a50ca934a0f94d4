"""Every slip in retention.yaml is refused with file, line and what to do."""

from pathlib import Path

import pytest

from dsr.core.errors import PolicyError
from dsr.engine.policyfile.loader import load

BASE = (Path(__file__).parent / "policyfile" / "small.yaml").read_text(encoding="utf-8")


def problems(folder: Path, source: str | bytes, env: dict[str, str] | None = None) -> str:
    file = folder / "retention.yaml"
    file.write_bytes(source.encode() if isinstance(source, str) else source)
    with pytest.raises(PolicyError) as raised:
        load(file, env or {})
    assert all(line.partition(": ")[0].rpartition(":")[2].isdigit() for line in raised.value.problems)
    return str(raised.value)


SLIPS = {
    # what stands in the sample, what replaces it, what the message must say
    "unknown section": ("guards:", "gaurds:", 'there is no section "gaurds"; known names: version', '"guards"?'),
    "unknown rule key": ("    then: delete", "    thne: delete", 'no key "thne"', 'Did you mean "then"?'),
    "duplicate key": ("rules:\n", "rules:\n  invoice: {}\n", "retention.yaml:26", "stands here twice, first at"),
    "anchor": ("subject: id", "subject: &a id", "anchors", "Take it out"),
    "alias": ("subject: id", "subject: *a", "aliases", "Write the value out"),
    "merge key": ("    then: delete", "    <<: {then: delete}", "merge keys", "Write the keys out"),
    "tag": ("subject: id", "subject: !!str id", "tags", "in quotes"),
    "local tag": ("subject: id", "subject: !env id", "tags", "in quotes"),
    "numeric key": ("{type: a}", "{1: a}", 'the key "1" is not a text', "quotes"),
    "null key": ("{type: a}", "{~: a}", 'the key "~" is not a text', "quotes"),
    "truth key": ("{type: a}", "{true: a}", 'the key "true" is not a text', "quotes"),
    "list as key": ("{type: a}", "{[a, b]: a}", "a key is a list", "name"),
    "second document": ("stores:\n", "---\nstores:\n", "several documents", "include"),
    "directive": ("version: 1", "%YAML 1.1\n---\nversion: 1", "directives", "Take the line out"),
    "period without unit": ("P30D", "30", 'keep_at_most` "30" has no unit', "Write P30D"),
    "period in words": ("P30D", "30 days", "is not a period", "Write P30D"),
    "period in lower case": ("P30D", "p30d", "is not a period", "Write P30D"),
    "period with a fraction": ("P30D", "P1.5Y", "is not a period", "P10Y"),
    "endless period": ("P30D", "P9999Y", "at most 1000 years", "P10Y"),
    "title in one language": ("{en: Account, zh: 账户}", "{en: Account}", "has no `zh:`", "Add it"),
    "empty title": ("{en: Account, zh: 账户}", "{en: '', zh: 账户}", "`en` has no value", "Write it"),
    "aggregate": ("then: delete", "then: {aggregate: {}}", "has no `into:`", "Add it"),
    "derive": ("{email: to_email}", "{derive: local_part}", "`derive` belongs to an identifier", "Declare it"),
    "type of a link": (
        "{email: to_email}",
        "{through: app.orders, from: id, field: user_id, as: integer}",
        "`as` converts nothing in a link",
        "Take it out",
    ),
    "unknown rule": (
        "{rule: account, subject: {email",
        "{rule: acount, subject: {email",
        'rule "acount"; known',
        '"account"?',
    ),
    "unknown store": (
        "app.outbox",
        "ap.outbox",
        'store "ap", which is not configured; known names: app, logs',
        '"app"?',
    ),
    "collection without store": ("app.outbox", "outbox", "has no store before it", "store.collection"),
    "unknown identifier": ("{email: to_email}", "{mail: to_email}", 'no form "mail"', 'Did you mean "email"?'),
    "undeclared collection": (
        "app.orders.id}",
        "app.order.id}",
        "begins with no declared collection; known",
        '"app.orders"?',
    ),
    "collection instead of field": (
        "app.orders.id}",
        "app.orders}",
        "names a collection, not a field",
        "Add the field",
    ),
    "target without personal data": ("app.orders.id}", "app.models.id}", "holds no personal data", "Change one"),
    "anchor nowhere": ("{user: app.users.id}", "{user: app.user.id}", 'anchor "user" "app.user.id"', '"app.users"?'),
    "wrong subject on accounts": ("subject: id,", "subject: parent_id,", "its subject is `id`", "Write `subject: id`"),
    "unequal composite link": ("{via: order_id,", "{via: [a, b],", "links 2 field(s) to 1", "same order"),
    "rule beside part_of": (
        "{part_of: app.orders}",
        "{part_of: app.orders, rule: account}",
        "is the parent's",
        "Take one",
    ),
    "part of itself": ("{part_of: app.orders}", "{part_of: app.lines}", "round in a circle", "`rule:`"),
    "accounts as parts": (
        "{rule: account, subject: id,",
        "{part_of: app.orders,",
        "so it is `part_of` nothing",
        "`rule:`",
    ),
    "via alone": ("{email: to_email}}", "{email: to_email}, via: x}", "`via` stands without `part_of`", "subject"),
    "key without delimiter": ('"{user_id}/"', '"{user_id}0"', "does not end the name", "Put /"),
    "key with two names": ('"{user_id}/"', '"{user_id}/{email}"', "exactly one name", "in braces"),
    "key with an unknown name": ('"{user_id}/"', '"{userid}/"', 'names "userid"', 'Did you mean "user_id"?'),
    "overlapping entries": (
        "{else: true,",
        "{where: {kind: b},",
        "may match the same records as the one at",
        "`else: true`",
    ),
    "two rests": ("{where: {type: a},", "{else: true,", "has `else: true` twice", "first at"),
    "where and else": ("{else: true,", "{else: true, where: {type: b},", "both `where` and `else`", "Keep one"),
    "code that looks like a number": ("{type: a}", "{type: 007}", "can be read in two ways", 'Write 7, or "007"'),
    "number with a trailing zero": ("{type: a}", "{type: 1.0}", "can be read in two ways", 'Write 1, or "1.0"'),
    "endless number": ("{type: a}", f"{{type: {'9' * 5000}}}", "a number that is too long", "quotes"),
    "unknown comparison": ("{type: a}", "{type: {lte: a}}", 'no comparison "lte"; known', 'Did you mean "lt"?'),
    "empty list": ("{type: a}", "{type: []}", "is an empty list", "Fill it"),
    "unknown zone": ("Asia/Shanghai", "Asia/Shangai", "is not a time zone", 'Did you mean "Asia/Shanghai"?'),
    "zone that is a folder": ("Asia/Shanghai", "Asia", "is not a time zone", ""),
    "zone that leads elsewhere": ("Asia/Shanghai", "../../etc/localtime", "is not a time zone", "Write one"),
    "zone of this machine": ("Asia/Shanghai", "localtime", "is not a time zone", "Write one"),
    "country in lower case": ("country: DE", "country: de", "is not a country code", "Write DE"),
    "impossible date": ("when: {country: CN}", "verified_on: 2026-02-30", "is not a date", "2026-11-23"),
    "condition on nothing": ("when: {country: CN}", "when: {}", "is empty", "{country: CN}"),
    "truth in other words": ("{else: true,", "{else: yes,", "neither true nor false", "without quotes"),
    "start in another store": (
        "app.orders.created_at]",
        "app.outbox.sent_at]",
        "cannot be found by the person",
        "via:",
    ),
    "start nowhere": ("app.orders.created_at]", "app.ordrs.created_at]", "begins with no declared", '"app.orders"?'),
    "nested latest": ("app.orders.created_at]", "{latest: [x]}]", "do not stand inside one another", "one list"),
    "percent sign": ("percent: 10", "percent: 10%", "is not a number from 0 to 100", "Write one"),
    "negative rows": ("percent: 10", "rows: -1", "is not a whole number from 0", "none for no limit"),
    "identifier called like a form": ("    email: {at", "    via: {at", "a name that links use", "another"),
    "identifier called like an anchor": ("    user_id: {at", "    user: {at", "has the name of an anchor", "user_id"),
    "variable in a title": ("en: Account,", 'en: "${TITLE}",', "names a variable", "Write the value out"),
    "unset variable": ("url: app.db", 'url: "${NO_SUCH}"', "variable NO_SUCH, which is not set", "${NO_SUCH:-…}"),
    "unclosed variable": ("url: app.db", 'url: "${NO_SUCH"', "names no variable", "${NAME:-default}"),
    "control character": ("en: Account,", 'en: "a\\x1b[2J",', "U+001B", "Take it out"),
    "half a character": ("en: Account,", 'en: "a\\ud800",', "retention.yaml:", ""),
    "impossible character": ("en: Account,", 'en: "a\\UFFFFFFFF",', "retention.yaml:", ""),
    "tab": ("  account:\n", "\taccount:\n", "not valid YAML", "spaces, not with tabs"),
    "unclosed quote": ("subject: id", 'subject: "id', "not valid YAML", "Correct the line"),
    "no version": ("version: 1\n", "", "no section `version:`", "Add it"),
    "other version": ("version: 1", "version: 2", 'version "2" is not known', "Write 1"),
    "must not exist yet kept": ("then: delete", "must_not_exist: true", "must not exist and how long", "Take"),
    "kept and rewritten": ("export: secret}", "keep: true, become: x}", "both kept and rewritten", "Keep `keep`"),
    "no way to people": (
        "subject:\n  anchors: {user: app.users.id}\n  identifiers:",
        "subject: {}\nx:",
        "no way to find",
        "",
    ),
    "same mark twice over": (
        "unit: epoch_seconds",
        "missing: [0], never: [0]",
        "name the same value",
        "Keep it in one",
    ),
    "statement among entries": (
        "- {else: true,",
        "- {no_personal_data: {en: a, zh: b}, where: {type: b},",
        "stands among entries",
        "category: none",
    ),
    "part in another store": ("{part_of: app.orders}", "{part_of: logs.requests}", "in another store", "Add `via:"),
    "part of nothing known": (
        "{part_of: app.orders}",
        "{part_of: app.ordrs}",
        "no declared collection",
        '"app.orders"?',
    ),
    "field twice in two spellings": (
        "email: contact.email,",
        "email: a, '\"email\"': b,",
        "stands twice, first at",
        "Keep one",
    ),
    "fixed text that is null": ("export: secret}", "become: null}", "`become` is not a text", "take it out for NULL"),
    "reference with another end": (
        "{rule: account, subject: {email",
        "{refers: {a: {to: app.users.id, on_erasure: keep}}, rule: account, subject: {email",
        "only ever empty",
        "on_erasure: empty",
    ),
    "links mixed with names": (
        "{email: to_email}",
        "[{email: to_email}, user_id]",
        "mixes links and names",
        "{field: user_id}",
    ),
    "none on a key template": (
        '{key: "{user_id}/"}',
        '{key: "{user_id}/", none: [0]}',
        "says nothing for this form",
        "Take it out",
    ),
    "unknown anchor": ("{email: to_email}", "{field: a, anchor: users}", 'no anchor "users"', 'Did you mean "user"?'),
    "anchor as identifier": ("{email: to_email}", "{user: to_user}", "is an anchor, not an identifier", "anchor: user"),
    "link without a way": ("{email: to_email}", "{owner: shared}", "says no way to the person", "Write {field"),
    "through another store": (
        "{email: to_email}",
        "{through: logs.requests, from: a, field: b}",
        "into another store",
        "same store",
    ),
    "through two fields": (
        "{email: to_email}",
        "{through: app.orders, from: [a, b], key: [c, d], field: e}",
        "by one field only",
        "its key",
    ),
    "mapping as field": ("{email: to_email}", "{field: {a: b}}", "is a mapping where a field belongs", "its name"),
    "field twice in a key": ("{email: to_email}", "{field: [a, a]}", "names a field twice", "Keep one"),
    "keys of two collections": (
        "{email: to_email}",
        "{via: [a, b], to: [app.users.id, app.orders.id]}",
        "fields of several collections",
        "of one",
    ),
    "name of many parts": ("{email: to_email}", "{email: a" + ".a" * 40 + "}", "more than 32 parts", "Shorten"),
    "text after a quote": ("{email: to_email}", "{email: '\"a\"b'}", "goes on after a closing quote", "dot"),
    "empty quotes": ("{email: to_email}", "{email: '\"\"'}", "has an empty part", "Name it"),
    "duty without law": ("    then: delete", "    keep_at_least: P1Y", "names no law", "cite"),
    "no country": ("{country: CN}", "{country: []}", "is an empty list", "Name a country"),
    "unknown guards": ("purge:", "purges:", 'no guards "purges"', 'Did you mean "purge"?'),
    "empty guards": ("{percent: 10}", "{}", "guards purge are empty", "{rows"),
    "unknown language": ("  regimes:", "  languages: [en, fra]\n  regimes:", '"fra" is not a language', "ISO 639"),
    "no language": ("  regimes:", "  languages: []\n  regimes:", "`languages` is empty", "[en, zh]"),
    "date and link apart": (
        "start: issued_at",
        "start: {via: a, field: app.orders.b, to: app.users.id}",
        "but links to app.users",
        "one collection",
    ),
    "mapping among values": ("{type: a}", "{type: [{a: b}]}", "where one value belongs", ""),
    "null that means nobody": (
        "{email: to_email}",
        "{email: to_email, none: [null]}",
        "null among values",
        "Write null alone",
    ),
    "empty comparison": ("{type: a}", "{type: {}}", "is empty", "{lt: 5}"),
    "comparison with null": ("{type: a}", "{type: {lt: null}}", "needs one number or text", "after the colon"),
    "version as a list": ("version: 1", "version: [1]", "`version` is not a text", "one value"),
    "space in a name": ("app.outbox", "app.out box", "an empty part, a space or a stray quote", "quotes"),
    "open quote in a name": ("app.outbox", 'app."outbox', "a quote that does not end", "Close it"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_named_with_its_line_and_a_way_out(name: str, tmp_path: Path) -> None:
    before, after, what, hint = SLIPS[name]
    assert before in BASE
    found = problems(tmp_path, BASE.replace(before, after, 1))
    assert what in found
    assert hint in found


def test_the_line_is_the_one_of_the_slip(tmp_path: Path) -> None:
    source = BASE.replace("keep_at_most: P30D", "keep_at_most: 30")
    line = source[: source.index("keep_at_most: 30")].count("\n") + 1
    assert problems(tmp_path, source).startswith(
        f'retention.yaml:{line}: rule "account": `keep_at_most` "30" has no unit'
    )


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    source = BASE.replace("P30D", "30").replace("country: DE", "country: de").replace("match: email", "match: mail")
    lines = problems(tmp_path, source).splitlines()
    assert len(lines) == 3
    assert ["match" in lines[0], "P30D" in lines[1], "Write DE" in lines[2]] == [True] * 3


def test_a_composite_name_of_an_account_needs_an_account_elsewhere(tmp_path: Path) -> None:
    assert "named by 1 field(s), here by 2" in problems(
        tmp_path, BASE.replace("subject: id,", "subject: [tenant, id],")
    )


def test_with_several_anchors_a_link_says_which(tmp_path: Path) -> None:
    source = BASE.replace("{user: app.users.id}", "{user: app.users.id, clerk: app.invoices.id}")
    found = problems(tmp_path, source)
    assert "does not say which kind of account it names" in found
    assert "known names: user, clerk" in found


def test_a_reference_that_could_be_a_field_or_a_collection_is_refused(tmp_path: Path) -> None:
    source = BASE.replace("  app.outbox:", "  app.orders.id: {rule: account}\n  app.outbox:")
    found = problems(tmp_path, source)
    assert "is ambiguous: it also names a collection" in found
    assert 'app.orders."id"' in found
    file = tmp_path / "quoted.yaml"
    file.write_text(source.replace("to: app.orders.id}", 'to: app.orders."id"}'), encoding="utf-8")
    load(file, {})


def test_what_variables_and_urls_hold_is_never_shown(tmp_path: Path) -> None:
    source = BASE.replace("url: app.db", 'url: "postgresql://u:pa55@h/${A}${", key: "${SECRET}", zone: Mars')
    found = problems(tmp_path, source, {"SECRET": "s3cr3t", "A": "v4lue"})
    assert not [word for word in ("pa55", "s3cr3t", "v4lue") if word in found]


def test_an_unknown_name_is_quoted_short_and_in_one_line(tmp_path: Path) -> None:
    found = problems(tmp_path, BASE.replace("subject: id", 'subject: id, ? "' + "x y\\n" * 5000 + '" : 1'))
    assert len(found) < 1000


def test_a_date_that_its_own_entries_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    source = BASE.replace(
        "{where: {type: a}, rule: account, subject: user_id}",
        "{where: {type: a}, rule: account, subject: user_id, start: at}",
    )
    source = source.replace(
        "{else: true, rule: invoice, subject: [tenant_id, user_id]}",
        "{else: true, rule: invoice, subject: user_id, start: {field: at, unit: epoch_millis}}",
    )
    found = problems(tmp_path, source.replace("app.orders.created_at]", "app.logs.at]"))
    assert '"app.logs.at" is read in several ways' in found
    file = tmp_path / "said.yaml"
    file.write_text(source.replace("app.orders.created_at]", "{field: app.logs.at, unit: native}]"), encoding="utf-8")
    load(file, {})


JUNK = {
    "empty": b"",
    "spaces": b"  \n\n",
    "comment": b"# nothing\n",
    "null": b"~\n",
    "text": b"hello\n",
    "list": b"- a\n- b\n",
    "open list": b"[",
    "nul bytes": b"\x00" * 100,
    "utf-16": "version: 1\n".encode("utf-16"),
    "latin-1": "version: 1 # é\n".encode("latin-1"),
    "picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 50,
    "line separator": "version: 1\u2028".encode(),
    "depth in brackets": b"a: " + b"[" * 100_000,
    "depth in braces": b"{a: " * 50_000,
    "depth by indent": b"".join(b" " * n + b"a:\n" for n in range(200)),
    "depth in lists": b"- " * 50_000,
    "bomb": b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
    "itself": b"a: &a [*a]\n",
    "too large": b"# " + b"x" * (1 << 20),
    "question marks": b"? " * 10_000,
    "long scalar": b"version: " + b"9" * 1_000_000,
    "many keys": b"version: 1\n" + b"".join(b"k%d: 1\n" % n for n in range(20_000)),
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_is_refused_with_file_and_line(name: str, tmp_path: Path) -> None:
    assert problems(tmp_path, JUNK[name]).startswith("retention.yaml:")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "retention.yaml", tmp_path):
        with pytest.raises(PolicyError, match="there is no file"):
            load(path, {})
