//! What may be lost: counts for rate limits, in memory or in Redis, and what nodes share.
//!
//! Redis holds nothing that decides. When it does not answer within 200 ms the count goes on in
//! memory, and the service is right without it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::time::shanghai;
use moka::sync::Cache as Moka;
use redis::aio::ConnectionManager;

use crate::error::{ApiError, Result};

/// A window in which only so many requests of one kind are allowed.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Names what is limited.
    pub name: &'static str,
    /// How many.
    pub count: u32,
    /// In how many seconds.
    pub seconds: u32,
}

/// The limits of reliability.md §3.
pub mod limits {
    use super::Limit;

    /// Check-ins of one member.
    pub const CHECK_IN: Limit = Limit {
        name: "check_in",
        count: 10,
        seconds: 60,
    };
    /// Sign-in codes of one openid.
    pub const LOGIN: Limit = Limit {
        name: "login",
        count: 5,
        seconds: 60,
    };
    /// Attempts to bind of one account.
    pub const BIND: Limit = Limit {
        name: "bind",
        count: 3,
        seconds: 86_400,
    };
    /// Passwords tried from one address; a whole office shares one.
    pub const PASSWORD: Limit = Limit {
        name: "password",
        count: 60,
        seconds: 60,
    };
    /// Exports of one account.
    pub const EXPORT: Limit = Limit {
        name: "export",
        count: 5,
        seconds: 86_400,
    };
    /// Dossiers of their own that members take out.
    pub const OWN_EXPORT: Limit = Limit {
        name: "own_export",
        count: 5,
        seconds: 86_400,
    };
    /// Activities published by one convener.
    pub const PUBLISH: Limit = Limit {
        name: "publish",
        count: 5,
        seconds: 86_400,
    };
    /// Roster files uploaded by one account.
    pub const UPLOAD: Limit = Limit {
        name: "upload",
        count: 20,
        seconds: 3_600,
    };
    /// Refusals of strangers that are written to the audit log, from one address.
    pub const STRANGER: Limit = Limit {
        name: "stranger",
        count: 120,
        seconds: 60,
    };
}

/// Counts, in memory and, where configured, in Redis.
#[derive(Clone)]
pub struct Cache {
    counts: Moka<String, Arc<std::sync::atomic::AtomicU32>>,
    redis: Option<ConnectionManager>,
    prefix: String,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cache(redis: {})", self.redis.is_some())
    }
}

const REDIS_DEADLINE: Duration = Duration::from_millis(200);

impl Cache {
    /// Counts in memory only.
    pub fn memory() -> Self {
        let counts = Moka::builder()
            .max_capacity(200_000)
            .time_to_live(Duration::from_hours(25))
            .build();
        Self {
            counts,
            redis: None,
            prefix: String::new(),
        }
    }

    /// Counts shared through Redis, under keys that begin with `prefix`. Redis need not be there
    /// yet: it is reached when it is first asked, and again after it was away.
    pub fn redis(url: &str, prefix: &str) -> Result<Self> {
        let client = redis::Client::open(url).map_err(ApiError::internal)?;
        let config = redis::aio::ConnectionManagerConfig::new()
            .set_response_timeout(Some(REDIS_DEADLINE))
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_number_of_retries(1);
        let redis =
            ConnectionManager::new_lazy_with_config(client, config).map_err(ApiError::internal)?;
        Ok(Self {
            redis: Some(redis),
            prefix: prefix.to_owned(),
            ..Self::memory()
        })
    }

    /// Whether a shared cache is in use.
    pub fn is_shared(&self) -> bool {
        self.redis.is_some()
    }

    /// Whether Redis answers; without one nobody does.
    pub async fn answers(&self) -> bool {
        let Some(mut redis) = self.redis.clone() else {
            return false;
        };
        let ping = redis::cmd("PING");
        let answer = ping.query_async::<()>(&mut redis);
        matches!(
            tokio::time::timeout(REDIS_DEADLINE, answer).await,
            Ok(Ok(()))
        )
    }

    /// Counts one request of `subject` against `limit`.
    ///
    /// # Errors
    /// `rate_limited`, with the seconds until the window ends.
    pub async fn take(&self, limit: Limit, subject: &str, now: DateTime<Utc>) -> Result<()> {
        let (key, ends) = self.window(limit, subject, now);
        let count = match self.count_shared(&key, limit.seconds).await {
            Some(count) => count,
            None => self.count_here(key),
        };
        if count <= limit.count {
            Ok(())
        } else {
            Err(refusal(ends, now))
        }
    }

    /// Refuses when `subject` has used up `limit`, and counts nothing.
    ///
    /// For limits on attempts that fail: asked before the attempt is looked at, while
    /// [`Self::take`] counts it once it has failed.
    ///
    /// # Errors
    /// `rate_limited`, with the seconds until the window ends.
    pub async fn check(&self, limit: Limit, subject: &str, now: DateTime<Utc>) -> Result<()> {
        let (key, ends) = self.window(limit, subject, now);
        let count = match self.counted_shared(&key).await {
            Some(count) => count,
            None => self
                .counts
                .get(&key)
                .map_or(0, |count| count.load(std::sync::atomic::Ordering::Relaxed)),
        };
        if count < limit.count {
            Ok(())
        } else {
            Err(refusal(ends, now))
        }
    }

