//! Walking a chain from its first entry to its head, and saying where it was changed.

use std::collections::HashSet;

use domain::ids::CommitteeId;
use domain::ledger::{self, Broken, Hash, Link, Verifier, Why};
use entity::{Scoped, audit, fact, ledger_head};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::checkpoint::Checkpoints;
use super::form;
use crate::db::{Db, seal_audit, seal_fact};
use crate::error::Result;

/// How many entries are held in memory at a time.
pub const PAGE: u64 = 1000;

/// One of the two chains of a committee.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Chain {
    /// The facts that scoring counts.
    Facts,
    /// The audit log.
    Audit,
}

impl Chain {
    /// Both, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::Facts, Self::Audit];

    /// Its name in the table of heads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Audit => "audit",
        }
    }
}

/// The first entry that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FirstBroken {
    /// Its number.
    pub seq: u64,
    /// A stable word: `gap`, `prev_mismatch`, `hash_mismatch`, `truncated`, `head_mismatch`.
    pub why: &'static str,
    /// The same in words.
    pub detail: String,
}

impl From<Broken> for FirstBroken {
    fn from(broken: Broken) -> Self {
        let (why, detail) = match broken.why {
            Why::Gap { expected } => (
                "gap",
                format!("此处应为第 {expected} 条，有条目缺失、重复或错位"),
            ),
            Why::PrevMismatch => ("prev_mismatch", "与上一条不衔接，其中一条被替换".to_owned()),
            Why::HashMismatch => ("hash_mismatch", "内容与封存时不一致".to_owned()),
            Why::Truncated { expected } => {
                ("truncated", format!("应有 {expected} 条，末尾条目缺失"))
            }
            Why::HeadMismatch { .. } => ("head_mismatch", "与登记的末条不一致".to_owned()),
        };
        Self {
            seq: broken.seq,
            why,
            detail,
        }
    }
}

/// What was found about one chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChainReport {
    /// Whose chain.
    pub committee_id: CommitteeId,
    /// Which one.
    pub chain: Chain,
    /// How many entries were read.
    pub entries: u64,
    /// The head as it is noted.
    pub head: ledger::Head,
    /// Whether every entry is as it was written.
    pub ok: bool,
    /// The first one that is not.
    pub first_broken: Option<FirstBroken>,
}

/// A walk along one chain; entries are pushed in the order of their numbers.
#[derive(Debug)]
pub struct Walk {
    committee: CommitteeId,
    chain: Chain,
    verifier: Verifier,
    entries: u64,
}

impl Walk {
    /// A walk that begins before the first entry and holds each against the seal noted of it.
    pub fn new(committee: CommitteeId, chain: Chain, noted: &Checkpoints) -> Self {
        let verifier = Verifier::new(ledger::Head::START);
        Self {
            committee,
            chain,
            verifier: noted
                .of(committee, chain)
                .fold(verifier, Verifier::checkpoint),
            entries: 0,
        }
    }

    /// The next entry; says whether the chain is whole up to it.
    pub fn push(&mut self, link: &Link) -> bool {
        self.entries += 1;
        self.verifier.push(link).is_ok()
    }

    /// The end of the chain, held against its noted head.
    pub fn finish(self, head: ledger::Head) -> ChainReport {
        let outcome = self.verifier.finish(Some((head.seq, head.hash)));
        ChainReport {
            committee_id: self.committee,
            chain: self.chain,
            entries: self.entries,
            head,
            ok: outcome.is_ok(),
            first_broken: outcome.err().map(FirstBroken::from),
        }
    }
}

/// Walks one chain as it is stored, and holds it against the seals noted of it elsewhere.
pub async fn verify(
    db: &Db,
    committee: CommitteeId,
    chain: Chain,
    noted: &Checkpoints,
) -> Result<ChainReport> {
    let strange = form::strange(db.read(), committee, chain).await?;
    let db = db.read();
    let mut walk = Walk::new(committee, chain, noted);
    let mut last = None;
    loop {
        let more = walk_page(db, &mut walk, &strange, &mut last).await?;
        if more {
            continue;
        }
        // The head is read after the entries: it is committed with its entry, so that it can be
        // ahead of what was read, and then there is more to read, but never behind.
        let head = head(db, committee, chain).await?;
        let behind = last.map_or(0, number) < head.seq;
        if behind && walk_page(db, &mut walk, &strange, &mut last).await? {
            continue;
        }
        return Ok(walk.finish(head));
    }
}

/// Reads and pushes one page; says whether there may be more to read.
async fn walk_page(
    db: &DatabaseConnection,
    walk: &mut Walk,
    strange: &HashSet<i64>,
    last: &mut Option<i64>,
) -> Result<bool> {
    let links = match links(db, walk, *last, PAGE).await {
        Err(error) if form::is_unreadable(&error) => up_to_unreadable(db, walk, *last).await?,
        links => links?,
    };
    for (seq, mut link) in links.iter().copied() {
        if strange.contains(&seq) {
            link.computed = NO_SEAL;
        }
        if !walk.push(&link) {
            return Ok(false);
        }
        *last = Some(seq);
    }
    Ok(!links.is_empty())
}

