"""The evidence for the published periods: what ran, and what should be gone and is not."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from dsr.core.text import Text
from dsr.engine.evidence import LOOK_BACK, Doubt, Proof, deadline, proofs
from dsr.engine.overdue import Survivors, Watch
from dsr.engine.policytext.findings import Finding, Lack
from dsr.jobs.session import Session

_REMEDY = Text(
    "Run dsr purge, and let cron run it; see dsr report retention",
    "运行 dsr purge 并由 cron 定期执行；参见 dsr report retention",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How every rule's sentence stands at one moment."""

    at: datetime
    zone: str
    proofs: tuple[Proof, ...]

    @property
    def unproven(self) -> frozenset[str]:
        """The rules whose period must not be called proven."""
        return frozenset(one.rule for one in self.proofs if not one.proven)


def evidence(session: Session) -> Evidence:
    """Read the runs, ask every collection for what is past its limit, and judge."""
    policy, now = session.policy, session.now()
    as_of = deadline(policy.deletion, now, policy.controller.timezone)
    return judged(session, Watch(session.estate, session.state.holds(), as_of).survivors())


def judged(session: Session, survivors: Survivors) -> Evidence:
    """The same where it is known already what is past its limit."""
    policy, now = session.policy, session.now()
    purges = session.state.purges(now - LOOK_BACK)
    return Evidence(now, policy.controller.timezone, proofs(policy, purges, survivors, now))


def findings(found: Evidence) -> tuple[Finding, ...]:
    """Every doubt in a sentence for a lawyer."""
    return tuple(_finding(proof, doubt, found.zone) for proof in found.proofs for doubt in proof.doubts)


def _finding(proof: Proof, doubt: Doubt, zone: str) -> Finding:
    said = _said(proof, doubt, zone)
    what = Text(
        f"{proof.title.en}: the period is not proven: {said.en}", f"{proof.title.zh}：保存期限无法证明：{said.zh}"
    )
    write = _REMEDY
    if doubt in (Doubt.NO_PROMISE, Doubt.EFFECTIVE):
        write = Text(
            "Write retention.yaml, deletion: every, copies", "在 retention.yaml 的 deletion 中写明 every 与 copies"
        )
    law = Text("Arts. 5(1)(e), 5(2) GDPR; Art. 19 PIPL", "GDPR 第5条第1款(e)项、第5条第2款；《个人信息保护法》第19条")
    return Finding(Lack.EVIDENCE, "", "", what, law, write)


def _said(proof: Proof, doubt: Doubt, zone: str) -> Text:
    match doubt:
        case Doubt.NO_PROMISE:
            return Text("the file does not say how often deletion runs", "政策文件未写明删除频率")
        case Doubt.NEVER:
            return Text("no purge has been run", "从未运行过到期删除")
        case Doubt.STOPPED:
            day = proof.last.astimezone(ZoneInfo(zone)).date().isoformat() if proof.last is not None else ""
            return Text(
                f"the last purge ran on {day}, longer ago than promised", f"最近一次到期删除为 {day}，超出承诺的间隔"
            )
        case Doubt.OVERDUE:
            return Text(f"{proof.overdue} records are past their period", f"有 {proof.overdue} 条记录已超过保存期限")
        case Doubt.UNSEEN:
            return Text("a store did not answer", "有存储没有响应")
        case Doubt.EFFECTIVE:
            return Text(
                f"the last copies go {proof.behind} days after the period at worst, promised are {proof.promised}",
                f"最后的副本最迟在期限届满后 {proof.behind} 天清除，承诺为 {proof.promised} 天",
            )
