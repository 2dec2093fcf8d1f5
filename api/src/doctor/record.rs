//! What must outlast us: whether the keys open what is sealed, the chains end where their heads
//! say, and copies are made.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{audit, committee, fact, ledger_head};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Findings, Verdict, machine};
use crate::app::App;
use crate::error::Result;
use crate::keys;
use crate::upkeep::{self, Upkeep};

/// A night without a backup happens; three do not.
const BACKUP_NOTE: TimeDelta = TimeDelta::hours(26);
const BACKUP_WRONG: TimeDelta = TimeDelta::hours(74);
/// Checkpoints are made every hour.
const CHECKPOINT_NOTE: TimeDelta = TimeDelta::hours(3);
const CHECKPOINT_WRONG: TimeDelta = TimeDelta::hours(26);

/// Looks at all of it.
pub(super) async fn examine(app: &App, findings: &mut Findings) {
    if let Err(error) = examine_sealed(app, findings).await {
        findings.unread("sealed_fields", &error);
    }
    if let Err(error) = examine_chains(app, findings).await {
        findings.unread("chains", &error);
    }
    for what in Upkeep::ALL {
        match upkeep::last(&app.db, what).await {
            Ok(last) => {
                let last = last.map(|row| (row.done_at, row.note));
                judge_upkeep(what, last, app.clock.now(), findings);
            }
            Err(error) => findings.unread(what.as_str(), &error),
        }
    }
}

async fn examine_sealed(app: &App, findings: &mut Findings) -> Result<()> {
    let before = findings.0.len();
    let keys = &app.config.crypto.field_keys;
    let configured: BTreeSet<u8> = keys.iter().map(|key| key.id).collect();
    let first = app.vault.sealing_key();
    let needed = keys::needed(&app.db).await?;
    for needed in &needed {
        let (key, what, values) = (needed.key, needed.what, needed.values);
        if !configured.contains(&key) {
            findings.wrong(
                "sealed_fields",
                format!("{values} 个{what}由密钥 {key} 加密，配置中没有这个密钥"),
                "把它放回 crypto.field_keys；没有它，这些内容永远打不开",
            );
        } else if key != first && needed.rewrapped {
            findings.note(
                "sealed_fields",
                format!("{values} 个{what}还由旧密钥 {key} 加密"),
                "所有节点都换用新密钥以后，运行 xingdong keys rewrap",
            );
        } else if key != first {
            findings.note(
                "sealed_fields",
                format!("{what}中有 {values} 个手机号由旧密钥 {key} 加密"),
                "确认或重新导入；三十天后自动清除，在此之前保留这个密钥",
            );
        }
    }
    for key in configured.iter().filter(|key| **key != first) {
        if !needed.iter().any(|needed| needed.key == *key) {
            findings.note(
                "sealed_fields",
                format!("密钥 {key} 已没有内容需要"),
                "从 crypto.field_keys 中删去，并与旧备份一起另行保管",
            );
        }
    }
    // A key of the same number with other bytes is found by opening something.
    let committees = committee::Entity::find().all(app.db.read()).await?;
    let closed = committees.iter().filter(|committee| {
        !committee.code_secret.is_empty() && app.vault.open(&committee.code_secret).is_err()
    });
    let closed: Vec<&str> = closed.map(|committee| committee.code.as_str()).collect();
    if !closed.is_empty() {
        findings.wrong(
            "sealed_fields",
            format!("配置的密钥打不开 {} 的内容", closed.join("、")),
            "使用建立或恢复这个数据库时的密钥；它应与备份分开保管",
        );
    }
    if findings.0.len() == before {
        findings.fine("sealed_fields", "加密内容都由当前密钥加密，可以打开");
    }
    Ok(())
}

