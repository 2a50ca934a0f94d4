"""`dsr report …` as a person calls it: at the terminal, as JSON, CSV and pages, in both languages."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from browsing import parse_strictly
from clikit import Dsr


def test_the_record_of_processing_is_told_in_words_in_both_languages(dsr: Dsr, shop: Path):
    english, chinese = dsr("report", "ropa"), dsr("report", "ropa", "--lang", "zh")
    assert (english.code, chinese.code) == (0, 0)
    assert "Processing activity" in english.out
    assert "Tax Act" in english.out
    assert "Not stated in the policy file" in english.out  # the small shop names nobody in charge
    assert "处理活动" in chinese.out
    assert "税法" in chinese.out


def test_a_report_as_json_has_codes_that_no_language_changes(dsr: Dsr, shop: Path):
    english, chinese = dsr("report", "ropa", "--json"), dsr("report", "ropa", "--json", "--lang", "zh")
    told, other = json.loads(english.out), json.loads(chinese.out)
    assert told["schema"] == "dsr/report-ropa/1"
    assert [row["rule"] for row in told["tables"]["activities"]] == ["account", "invoice", "note"]
    assert told["tables"]["activities"][0]["people"] == ["user"]
    assert told["tables"] == other["tables"]


def test_a_table_of_a_report_is_written_as_csv_and_the_others_are_named(dsr: Dsr, shop: Path):
    ran = dsr("report", "ropa", "--format", "csv")
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert [row[1] for row in rows[1:]] == ["account", "invoice", "note"]
    assert "recipients, measures" in ran.err
    assert dsr("report", "ropa", "--format", "csv", "--table", "recipients").out.startswith("Recipient,Role,")
    wrong = dsr("report", "ropa", "--format", "csv", "--table", "nothing")
    assert wrong.code == 2
    assert "activities, recipients, measures" in wrong.err


def test_a_report_is_written_to_a_file_that_spreadsheets_and_browsers_read(dsr: Dsr, shop: Path):
    assert dsr("report", "ropa", "--format", "csv", "--out", "ropa.csv", "--lang", "zh").code == 0
    assert (shop / "ropa.csv").read_bytes().startswith(b"\xef\xbb\xbf")  # or Excel takes Chinese for something else
    assert dsr("report", "ropa", "--format", "html", "--out", "ropa.html").code == 0
    parse_strictly((shop / "ropa.html").read_text(encoding="utf-8"))
    refused = dsr("report", "ropa", "--format", "html", "--out", "nowhere/ropa.html")
    assert refused.code == 2
    assert "--out" in refused.err


def test_the_record_of_processing_is_written_as_json_ld(dsr: Dsr, shop: Path):
    told = json.loads(dsr("report", "ropa", "--format", "jsonld").out)
    assert told["@type"] == "dpv:RecordsOfActivities"
    assert len(told["dpv:hasPersonalDataProcess"]) == 3


@pytest.mark.parametrize("name", ["ropa", "retention", "holds", "overview", "register", "metrics", "audit"])
def test_every_report_is_written_in_every_form_and_language(dsr: Dsr, shop: Path, name: str):
    def ask(lang: str, form: str) -> str:
        given = ("--out", f"{lang}{form}.zip") if name == "audit" else ()
        wanted = {"table": (), "json": ("--json",)}.get(form, ("--format", form))
        ran = dsr("report", name, "--lang", lang, *given, *wanted)
        assert ran.code == 0, ran.err
        return ran.out

    for form in ("table", "csv", "html"):
        english, chinese = ask("en", form), ask("zh", form)
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert not re.search(r"[\u4e00-\u9fff]", english)
    assert json.loads(ask("zh", "json"))["schema"] == f"dsr/report-{name}/1"
