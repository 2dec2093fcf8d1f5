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

/// Where the nodes share their tokens, and each that is fetched is counted.
pub struct NodeTokens {
    cache: Cache,
    vault: Vault,
    fetched: Box<dyn Fn(&str) + Send + Sync>,
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
    /// A place that is shared if the cache is; `fetched` hears the name of every token fetched.
    pub fn shared_through(
        cache: &Cache,
        vault: Vault,
        fetched: impl Fn(&str) + Send + Sync + 'static,
    ) -> Arc<dyn SharedTokens> {
        Arc::new(Self {
            cache: cache.clone(),
            vault,
            fetched: Box::new(fetched),
        })
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
            (self.fetched)(name);
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
            fetched: Box::new(|_| {}),
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

    #[actix_web::test]
    async fn a_cache_that_is_not_shared_shares_nothing_and_what_is_fetched_is_counted() {
        let (say, heard) = std::sync::mpsc::channel();
        let vault = Vault::new(&[(1, [1; 32])], [9; 32]);
        let tokens = NodeTokens::shared_through(&Cache::memory(), vault, move |name| {
            say.send(name.to_owned()).unwrap();
        });
        let token = SharedToken {
            text: SecretString::from("the-token"),
            fetched_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(2),
        };

        tokens.store("wx1", token).await;

        assert!(tokens.load("wx1").await.is_none());
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["wx1"]);
    }
}