/// Holds each head against the last entry. Whether every entry is as it was written takes a walk,
/// which is `xingdong audit verify`.
async fn examine_chains(app: &App, findings: &mut Findings) -> Result<()> {
    let mut count = 0;
    let heads = ledger_head::Entity::find().all(app.db.read()).await?;
    for head in &heads {
        let id = head.committee_id;
        let last: Option<(i64, String)> = if head.chain == "audit" {
            audit::Entity::find()
                .filter(audit::Column::CommitteeId.eq(id))
                .order_by_desc(audit::Column::Seq)
                .one(app.db.read())
                .await?
                .map(|row| (row.seq, row.hash))
        } else {
            fact::Entity::find()
                .filter(fact::Column::CommitteeId.eq(id))
                .order_by_desc(fact::Column::Seq)
                .one(app.db.read())
                .await?
                .map(|row| (row.seq, row.hash))
        };
        let agrees = last.map_or(head.seq == 0, |(seq, hash)| {
            seq == head.seq && hash == head.hash
        });
        if agrees {
            count += 1;
            continue;
        }
        // Somebody may have written between the two looks.
        let again = ledger_head::Entity::find_by_id((id, head.chain.clone()))
            .one(app.db.read())
            .await?;
        if again.is_some_and(|again| again.seq != head.seq) {
            count += 1;
            continue;
        }
        findings.wrong(
            "chains",
            format!("{id} 的 {} 链与它的链头不符", head.chain),
            "数据可能被改动：保留数据库，运行 xingdong audit verify --checkpoints 文件",
        );
    }
    if count == heads.len() {
        findings.fine("chains", format!("{count} 条链都结束在各自的链头"));
    }
    Ok(())
}

/// What there is to say of upkeep that was last done at that time, into that file.
fn judge_upkeep(
    what: Upkeep,
    last: Option<(DateTime<Utc>, String)>,
    now: DateTime<Utc>,
    findings: &mut Findings,
) {
    let (name, note, wrong, never, advice) = match what {
        Upkeep::Backup => (
            "备份",
            BACKUP_NOTE,
            BACKUP_WRONG,
            Verdict::Wrong,
            "每天运行 xingdong backup（随附 xingdong-backup.timer），并把文件复制到另一台机器",
        ),
        Upkeep::Checkpoint => (
            "链的检查点",
            CHECKPOINT_NOTE,
            CHECKPOINT_WRONG,
            Verdict::Note,
            "每小时运行 xingdong audit checkpoint（随附 xingdong-checkpoint.timer），文件放在数据库管理员写不到的机器上",
        ),
    };
    let Some((at, file)) = last else {
        findings.add(what.as_str(), never, format!("从未做过{name}"), advice);
        return;
    };
    let age = now - at;
    let text = format!("上次{name}在 {} 小时以前：{file}", age.num_hours());
    if wrong < age {
        findings.wrong(what.as_str(), text, advice);
    } else if note < age {
        findings.note(what.as_str(), text, advice);
    } else {
        findings.fine(what.as_str(), text);
    }
    if what == Upkeep::Backup
        && let Some(folder) = Path::new(&file).parent()
    {
        machine::examine_space("备份目录", folder, findings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_asked_for_after_a_day_and_missed_after_three() {
        let now: DateTime<Utc> = "2026-09-14T01:00:00Z".parse().expect("an instant");
        let verdict = |what, hours: Option<i64>| {
            let mut findings = Findings::default();
            let last = hours.map(|hours| (now - TimeDelta::hours(hours), "file".to_owned()));
            judge_upkeep(what, last, now, &mut findings);
            findings.0[0].verdict
        };

        assert_eq!(verdict(Upkeep::Backup, None), Verdict::Wrong);
        assert_eq!(verdict(Upkeep::Backup, Some(25)), Verdict::Fine);
        assert_eq!(verdict(Upkeep::Backup, Some(27)), Verdict::Note);
        assert_eq!(verdict(Upkeep::Backup, Some(75)), Verdict::Wrong);
        assert_eq!(verdict(Upkeep::Checkpoint, None), Verdict::Note);
        assert_eq!(verdict(Upkeep::Checkpoint, Some(2)), Verdict::Fine);
        assert_eq!(verdict(Upkeep::Checkpoint, Some(27)), Verdict::Wrong);
    }
}
