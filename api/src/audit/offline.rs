//! `xingdong audit verify`: the proof from the command line, of a database or of an export.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::ids::CommitteeId;
use domain::ledger;
use entity::committee;
use sea_orm::{EntityTrait, QueryOrder};

use super::chain::{self, Chain, ChainReport, Walk};
use super::checkpoint::Checkpoints;
use super::export::Line;
use crate::db::Db;

/// What the proof is made from.
#[derive(Debug)]
pub enum Source<'a> {
    /// The chains of every committee in a database.
    Database(&'a Db),
    /// A file made by the export of the audit log.
    Export(&'a Path),
}

/// What was found, chain by chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Each chain.
    pub chains: Vec<ChainReport>,
}

impl Report {
    /// Whether every entry of every chain is as it was written.
    pub fn ok(&self) -> bool {
        self.chains.iter().all(|chain| chain.ok)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chain in &self.chains {
            let (committee, name) = (chain.committee_id, chain.chain.as_str());
            write!(f, "{committee} {name}: ")?;
            match &chain.first_broken {
                None => writeln!(f, "ok, {} entries, head {}", chain.entries, chain.head.hash)?,
                Some(broken) => {
                    writeln!(
                        f,
                        "BROKEN at entry {}: {} ({})",
                        broken.seq, broken.why, broken.detail
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// Proves that nothing was changed, or names the first entry of each chain that was.
///
/// # Errors
/// When the source cannot be read; a changed entry is no error but part of the report.
pub async fn verify(source: Source<'_>) -> Result<Report> {
    verify_against(source, &Checkpoints::none()).await
}

/// The same, and holds every chain against the seals that were noted of it elsewhere.
///
/// # Errors
/// When the source cannot be read; a changed entry is no error but part of the report.
pub async fn verify_against(source: Source<'_>, noted: &Checkpoints) -> Result<Report> {
    let mut report = match source {
        Source::Database(db) => database(db, noted).await?,
        Source::Export(path) => export(path, noted)?,
    };
    let found: HashSet<_> = report
        .chains
        .iter()
        .map(|found| (found.committee_id, found.chain))
        .collect();
    // A committee whose chains are gone altogether is found here.
    let gone = noted.chains().filter(|chain| !found.contains(chain));
    report.chains.extend(
        gone.map(|(committee, chain)| {
            Walk::new(committee, chain, noted).finish(ledger::Head::START)
        }),
    );
    Ok(report)
}

async fn database(db: &Db, noted: &Checkpoints) -> Result<Report> {
    let mut chains = Vec::new();
    for committee in committee::Entity::find()
        .order_by_asc(committee::Column::Code)
        .all(db.read())
        .await?
    {
        for chain in Chain::ALL {
            let report = chain::verify(db, committee.id, chain, noted).await;
            chains.push(report.map_err(|error| {
                error
                    .cause
                    .unwrap_or_else(|| anyhow::anyhow!("{}", error.code.as_str()))
            })?);
        }
    }
    Ok(Report { chains })
}

fn export(path: &Path, noted: &Checkpoints) -> Result<Report> {
    let file =
        std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut walks: BTreeMap<(CommitteeId, Chain), (ledger::Head, Walk)> = BTreeMap::new();
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let place = || format!("line {number} of {}", path.display());
        let line: Line = serde_json::from_str(&line.with_context(place)?).with_context(place)?;
        let (committee, chain, entry) = match line {
            Line::Head(head) => {
                let walk = Walk::new(head.committee_id, head.chain, noted);
                let noted = ledger::Head {
                    seq: head.seq,
                    hash: head.hash,
                };
                let earlier = walks.insert((head.committee_id, head.chain), (noted, walk));
                if earlier.is_some() {
                    bail!("{}: a second head of the same chain", place());
                }
                continue;
            }
            Line::Fact(line) => (
                line.committee_id,
                Chain::Facts,
                chain::fact_link(&line.into()),
            ),
            Line::Audit(line) => (
                line.committee_id,
                Chain::Audit,
                chain::audit_link(&line.into()),
            ),
        };
        match walks.get_mut(&(committee, chain)) {
            Some((_, walk)) => walk.push(&entry),
            None => bail!(
                "{}: an entry of a chain whose head is not in the file",
                place()
            ),
        };
    }
    if walks.is_empty() {
        bail!("{} holds no chain", path.display());
    }
    Ok(Report {
        chains: walks
            .into_values()
            .map(|(head, walk)| walk.finish(head))
            .collect(),
    })
}