    /// Keeps bytes for the other nodes for so many seconds; without Redis there are none.
    pub async fn keep(&self, name: &str, bytes: &[u8], seconds: i64) {
        // An expiry of 0 would be none at all.
        let (Some(mut redis), 1..) = (self.redis.clone(), seconds) else {
            return;
        };
        let mut set = redis::cmd("SET");
        set.arg(self.name_kept(name)).arg(bytes);
        set.arg("EX").arg(seconds);
        let kept = tokio::time::timeout(REDIS_DEADLINE, set.query_async::<()>(&mut redis)).await;
        if !matches!(kept, Ok(Ok(()))) {
            tracing::warn!("redis keeps nothing; nodes do without each other");
        }
    }

    /// What some node kept under this name, while it lasts and Redis answers.
    pub async fn kept(&self, name: &str) -> Option<Vec<u8>> {
        let mut redis = self.redis.clone()?;
        let mut get = redis::cmd("GET");
        get.arg(self.name_kept(name));
        let kept = get.query_async::<Option<Vec<u8>>>(&mut redis);
        tokio::time::timeout(REDIS_DEADLINE, kept)
            .await
            .ok()?
            .ok()?
    }

    fn name_kept(&self, name: &str) -> String {
        format!("{}:kept:{name}", self.prefix)
    }

    async fn counted_shared(&self, key: &str) -> Option<u32> {
        let mut redis = self.redis.clone()?;
        let mut get = redis::cmd("GET");
        get.arg(key);
        // What goes wrong here is logged when the next attempt is counted.
        let count =
            tokio::time::timeout(REDIS_DEADLINE, get.query_async::<Option<u32>>(&mut redis)).await;
        count.ok()?.ok().map(Option::unwrap_or_default)
    }

    async fn count_shared(&self, key: &str, seconds: u32) -> Option<u32> {
        let mut redis = self.redis.clone()?;
        let script = redis::Script::new(
            "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n",
        );
        let mut count = script.key(key);
        count.arg(seconds);
        match tokio::time::timeout(REDIS_DEADLINE, count.invoke_async::<u32>(&mut redis)).await {
            Ok(Ok(count)) => Some(count),
            Ok(Err(error)) => {
                tracing::warn!(error = %error.category(), "redis refused; counting in memory");
                None
            }
            Err(_) => {
                tracing::warn!("redis is slow; counting in memory");
                None
            }
        }
    }

    fn count_here(&self, key: String) -> u32 {
        let count = self.counts.get_with(key, Arc::default);
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1
    }

    /// The key of the window in which `now` lies, and the second at which it ends. A day begins at
    /// midnight in Shanghai.
    fn window(&self, limit: Limit, subject: &str, now: DateTime<Utc>) -> (String, i64) {
        let (seconds, east) = (
            i64::from(limit.seconds),
            i64::from(shanghai().local_minus_utc()),
        );
        let window = (now.timestamp() + east).div_euclid(seconds);
        let key = format!("{}:limit:{}:{subject}:{window}", self.prefix, limit.name);
        (key, (window + 1) * seconds - east)
    }
}

fn refusal(ends: i64, now: DateTime<Utc>) -> ApiError {
    ApiError::rate_limited(u64::try_from(ends - now.timestamp()).unwrap_or(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn the_count_starts_again_with_the_next_window() {
        let cache = Cache::memory();
        let limit = Limit {
            name: "test",
            count: 2,
            seconds: 60,
        };
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();

        assert!(cache.take(limit, "a", at(0)).await.is_ok());
        assert!(cache.take(limit, "a", at(59)).await.is_ok());
        let refusal = cache.take(limit, "a", at(59)).await.unwrap_err();
        assert_eq!(refusal.retry_after, Some(1));
        assert!(cache.take(limit, "b", at(59)).await.is_ok());
        assert!(cache.take(limit, "a", at(60)).await.is_ok());
    }

    #[actix_web::test]
    async fn asking_whether_a_limit_is_used_up_counts_nothing() {
        let cache = Cache::memory();
        let limit = Limit {
            name: "test",
            count: 1,
            seconds: 60,
        };
        let at = DateTime::from_timestamp(0, 0).unwrap();

        for _ in 0..3 {
            assert!(cache.check(limit, "a", at).await.is_ok());
        }
        assert!(cache.take(limit, "a", at).await.is_ok());
        assert_eq!(
            cache.check(limit, "a", at).await.unwrap_err().retry_after,
            Some(60)
        );
        assert!(cache.check(limit, "b", at).await.is_ok());
    }
}
