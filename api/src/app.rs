//! The parts of the service, put together from what the operator set.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::access::{Standings, Tokens};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::Vault;
use crate::db::Db;
use crate::facts::Facts;
use crate::jobs::Halt;
use crate::rulebook::Schemes;
use crate::telemetry::Metrics;
use crate::wechat_apps::{NodeTokens, WechatApps};

/// Everything a handler needs.
#[derive(Debug)]
pub struct App {
    /// What the operator set.
    pub config: Config,
    /// What time it is.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// What may be lost.
    pub cache: Cache,
    /// Encrypted fields.
    pub vault: Vault,
    /// Access tokens.
    pub tokens: Tokens,
    /// Sessions looked up within the last second.
    pub standings: Standings,
    /// The mini-program and the official accounts.
    pub wechat_apps: WechatApps,
    /// Rulebooks made ready for computing.
    pub schemes: Schemes,
    /// The facts that were looked at lately.
    pub facts: Facts,
    /// Figures for the operator.
    pub metrics: Metrics,
    /// Wakes the worker of this node when a job was enqueued.
    pub work: tokio::sync::Notify,
    /// Whether the jobs of this node are to come to their end.
    pub halt: Halt,
    leaving: AtomicBool,
}

impl App {
    /// Opens the database and makes the parts. Nothing is asked of WeChat yet.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Arc<Self>> {
        let db = Db::open(&config.database).await.map_err(|error| {
            anyhow::anyhow!(
                "database does not open: {:#}",
                error.cause.unwrap_or_else(|| anyhow::anyhow!("unknown"))
            )
        })?;
        let cache = match &config.redis.url {
            Some(url) => Cache::redis(url.reveal(), &config.redis.prefix)
                .map_err(|_| anyhow::anyhow!("redis.url is not usable"))?,
            None => Cache::memory(),
        };
        let vault = || anyhow::Ok(Vault::new(&config.field_keys()?, config.index_key()?));
        let metrics = Metrics::default();
        let shared_tokens = NodeTokens::shared_through(&cache, vault()?, metrics.token_counter());
        Ok(Arc::new(Self {
            vault: vault()?,
            tokens: Tokens::new(
                &config.auth.issuer,
                config.auth.access_seconds,
                &config.signing_keys()?,
            ),
            standings: Standings::new(&db, &clock),
            wechat_apps: WechatApps::new(&config.wechat, &clock, Some(shared_tokens))?,
            schemes: Schemes::default(),
            facts: Facts::default(),
            metrics,
            work: tokio::sync::Notify::new(),
            halt: Halt::default(),
            leaving: AtomicBool::new(false),
            config,
            clock,
            db,
            cache,
        }))
    }

    /// Says that this node is about to stop: it goes on serving, is no longer ready, and asks whoever
    /// keeps a connection open to come back elsewhere.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Whether this node is about to stop.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Brings the tables up to date and makes the system's own chain.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        self.db.migrate(self.clock.now()).await
    }
}
