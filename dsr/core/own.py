"""The tables that the program keeps for itself in databases of others. They are none of those others' data."""

from collections.abc import Collection

RECEIPT, FENCE, TOTALS, META = "dsr_receipt", "dsr_fence", "dsr_totals", "dsr_meta"
RESTRICTED = "dsr_restricted"
IN_STORES = frozenset({RECEIPT, FENCE, TOTALS, RESTRICTED})
IN_STATE = frozenset(
    {
        "dsr_approval", "dsr_attempt", "dsr_certificate", "dsr_counter", "dsr_event", "dsr_former", "dsr_freeze",
        "dsr_gate", "dsr_hold", "dsr_lease", "dsr_meta", "dsr_opening", "dsr_outbox", "dsr_package", "dsr_plan",
        "dsr_plan_subject",
        "dsr_request", "dsr_request_act", "dsr_request_code", "dsr_request_mapping", "dsr_request_notice",
        "dsr_renewal", "dsr_request_question", "dsr_request_tag", "dsr_run", "dsr_seen", "dsr_shown", "dsr_step",
        "dsr_subject", "dsr_suppressed",
    }
)  # fmt: skip


def ours(table: str, beside: Collection[str]) -> bool:
    """Whether a table is ours, by its exact name; one of the state database only beside that database's own mark.

    Anybody may call a table `dsr_hold`: it holds people's data and must be declared.
    """
    return table in IN_STORES or (table in IN_STATE and META in beside)
