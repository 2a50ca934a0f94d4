"""The shipped JSON Schema and the loader agree, as far as a schema can know."""

import json
from pathlib import Path

import jsonschema
import pytest

from dsr.core.errors import PolicyError
from dsr.engine.policyfile.loader import load, schema_text
from dsr.engine.policyfile.nodes import Map, Node, Scalar, is_core, is_number, read
from dsr.engine.policyfile.problems import Problems

FOLDER = Path(__file__).parent / "policyfile"
ENV = {"CREEM_API_KEY": "invented"}
BASE = (FOLDER / "small.yaml").read_text(encoding="utf-8")
VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text()))


def plain(node: Node) -> object:
    """The tree as an editor sees it: YAML 1.2 core types."""
    if isinstance(node, Map):
        return {pair.name: plain(pair.value) for pair in node.pairs}
    if not isinstance(node, Scalar):
        return [plain(item) for item in node.items]
    if not is_core(node):
        return node.text
    if is_number(node):
        return float(node.text) if set(node.text) & set(".eE") else int(node.text)
    return None if node.null else node.text.lower() == "true"


def errors(source: bytes) -> list[str]:
    problems = Problems()
    root = read(source, "retention.yaml", problems)
    assert root is not None, problems.lines([])
    return [error.message for error in VALIDATOR.iter_errors(plain(root))]


def test_the_schema_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_every_object_of_the_schema_says_which_keys_it_has() -> None:
    def check(part: object, where: str) -> None:
        if isinstance(part, dict):
            if part.get("type") == "object":
                assert "additionalProperties" in part, where
            for key, value in part.items():
                check(value, f"{where}/{key}")
        elif isinstance(part, list):
            for number, value in enumerate(part):
                check(value, f"{where}/{number}")

    check(json.loads(schema_text()), "")


@pytest.mark.parametrize("name", ["retention.yaml", "more/data.yaml", "small.yaml"])
def test_the_sample_files_meet_the_schema(name: str) -> None:
    assert errors((FOLDER / name).read_bytes()) == []
    load(FOLDER / ("retention.yaml" if name.startswith("more") else name), ENV)


BROKEN = {
    "unknown section": ("guards:", "gards:"),
    "version 2": ("version: 1", "version: 2"),
    "unknown key of a rule": ("keep_at_most: P30D", "keep_at_mots: P30D"),
    "period without unit": ("keep_at_most: P30D", "keep_at_most: 30"),
    "period with hours": ("keep_at_most: P30D", "keep_at_most: PT12H"),
    "title in one language": ("{en: Account, zh: 账户}", "{en: Account}"),
    "title as one text": ("{en: Account, zh: 账户}", "Account"),
    "unknown end": ("then: delete", "then: destroy"),
    "retain by the calendar": ("then: delete", "then: retain"),
    "aggregate": ("then: delete", "then: {aggregate: {into: app.x}}"),
    "unknown code": ("code: tax", "code: taxes"),
    "duty without citation": (", cite: {en: Tax Law, zh: 税法}", ""),
    "duty with an odd condition": ("when: {country: CN}", "when: {land: CN}"),
    "lower-case country": ("country: CN\n", "country: cn\n"),
    "purpose with capitals": ("purposes: [provide_service]", "purposes: [Provide Service]"),
    "no rule": ("{rule: account, subject: id", "{subject: id"),
    "where and else": ("{where: {type: a},", "{where: {type: a}, else: true,"),
    "else: false": ("else: true", "else: false"),
    "empty where": ("where: {type: a}", "where: {}"),
    "unknown comparison": ("where: {type: a}", "where: {type: {like: a}}"),
    "unknown unit": ("unit: epoch_seconds", "unit: seconds"),
    "rule beside part_of": ("{part_of: app.orders}", "{part_of: app.orders, rule: account}"),
    "via without to": ("{via: order_id, to: app.orders.id}", "{via: order_id}"),
    "unknown owner": ("owner: by_links", "owner: everyone"),
    "key without a name": ('key: "{user_id}/"', 'key: "media/"'),
    "key without an end": ('key: "{user_id}/"', 'key: "{user_id}x"'),
    "derive": ("{email: to_email}", "{derive: local_part}"),
    "unknown export": ("export: secret", "export: never"),
    "field without category": ("{category: credential, export: secret}", "{export: secret}"),
    "reason in one language": ("{en: catalogue, zh: 目录}", "{en: catalogue}"),
    "reason as one text": ("{en: catalogue, zh: 目录}", "catalogue"),
    "unknown match": ("match: email", "match: mail"),
    "identifier called via": ("    email: {at:", "    via: {at:"),
    "unknown role": ("role: processor", "role: vendor"),
    "negative guard": ("percent: 10", "percent: -1"),
    "guard over 100": ("percent: 10", "percent: 101"),
    "store without kind": ("app: {kind: sql, url: app.db}", "app: {url: app.db}"),
    "nested store option": ("kind: logs, url: logs", "kind: logs, url: logs, more: {a: b}"),
    "no rules": ("rules:", "recipients_:"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_the_schema_can_know_fails_in_both(name: str, tmp_path: Path) -> None:
    before, after = BROKEN[name]
    assert BASE.count(before) >= 1, f"{before} is not in the sample"
    source = BASE.replace(before, after, 1)
    assert errors(source.encode()), "the schema lets it through"
    file = tmp_path / "retention.yaml"
    file.write_text(source, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"retention\.yaml:\d+: "):
        load(file, ENV)
