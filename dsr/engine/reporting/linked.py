"""The record of processing as JSON-LD in the terms of the Data Privacy Vocabulary (DPV 2, W3C community group).

Names of our own (purposes, categories, rules) are IRIs under `urn:dsr:`, typed by the DPV class that they are one of
and labelled in both languages; nothing has to be fetched to read the document.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from dsr.core.periods import Period
from dsr.core.policy import Policy, Rule
from dsr.core.report import Report, Word
from dsr.core.text import Text

_CONTEXT: Mapping[str, object] = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_BASES = {
    "consent": ("dpv:Consent", "eu-gdpr:A6-1-a"),
    "contract": ("dpv:Contract", "eu-gdpr:A6-1-b"),
    "legal_obligation": ("dpv:LegalObligation", "eu-gdpr:A6-1-c"),
    "vital_interest": ("dpv:VitalInterest", "eu-gdpr:A6-1-d"),
    "public_interest": ("dpv:PublicInterest", "eu-gdpr:A6-1-e"),
    "legitimate_interest": ("dpv:LegitimateInterest", "eu-gdpr:A6-1-f"),
}
_ROLES = {"processor": "dpv:DataProcessor", "joint_controller": "dpv:JointDataControllers"}

_Node = dict[str, object]


def linked(policy: Policy, record: Report) -> Mapping[str, object]:
    """The document of a record of processing."""
    activities = record.table("activities")
    if activities is None:
        raise ValueError("only a record of processing has activities")
    keys = [column.key for column in activities.columns]
    rows = [dict(zip(keys, (cell.value for cell in row), strict=True)) for row in activities.rows]
    return {
        "@context": _CONTEXT,
        "@id": _iri("record", policy.digest[:12]),
        "@type": "dpv:RecordsOfActivities",
        "dct:created": {"@type": "xsd:dateTime", "@value": _instant(record.at)},
        "dpv:hasDataController": _controller(policy),
        "dpv:hasTechnicalOrganisationalMeasure": [
            {"@id": _iri("measure", one.name), "@type": "dpv:TechnicalOrganisationalMeasure", **_label(one.what)}
            for one in policy.notice.measures
        ],
        "dpv:hasPersonalDataProcess": [_process(policy, policy.rule(str(row["rule"])), row) for row in rows],
    }


def _controller(policy: Policy) -> _Node:
    controller, notice = policy.controller, policy.notice
    made: _Node = {
        "@id": _iri("controller", controller.contact),
        "@type": "dpv:DataController",
        "dpv:hasName": _texts(controller.name),
        "dpv:hasContact": controller.contact,
        "dpv:hasCountry": controller.country,
    }
    if notice.address is not None:
        made["dpv:hasAddress"] = _texts(notice.address)
    people = [("dpv:Representative", one) for one in notice.representatives]
    if notice.officer is not None:
        people.append(("dpv:DataProtectionOfficer", notice.officer))
    made["dpv:hasRepresentative"] = [
        {"@type": kind, "dpv:hasName": _texts(one.name), "dpv:hasContact": one.contact} for kind, one in people
    ]
    return made


def _process(policy: Policy, rule: Rule, row: Mapping[str, object]) -> _Node:
    return {
        "@id": _iri("process", rule.name),
        "@type": "dpv:PersonalDataProcess",
        **_label(rule.title),
        "dpv:hasPurpose": _terms("purpose", "dpv:Purpose", row["purposes"]),
        "dpv:hasPersonalData": _terms("category", "dpv:PersonalData", row["categories"]),
        "dpv:hasDataSubject": _terms("subject", "dpv:DataSubject", row["people"]),
        "dpv:hasDataSource": _terms("source", "dpv:DataSource", row["sources"]),
        "dpv:hasLegalBasis": list(_bases(rule)),
        "dpv:hasRecipient": list(_recipients(policy, row["recipients"])),
        "dpv:hasStorageCondition": list(_storage(rule)),
    }


def _bases(rule: Rule) -> Iterator[_Node]:
    for regime, name in rule.basis:
        if name in _BASES:
            general, article = _BASES[name]
            yield {"@id": article if regime == "gdpr" else general}


def _recipients(policy: Policy, names: object) -> Iterator[_Node]:
    wanted = names if isinstance(names, tuple) else ()
    for one in policy.recipients:
        if one.name in wanted:
            made: _Node = {
                "@id": _iri("recipient", one.name),
                "@type": _ROLES.get(one.role, "dpv:Recipient"),
                "dpv:hasName": one.name,
                "dpv:hasContact": one.contact,
                "dpv:hasCountry": one.country,
                "dpv:hasPurpose": {"@type": "dpv:Purpose", **_label(one.purpose)},
            }
            if one.safeguard is not None:
                made["dpv:hasTechnicalOrganisationalMeasure"] = {"@type": "dpv:Safeguard", **_label(one.safeguard)}
            yield made


def _storage(rule: Rule) -> Iterator[_Node]:
    starts: _Node = {} if rule.starts is None else {"dct:description": _texts(rule.starts)}
    if rule.keep_at_most is None:
        yield {"@type": "dpv:StorageDuration", "dpv:hasDuration": {"@type": "dpv:UntilEventDuration", **starts}}
    else:
        yield _duration(rule.keep_at_most, starts)
    for duty in rule.duties:
        yield _duration(duty.period, starts) | {"dpv:hasJustification": _texts(duty.cite)}
    yield {"@type": "dpv:StorageDeletion"}


def _duration(period: Period, starts: _Node) -> _Node:
    value = {"@type": "xsd:duration", "@value": str(period)}
    duration = {"@type": "dpv:TemporalDuration", "rdf:value": value, "dct:source": period.start.value, **starts}
    return {"@type": "dpv:StorageDuration", "dpv:hasDuration": duration}


def _terms(kind: str, of: str, words: object) -> list[_Node]:
    named = words if isinstance(words, tuple) else ()
    return [{"@id": _iri(kind, one.code), "@type": of, **_label(one.text)} for one in named if isinstance(one, Word)]


def _label(text: Text) -> _Node:
    return {"rdfs:label": _texts(text)}


def _texts(text: Text) -> list[_Node]:
    return [{"@language": "en", "@value": text.en}, {"@language": "zh", "@value": text.zh}]


def _iri(kind: str, name: str) -> str:
    plain: Iterable[str] = re.findall(r"[A-Za-z0-9._-]+", name) or ("other",)
    return f"urn:dsr:{kind}:{'-'.join(plain)}"


def _instant(at: datetime) -> str:
    return at.isoformat()
