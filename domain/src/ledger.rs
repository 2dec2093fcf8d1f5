//! The chain that makes a changed, deleted, swapped or cut-off history show (reliability.md §3).
//!
//! An entry is sealed by the SHA-256 of a canonical form in which its number and the seal of the
//! entry before are contained. Storing entries, signing checkpoints and keeping them elsewhere is
//! left to others: without a checkpoint kept elsewhere no chain can prove that it was not
//! rewritten from end to end.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::ids::CommitteeId;

/// Keeps these seals apart from every other hash, and names the form below.
const DOMAIN: &str = "xingdong/ledger/v1";

/// The algorithm, inside what it seals: a later one cannot be passed off as this one.
const ALGORITHM: &str = "sha-256";

/// The seal of an entry. In JSON and in text 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first entry of a chain follows.
    pub const GENESIS: Self = Self([0; 32]);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Text that is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAHash;

impl fmt::Display for NotAHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hash is 64 lower-case hexadecimal digits")
    }
}

impl std::error::Error for NotAHash {}

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digit = |letter: u8| match letter {
            b'0'..=b'9' => Ok(letter - b'0'),
            b'a'..=b'f' => Ok(letter - b'a' + 10),
            _ => Err(NotAHash),
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(NotAHash);
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

impl serde::Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "utoipa")]
impl utoipa::PartialSchema for Hash {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[0-9a-f]{64}$"))
            .description(Some("SHA-256 in lower-case hexadecimal"))
            .build()
            .into()
    }
}

#[cfg(feature = "utoipa")]
impl utoipa::ToSchema for Hash {}

/// What an entry says and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Which chain, such as `audit` or `facts`.
    pub chain: &'a str,
    /// Whose chain.
    pub committee: CommitteeId,
    /// Its number: the first entry has 1 and there are no gaps.
    pub seq: u64,
    /// The seal of the entry before, [`Hash::GENESIS`] for the first.
    pub prev: Hash,
    /// When it was made. Sealed to the microsecond, which is what every database gives back.
    pub at: DateTime<Utc>,
    /// What it says: names and bytes, in an order that the chain never changes.
    pub fields: &'a [(&'a str, &'a [u8])],
}

/// The seal of an entry.
///
/// Every part carries its length, so that no byte can move from one field into its neighbour, and
/// the number of fields is stated, so that none can be added at the end.
pub fn seal(entry: &Entry<'_>) -> Hash {
    let mut canonical = Canonical(Sha256::new());
    canonical.part(DOMAIN.as_bytes());
    canonical.part(ALGORITHM.as_bytes());
    canonical.part(entry.chain.as_bytes());
    canonical.part(entry.committee.0.as_bytes());
    canonical.part(&entry.seq.to_be_bytes());
    canonical.part(&entry.prev.0);
    canonical.part(&entry.at.timestamp_micros().to_be_bytes());
    canonical.length(entry.fields.len());
    for (name, value) in entry.fields {
        canonical.part(name.as_bytes());
        canonical.part(value);
    }
    Hash(canonical.0.finalize().into())
}

struct Canonical(Sha256);

impl Canonical {
    fn length(&mut self, length: usize) {
        let length = u64::try_from(length).expect("no memory holds more than 2⁶⁴ bytes");
        self.0.update(length.to_be_bytes());
    }

    fn part(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.update(bytes);
    }
}

/// One entry as the verifier sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number as stored.
    pub seq: u64,
    /// The seal before it as stored.
    pub prev: Hash,
    /// Its seal as stored.
    pub hash: Hash,
    /// Its seal computed again with [`seal`] from what is stored.
    pub computed: Hash,
}

/// The last entry of a chain, or of the part that was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Head {
    /// Its number; 0 where there is no entry.
    pub seq: u64,
    /// Its seal.
    pub hash: Hash,
}

impl Head {
    /// A chain without entries.
    pub const START: Self = Self {
        seq: 0,
        hash: Hash::GENESIS,
    };
}

