//! The access tokens of the apps, shared by the nodes through Redis.
//!
//! They are sealed: whoever reads Redis learns none, and cannot hand one app the token of another.
//! When Redis is away each node fetches for itself, which `stable_token` bears.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use wechat::token::{BoxFuture, SharedToken, SharedTokens};

use crate::cache::Cache;
use crate::crypto::Vault;

/// Where the nodes share their tokens.
#[derive(Debug)]
pub struct NodeTokens {
    cache: Cache,
    vault: Vault,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    text: String,
    fetched_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl NodeTokens {
    /// A shared place, if the cache is shared at all.
    pub fn new(cache: &Cache, vault: Vault) -> Option<Arc<dyn SharedTokens>> {
        let cache = cache.clone();
        cache
            .is_shared()
            .then(|| Arc::new(Self { cache, vault }) as Arc<dyn SharedTokens>)
    }

    fn seal(&self, name: &str, token: &SharedToken) -> Vec<u8> {
        let kept = Kept {
            name: name.to_owned(),
            text: token.text.expose_secret().to_owned(),
            fetched_at: token.fetched_at,
            expires_at: token.expires_at,
        };
        let plain = serde_json::to_vec(&kept).expect("texts and times are JSON");
        self.vault.seal(&plain)
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Option<SharedToken> {
        let plain = self.vault.open(sealed).ok()?;
        let kept: Kept = serde_json::from_slice(&plain).ok()?;
        (kept.name == name).then(|| SharedToken {
            text: SecretString::from(kept.text),
            fetched_at: kept.fetched_at,
            expires_at: kept.expires_at,
        })
    }
}

impl SharedTokens for NodeTokens {
    fn load<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<SharedToken>> {
        Box::pin(async move {
            let sealed = self.cache.kept(&format!("wechat:{name}")).await?;
            self.open(name, &sealed)
        })
    }

    fn store<'a>(&'a self, name: &'a str, token: SharedToken) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let seconds = (token.expires_at - token.fetched_at).num_seconds();
            let sealed = self.seal(name, &token);
            self.cache
                .keep(&format!("wechat:{name}"), &sealed, seconds)
                .await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_under_its_own_name_and_is_not_to_be_read() {
        let tokens = NodeTokens {
            cache: Cache::memory(),
            vault: Vault::new(&[(1, [1; 32])], [9; 32]),
        };
        let token = SharedToken {
            text: SecretString::from("the-token"),
            fetched_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(2),
        };

        let sealed = tokens.seal("wx1", &token);
        let opened = tokens.open("wx1", &sealed).unwrap();
        assert_eq!(opened.text.expose_secret(), "the-token");
        assert_eq!(opened.expires_at, token.expires_at);
        assert!(tokens.open("wx2", &sealed).is_none());
        assert!(!String::from_utf8_lossy(&sealed).contains("the-token"));
    }

    #[test]
    fn a_cache_that_is_not_shared_shares_nothing() {
        let vault = Vault::new(&[(1, [1; 32])], [9; 32]);
        assert!(NodeTokens::new(&Cache::memory(), vault).is_none());
    }
}
