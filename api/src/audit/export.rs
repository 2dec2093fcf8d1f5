//! A copy of both chains as lines of JSON, complete enough to be verified anywhere.
//!
//! First the head of each chain, then its entries in order. A line says what it is under `line`:
//! `head`, `fact` or `audit`.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{AccountId, AuditId, CommitteeId, FactId, GroupId, MemberId};
use domain::ledger::Hash;
use entity::{audit, fact};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chain::{self, Chain, PAGE};
use crate::db::Db;
use crate::error::{ApiError, Result};

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// Where a chain ended when the file was made.
    Head(HeadLine),
    /// An entry of the chain of facts.
    Fact(FactLine),
    /// An entry of the audit log.
    Audit(AuditLine),
}

/// Where a chain ended when the file was made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct HeadLine {
    /// Whose chain.
    pub committee_id: CommitteeId,
    /// Which one.
    pub chain: Chain,
    /// How many entries it had.
    pub seq: u64,
    /// The seal of the last one.
    pub hash: Hash,
}

macro_rules! lines {
    ($($(#[$meta:meta])* $name:ident from $row:ident { $($field:ident: $kind:ty,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Serialize, Deserialize)]
        pub struct $name { $(#[doc = "As in the table."] pub $field: $kind,)+ }

        impl From<$row::Model> for $name {
            fn from(row: $row::Model) -> Self { Self { $($field: row.$field,)+ } }
        }

        impl From<$name> for $row::Model {
            fn from(line: $name) -> Self { Self { $($field: line.$field,)+ } }
        }
    )+};
}

lines! {
    /// An entry of the chain of facts, column by column.
    FactLine from fact {
        committee_id: CommitteeId,
        id: FactId,
        seq: i64,
        member_id: Option<MemberId>,
        group_id: Option<GroupId>,
        kind: String,
        happened_on: NaiveDate,
        title: String,
        reference: Option<String>,
        attributes: String,
        recorder: Option<String>,
        source_kind: String,
        source_id: Uuid,
        reverses: Option<FactId>,
        recorded_by: Option<AccountId>,
        recorded_at: DateTime<Utc>,
        prev_hash: String,
        hash: String,
    }

    /// An entry of the audit log, column by column.
    AuditLine from audit {
        committee_id: CommitteeId,
        id: AuditId,
        seq: i64,
        at: DateTime<Utc>,
        actor_id: Option<AccountId>,
        actor: String,
        operation: String,
        outcome: String,
        code: Option<String>,
        subject_kind: Option<String>,
        subject_id: Option<String>,
        detail: String,
        trace_id: String,
        prev_hash: String,
        hash: String,
    }
}

/// Where the writing stands.
struct Writing {
    db: Db,
    committee: CommitteeId,
    chains: std::vec::IntoIter<HeadLine>,
    current: Option<(HeadLine, Option<i64>)>,
}

/// The file, page by page. What is added to the chains meanwhile is not in it.
pub async fn pages(db: Db, committee: CommitteeId) -> Result<impl Stream<Item = Result<Vec<u8>>>> {
    let mut heads = Vec::new();
    for chain in Chain::ALL {
        let head = chain::head(db.read(), committee, chain).await?;
        heads.push(HeadLine {
            committee_id: committee,
            chain,
            seq: head.seq,
            hash: head.hash,
        });
    }
    let writing = Writing {
        db,
        committee,
        chains: heads.into_iter(),
        current: None,
    };
    Ok(futures_util::stream::try_unfold(
        writing,
        async |mut writing| {
            let page = writing.page().await?;
            Ok(page.map(|page| (page, writing)))
        },
    ))
}

impl Writing {
    async fn page(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let Some((head, last)) = self.current else {
                let Some(head) = self.chains.next() else {
                    return Ok(None);
                };
                self.current = Some((head, None));
                return encode(&[Line::Head(head)]).map(Some);
            };
            let (lines, read) = self.read(head, last).await?;
            let Some(read) = read else {
                self.current = None;
                continue;
            };
            self.current = Some((head, Some(read)));
            return encode(&lines).map(Some);
        }
    }

    /// The lines after entry `last` up to the head, and the last entry that was read.
    async fn read(&self, head: HeadLine, last: Option<i64>) -> Result<(Vec<Line>, Option<i64>)> {
        let known = |seq: i64| u64::try_from(seq).unwrap_or(0) <= head.seq;
        match head.chain {
            Chain::Facts => {
                let mut rows = chain::facts(self.db.read(), self.committee, last, PAGE).await?;
                rows.retain(|row| known(row.seq));
                let read = rows.last().map(|row| row.seq);
                Ok((
                    rows.into_iter().map(|row| Line::Fact(row.into())).collect(),
                    read,
                ))
            }
            Chain::Audit => {
                let mut rows = chain::audits(self.db.read(), self.committee, last, PAGE).await?;
                rows.retain(|row| known(row.seq));
                let read = rows.last().map(|row| row.seq);
                Ok((
                    rows.into_iter()
                        .map(|row| Line::Audit(row.into()))
                        .collect(),
                    read,
                ))
            }
        }
    }
}

fn encode(lines: &[Line]) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(lines.len() * 600);
    for line in lines {
        serde_json::to_writer(&mut bytes, line).map_err(ApiError::internal)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
