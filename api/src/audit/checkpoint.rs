//! Checkpoints: what the seals of the chains were, noted in a file that is kept elsewhere.
//!
//! A chain proves that nothing was changed within it. That it was not rewritten from end to end,
//! cut off together with its head, or replaced by an older backup, only a witness can prove that
//! whoever holds the database does not hold. The file notes the seal of every entry, so that the
//! first one that is another is named exactly. A line can only be added by whoever has the key of
//! the index, so that the file may lie on another machine without becoming another authority.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use domain::ids::CommitteeId;
use domain::ledger::{Hash, Head};
use serde::{Deserialize, Serialize};

use super::chain::{self, Chain, PAGE};
use super::offline::{self, Report, Source};
use crate::crypto::{Vault, mac};
use crate::db::Db;
use crate::error::ApiError;
use crate::upkeep::{self, Upkeep};

/// What the key of the lines is derived for.
const PURPOSE: &str = "audit checkpoint v1";

/// The seals that were noted.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints {
    chains: BTreeMap<(CommitteeId, Chain), Vec<Hash>>,
}

/// A line of the file: the seals of the entries of one chain that follow those of the lines before.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    committee_id: CommitteeId,
    chain: Chain,
    /// How many entries the lines before have noted.
    after: u64,
    /// When this was noted.
    noted_at: DateTime<Utc>,
    /// The seals, one behind the other.
    seals: String,
    /// Proves that the line was written with our key.
    signature: Hash,
}

impl Line {
    fn signed(&self, vault: &Vault) -> Hash {
        let after = self.after.to_be_bytes();
        let parts: [&[u8]; 5] = [
            self.committee_id.0.as_bytes(),
            self.chain.as_str().as_bytes(),
            &after,
            &self.noted_at.timestamp_micros().to_be_bytes(),
            self.seals.as_bytes(),
        ];
        Hash(mac(&vault.derive(PURPOSE), &parts))
    }
}

impl Checkpoints {
    /// Nothing was noted.
    pub const fn none() -> Self {
        Self {
            chains: BTreeMap::new(),
        }
    }

    /// What a file notes. A file that is not there notes nothing.
    ///
    /// # Errors
    /// When the file cannot be read, when a line was not written with this key, or when one is
    /// missing between others.
    pub fn read(file: &Path, vault: &Vault) -> Result<Self> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", file.display()));
            }
        };
        let mut noted = Self::none();
        for (number, line) in (1..).zip(text.lines()) {
            let place = || format!("line {number} of {}", file.display());
            let line: Line = serde_json::from_str(line).with_context(place)?;
            if line.signature != line.signed(vault) {
                bail!("{}: not written with the key of this service", place());
            }
            let chain = noted
                .chains
                .entry((line.committee_id, line.chain))
                .or_default();
            if line.after != chain.len() as u64 {
                bail!("{}: a line before it is missing", place());
            }
            let (seals, rest) = line.seals.as_bytes().as_chunks::<64>();
            if !rest.is_empty() {
                bail!("{}: a seal has 64 digits", place());
            }
            for seal in seals {
                let seal = std::str::from_utf8(seal).with_context(place)?;
                chain.push(seal.parse().with_context(place)?);
            }
        }
        Ok(noted)
    }

    /// The chains of which something was noted.
    pub fn chains(&self) -> impl Iterator<Item = (CommitteeId, Chain)> {
        self.chains.keys().copied()
    }

    /// What was noted of a chain, entry by entry.
    pub fn of(&self, committee: CommitteeId, chain: Chain) -> impl Iterator<Item = Head> {
        let seals = self.chains.get(&(committee, chain));
        let seals = (1..).zip(seals.into_iter().flatten());
        seals.map(|(seq, hash)| Head { seq, hash: *hash })
    }

    fn count(&self, committee: CommitteeId, chain: Chain) -> u64 {
        let seals = self.chains.get(&(committee, chain));
        seals.map_or(0, |seals| seals.len() as u64)
    }
}

/// Proves the chains against what the file notes and adds what is new.
///
/// Of a history that does not agree nothing is noted: the report says what is wrong.
///
/// # Errors
/// When the file or the database cannot be read, or the file cannot be written.
pub async fn note(db: &Db, vault: &Vault, file: &Path, now: DateTime<Utc>) -> Result<Report> {
    let noted = Checkpoints::read(file, vault)?;
    let report = offline::verify_against(Source::Database(db), &noted).await?;
    if !report.ok() {
        return Ok(report);
    }
    let mut lines = String::new();
    for found in &report.chains {
        let (committee, chain) = (found.committee_id, found.chain);
        let after = noted.count(committee, chain);
        let seals = seals_between(db, committee, chain, after, found.head.seq).await?;
        if seals.is_empty() {
            continue;
        }
        let mut line = Line {
            committee_id: committee,
            chain,
            after,
            noted_at: now,
            seals,
            signature: Hash::GENESIS,
        };
        line.signature = line.signed(vault);
        let json = serde_json::to_string(&line)?;
        writeln!(lines, "{json}").expect("writing to a string does not fail");
    }
    let mut open = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    open.write_all(lines.as_bytes())?;
    open.sync_all()?;
    upkeep::note(db, Upkeep::Checkpoint, now, file).await;
    Ok(report)
}

async fn seals_between(
    db: &Db,
    committee: CommitteeId,
    chain: Chain,
    after: u64,
    until: u64,
) -> Result<String> {
    let mut last = i64::try_from(after)?;
    let mut text = String::new();
    loop {
        let page = chain::seals(db.read(), committee, chain, last)
            .await
            .map_err(ApiError::from)?;
        for (seq, seal) in &page {
            if until < u64::try_from(*seq)? {
                return Ok(text);
            }
            text.push_str(seal);
            last = *seq;
        }
        if (page.len() as u64) < PAGE {
            return Ok(text);
        }
    }
}