async fn links(
    db: &DatabaseConnection,
    walk: &Walk,
    last: Option<i64>,
    most: u64,
) -> Result<Vec<(i64, Link)>, DbErr> {
    Ok(match walk.chain {
        Chain::Facts => facts(db, walk.committee, last, most)
            .await?
            .iter()
            .map(|row| (row.seq, fact_link(row)))
            .collect(),
        Chain::Audit => audits(db, walk.committee, last, most)
            .await?
            .iter()
            .map(|row| (row.seq, audit_link(row)))
            .collect(),
    })
}

/// The entries one by one, and in the place of the first that cannot be read one that is broken.
async fn up_to_unreadable(
    db: &DatabaseConnection,
    walk: &Walk,
    mut last: Option<i64>,
) -> Result<Vec<(i64, Link)>> {
    let mut readable = Vec::new();
    loop {
        match links(db, walk, last, 1).await {
            Ok(one) => {
                let Some((seq, _)) = one.first() else {
                    return Ok(readable);
                };
                last = Some(*seq);
                readable.extend(one);
            }
            Err(error) if form::is_unreadable(&error) => {
                let seq = last.unwrap_or(0) + 1;
                let broken = Link {
                    seq: number(seq),
                    prev: NO_SEAL,
                    hash: Hash::GENESIS,
                    computed: NO_SEAL,
                };
                readable.push((seq, broken));
                return Ok(readable);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The noted end of a chain; that of an empty one where none is noted.
pub async fn head(
    db: &DatabaseConnection,
    committee: CommitteeId,
    chain: Chain,
) -> Result<ledger::Head> {
    let row = ledger_head::Entity::of(committee)
        .filter(ledger_head::Column::Chain.eq(chain.as_str()))
        .one(db)
        .await?;
    Ok(row.map_or(ledger::Head::START, |row| ledger::Head {
        seq: number(row.seq),
        hash: stored(&row.hash),
    }))
}

/// The facts after entry `last`, or from the first, at most so many.
pub async fn facts(
    db: &DatabaseConnection,
    committee: CommitteeId,
    last: Option<i64>,
    most: u64,
) -> Result<Vec<fact::Model>, DbErr> {
    fact::Entity::of(committee)
        .apply_if(last, |query, last| query.filter(fact::Column::Seq.gt(last)))
        .order_by_asc(fact::Column::Seq)
        .limit(most)
        .all(db)
        .await
}

/// The audit entries after entry `last`, or from the first, at most so many.
pub async fn audits(
    db: &DatabaseConnection,
    committee: CommitteeId,
    last: Option<i64>,
    most: u64,
) -> Result<Vec<audit::Model>, DbErr> {
    audit::Entity::of(committee)
        .apply_if(last, |query, last| {
            query.filter(audit::Column::Seq.gt(last))
        })
        .order_by_asc(audit::Column::Seq)
        .limit(most)
        .all(db)
        .await
}

/// The seals of the entries after entry `last` as they are stored, at most a page.
pub async fn seals(
    db: &DatabaseConnection,
    committee: CommitteeId,
    chain: Chain,
    last: i64,
) -> Result<Vec<(i64, String)>, DbErr> {
    match chain {
        Chain::Facts => {
            let after = fact::Entity::of(committee).filter(fact::Column::Seq.gt(last));
            let columns = after
                .select_only()
                .columns([fact::Column::Seq, fact::Column::Hash]);
            let ordered = columns.order_by_asc(fact::Column::Seq).limit(PAGE);
            ordered.into_tuple().all(db).await
        }
        Chain::Audit => {
            let after = audit::Entity::of(committee).filter(audit::Column::Seq.gt(last));
            let columns = after
                .select_only()
                .columns([audit::Column::Seq, audit::Column::Hash]);
            let ordered = columns.order_by_asc(audit::Column::Seq).limit(PAGE);
            ordered.into_tuple().all(db).await
        }
    }
}

/// A fact as the verifier sees it.
pub fn fact_link(row: &fact::Model) -> Link {
    let prev = stored(&row.prev_hash);
    Link {
        seq: number(row.seq),
        prev,
        hash: stored(&row.hash),
        computed: seal_fact(row, prev),
    }
}

/// An audit entry as the verifier sees it.
pub fn audit_link(row: &audit::Model) -> Link {
    let prev = stored(&row.prev_hash);
    Link {
        seq: number(row.seq),
        prev,
        hash: stored(&row.hash),
        computed: seal_audit(row, prev),
    }
}

/// A seal that no entry has.
const NO_SEAL: Hash = Hash([0xff; 32]);

fn number(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}

/// A hash as it is stored. A text that is none was put there by somebody else; it becomes one that
/// no entry has, so that the verifier stops at it.
fn stored(text: &str) -> Hash {
    text.parse().unwrap_or(NO_SEAL)
}