/// The first entry that is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its number.
    pub seq: u64,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Another number was due: an entry is missing, doubled or out of its place.
    Gap {
        /// The number that was due.
        expected: u64,
    },
    /// It does not follow the entry before, one of the two was exchanged.
    PrevMismatch,
    /// What it says is not what was sealed.
    HashMismatch,
    /// It is where the chain ends too soon.
    Truncated {
        /// The number up to which entries are known to have existed.
        expected: u64,
    },
    /// It differs from what was noted of it, as a checkpoint or as the head.
    HeadMismatch {
        /// The seal that was noted.
        expected: Hash,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: ", self.seq)?;
        match self.why {
            Why::Gap { expected } => write!(f, "entry {expected} was due here"),
            Why::PrevMismatch => f.write_str("does not follow the entry before"),
            Why::HashMismatch => f.write_str("the content is not what was sealed"),
            Why::Truncated { expected } => write!(f, "missing, there were {expected} entries"),
            Why::HeadMismatch { expected } => write!(f, "the seal noted for it is {expected}"),
        }
    }
}

impl std::error::Error for Broken {}

/// Reads a chain from its beginning, entry by entry, and stops at the first that is wrong.
#[derive(Clone, Debug)]
pub struct Verifier {
    head: Head,
    checkpoints: BTreeMap<u64, Hash>,
    broken: Option<Broken>,
}

impl Verifier {
    /// A verifier of what follows `start`: [`Head::START`], or a head verified before.
    pub const fn new(start: Head) -> Self {
        Self {
            head: start,
            checkpoints: BTreeMap::new(),
            broken: None,
        }
    }

    /// Also compare entry `noted.seq` with the seal noted for it outside the database. This is
    /// what finds a chain rewritten from end to end and an older backup put back.
    pub fn checkpoint(mut self, noted: Head) -> Self {
        self.checkpoints.insert(noted.seq, noted.hash);
        self
    }

    /// The next entry. After the first that is wrong the answer stays the same.
    pub fn push(&mut self, link: &Link) -> Result<(), Broken> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        if let Some(why) = self.fault(link) {
            return Err(self.stop(link.seq, why));
        }
        self.head = Head {
            seq: link.seq,
            hash: link.hash,
        };
        Ok(())
    }

    /// The end of the chain, which must be `expected_head` where that is known, and must reach
    /// every checkpoint.
    pub fn finish(mut self, expected_head: Option<(u64, Hash)>) -> Result<Head, Broken> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let last_noted = self.checkpoints.last_key_value().map_or(0, |(seq, _)| *seq);
        let due = expected_head.map_or(0, |(seq, _)| seq).max(last_noted);
        if self.head.seq < due {
            return Err(self.stop(self.head.seq + 1, Why::Truncated { expected: due }));
        }
        if let Some((seq, expected)) = expected_head
            && (seq, expected) != (self.head.seq, self.head.hash)
        {
            // An entry beyond the noted head is as foreign as another seal at it.
            let first_foreign = if seq < self.head.seq { seq + 1 } else { seq };
            return Err(self.stop(first_foreign, Why::HeadMismatch { expected }));
        }
        Ok(self.head)
    }

    fn fault(&self, link: &Link) -> Option<Why> {
        let due = self.head.seq.saturating_add(1);
        if link.seq != due {
            return Some(Why::Gap { expected: due });
        }
        if link.hash != link.computed {
            return Some(Why::HashMismatch);
        }
        if link.prev != self.head.hash {
            return Some(Why::PrevMismatch);
        }
        match self.checkpoints.get(&link.seq) {
            Some(noted) if *noted != link.hash => Some(Why::HeadMismatch { expected: *noted }),
            _ => None,
        }
    }

    fn stop(&mut self, seq: u64, why: Why) -> Broken {
        *self.broken.insert(Broken { seq, why })
    }
}

#[cfg(test)]
mod tests;
