"""Who is meant: fixpoint over identifiers, stops at shared values, no silent merging."""

from building import TEXT, by_email, direct, entry, estate, field, memory, policy, rule, table, through, via

from dsr.core.policy import Owner
from dsr.engine.identity import Ask, Resolver
from dsr.engine.reach import frozen_name

USERS = table("users", field("id", nullable=False), field("email", TEXT), field("address_id"))
OLD = table("old_emails", field("id", nullable=False), field("user_id"), field("address", TEXT))
MAIL = table("mail", field("id", nullable=False), field("to", TEXT))
ADDRESSES = table("addresses", field("id", nullable=False), field("street", TEXT))
POLICY = policy(
    (rule("account"),),
    (
        entry("app.users", "account", direct("id")),
        entry("app.old_emails", "account", direct("user_id")),
        entry("app.mail", "account", by_email("to")),
        entry("app.addresses", "account", through("app.users", "address_id", "id")),
    ),
    emails=("app.users.email", "app.old_emails.address"),
)


def resolver(users, old=(), mail=(), addresses=()):
    store = memory([(USERS, list(users)), (OLD, list(old)), (MAIL, list(mail)), (ADDRESSES, list(addresses))])
    return Resolver(estate(POLICY, {"app": store}), lambda accounts, values: "S-00000001")


def one(made, *given, merge=False):
    (answer,) = made.resolve([Ask(tuple(given), merge)])
    return answer


def test_an_old_address_leads_to_the_account_and_all_its_addresses():
    made = resolver([{"id": 1, "email": "new@example.com"}], [{"id": 1, "user_id": 1, "address": "Old@Example.com"}])
    subject = one(made, ("email", "old@example.com")).subject
    assert subject.keys("user") == {"1"}
    assert subject.values("email") == {"new@example.com", "old@example.com"}


def test_account_zero_and_the_empty_key_and_negative_keys_are_people():
    made = resolver([{"id": 0, "email": "zero@example.com"}, {"id": -1, "email": "minus@example.com"}])
    assert one(made, ("email", "zero@example.com")).subject.keys("user") == {"0"}
    assert one(made, ("user_id", "-1")).subject.values("email") == {"minus@example.com"}


def test_a_value_that_several_people_share_is_a_stop():
    users = [{"id": 1, "email": "a@example.com"}, {"id": 2, "email": "b@example.com"}]
    old = [
        {"id": 1, "user_id": 1, "address": "family@example.com"},
        {"id": 2, "user_id": 2, "address": "family@example.com"},
    ]
    subject = one(resolver(users, old), ("email", "a@example.com")).subject
    assert subject.keys("user") == {"1"}
    assert subject.values("email") == {"a@example.com"}
    assert subject.stops == 1


def test_two_accounts_are_found_together_and_merged_only_when_somebody_says_so():
    made = resolver([{"id": 1, "email": "me@example.com"}, {"id": 2, "email": "ME@example.com"}])
    asked = one(made, ("email", "me@example.com"))
    assert asked.subject is None
    assert asked.candidates == (("user", "1"), ("user", "2"))
    assert one(made, ("email", "me@example.com"), merge=True).subject.keys("user") == {"1", "2"}


def test_two_identifiers_of_different_accounts_are_not_one_person():
    made = resolver([{"id": 1, "email": "a@example.com"}, {"id": 2, "email": "b@example.com"}])
    asked = one(made, ("email", "a@example.com"), ("user_id", "2"))
    assert asked.subject is None
    assert asked.candidates == (("user", "1"), ("user", "2"))


def test_somebody_without_an_account_is_a_subject_by_identifiers_alone():
    subject = one(resolver([], mail=[{"id": 1, "to": "guest@example.com"}]), ("email", "guest@example.com")).subject
    assert subject.anchors == ()
    assert subject.values("email") == {"guest@example.com"}


def test_an_account_whose_record_is_gone_is_still_asked_for_by_its_key():
    subject = one(resolver([]), ("user_id", "7")).subject
    assert subject.keys("user") == {"7"}


def test_an_empty_or_absent_address_leads_to_nobody():
    users = [{"id": 1, "email": ""}, {"id": 2, "email": None}, {"id": 3, "email": ""}]
    subject = one(resolver(users), ("user_id", "1")).subject
    assert subject.values("email") == set()


def test_rows_reached_through_the_account_are_frozen_when_the_person_is_found():
    users = [{"id": 1, "email": "a@example.com", "address_id": 5}, {"id": 2, "email": "b@example.com", "address_id": 5}]
    users.append({"id": 3, "email": "c@example.com", "address_id": 6})
    made = resolver(users, addresses=[{"id": 5, "street": "x"}, {"id": 6, "street": "y"}])
    (entry_,) = [e for e in POLICY.entries if e.place.collection == "addresses"]
    assert one(made, ("user_id", "1")).subject.values(frozen_name(entry_)) == {"5"}
    assert one(made, ("user_id", "3")).subject.values(frozen_name(entry_)) == {"6"}


def test_a_batch_is_resolved_together_with_one_answer_each():
    made = resolver([{"id": n, "email": f"p{n}@example.com"} for n in range(20)])
    answers = made.resolve(Ask((("email", f"P{n}@example.com"),)) for n in range(20))
    assert [answer.subject.keys("user") for answer in answers] == [{str(n)} for n in range(20)]


def test_links_have_owners():
    assert via("a", "app.b").owner is Owner.SUBJECT
