//! Rulebooks made ready for computing: the one the service ships with, and those that committees
//! adopted. Which of them is in force for whom is told elsewhere.

use std::sync::Arc;

use anyhow::Context;
use domain::score::{Rulebook, SIX_ONES, Scheme};
use moka::sync::Cache;

/// How many committees' versions are kept ready; others are made ready when they are asked for.
const KEPT: u64 = 256;

/// Schemes by the hash of the rulebook they are made of.
#[derive(Debug)]
pub struct Schemes {
    shipped: Ready,
    made: Cache<String, Arc<Scheme>>,
}

/// A scheme with the hash of its rulebook.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The hash of what the rulebook says.
    pub hash: String,
    /// The rulebook made ready.
    pub scheme: Arc<Scheme>,
}

impl Default for Schemes {
    fn default() -> Self {
        let rulebook = shipped();
        Self {
            shipped: Ready {
                hash: rulebook.hash().to_string(),
                scheme: Arc::new(Scheme::new(rulebook)),
            },
            made: Cache::new(KEPT),
        }
    }
}

impl Schemes {
    /// The shipped rulebook, by which a committee is assessed that has adopted none.
    pub fn shipped(&self) -> Ready {
        self.shipped.clone()
    }

    /// The scheme of a rulebook that was stored under this hash.
    ///
    /// # Errors
    /// When the text is no rulebook, which was ruled out before it was stored.
    pub fn of(&self, hash: &str, text: &str) -> anyhow::Result<Arc<Scheme>> {
        if let Some(scheme) = self.made.get(hash) {
            return Ok(scheme);
        }
        // Read and not checked again: what was adopted stays in force when checks become stricter.
        let rulebook: Rulebook =
            toml::from_str(text).with_context(|| format!("rulebook {hash} is unreadable"))?;
        let scheme = Arc::new(Scheme::new(rulebook));
        self.made.insert(hash.to_owned(), Arc::clone(&scheme));
        Ok(scheme)
    }
}

/// The six-ones default scheme, as shipped.
pub fn shipped() -> Rulebook {
    toml::from_str(SIX_ONES).expect("the shipped rulebook is tested")
}
