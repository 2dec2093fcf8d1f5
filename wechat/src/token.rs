//! The access token of one app: fetched once for all who wait, used for five minutes, replaced
//! when refused.
//!
//! `stable_token` hands every caller the same token with its remaining life, so processes need no
//! lock between them. Who sends what with a token is left to [`crate::account`].

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::client::{App, Body, Client, Request};
use crate::error::{Endpoint, Error};
use crate::lenient;

/// A token is asked for again after this, because WeChat changes it five minutes before its end
/// and promises that whatever it hands out lives at least as long.
const USE_FOR: TimeDelta = TimeDelta::seconds(300);

/// A token is not used in the last of its life.
const MARGIN: TimeDelta = TimeDelta::seconds(60);

/// How long a token that could not be renewed is served before the next try.
const RENEW_AGAIN: TimeDelta = TimeDelta::seconds(30);

/// How long nothing is sent after a fresh token was refused.
pub const CIRCUIT: TimeDelta = TimeDelta::seconds(60);

/// A future that fits into a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A place where processes share the tokens of their apps. Its failures are its own: a token that
/// cannot be stored is used all the same, and a place that does not answer within a second is
/// passed over.
pub trait SharedTokens: Send + Sync {
    /// The token last stored under this name: the id of an app, with a suffix for its tickets.
    fn load<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<SharedToken>>;
    /// Keeps a token for the other processes, in place of what is there.
    fn store<'a>(&'a self, name: &'a str, token: SharedToken) -> BoxFuture<'a, ()>;
}

/// A token and the times it is good for.
#[derive(Clone, Debug)]
pub struct SharedToken {
    /// The token.
    pub text: SecretString,
    /// When WeChat handed it out.
    pub fetched_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

impl SharedToken {
    fn use_until(&self) -> DateTime<Utc> {
        (self.fetched_at + USE_FOR).min(self.expires_at - MARGIN)
    }
}

/// A token lent to one call.
#[derive(Clone, Debug)]
pub struct Lease {
    token: SharedToken,
    generation: u64,
    fetched_here: bool,
}

impl Lease {
    /// The token, for the query of the call.
    pub fn expose(&self) -> &str {
        self.token.text.expose_secret()
    }
}

/// The token of one app.
#[derive(Debug)]
pub struct TokenSource {
    app: Arc<App>,
    client: Client,
    state: Mutex<State>,
    /// Fetches that have ended, so that whoever waited for a failed one shares its failure
    /// instead of waiting for his own.
    fetches: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    generation: u64,
    circuit: Option<DateTime<Utc>>,
    last_failure: Option<Error>,
}

#[derive(Clone, Debug)]
struct Held {
    token: SharedToken,
    use_until: DateTime<Utc>,
    generation: u64,
    /// Not so if another process fetched and shared it.
    fetched_here: bool,
}

impl Held {
    fn lease(&self) -> Lease {
        Lease {
            token: self.token.clone(),
            generation: self.generation,
            fetched_here: self.fetched_here,
        }
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    #[serde(deserialize_with = "lenient::int")]
    expires_in: i64,
}

impl TokenSource {
    /// A source that has fetched nothing yet.
    pub fn new(app: Arc<App>, client: Client) -> Self {
        Self {
            app,
            client,
            state: Mutex::default(),
            fetches: AtomicU64::new(0),
        }
    }

    /// A token to call with.
    ///
    /// One caller fetches, the others wait for it. If a fetch fails, a token that still lives is
    /// served on.
    pub async fn get(&self) -> Result<Lease, Error> {
        let seen = self.fetches.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now = self.client.now();
        state.refuse_while_open(now)?;
        if let Some(held) = &state.held
            && now < held.use_until
        {
            return Ok(held.lease());
        }
        if let Some(token) = self.shared(now, None).await {
            return Ok(state.hold(token, false).lease());
        }
        self.renew(&mut state, seen).await
    }

    /// A token in place of one that was refused.
    ///
    /// If somebody has replaced it already, his token is taken: the refusal of a slow call must
    /// not throw away a fresh token.
    pub async fn replace(&self, refused: &Lease) -> Result<Lease, Error> {
        let seen = self.fetches.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now = self.client.now();
        state.refuse_while_open(now)?;
        if let Some(held) = &state.held {
            if held.generation != refused.generation {
                return Ok(held.lease());
            }
            state.held = None;
        }
        if let Some(token) = self.shared(now, Some(refused)).await {
            return Ok(state.hold(token, false).lease());
        }
        self.renew(&mut state, seen).await
    }

    /// Notes that the replacement was refused as well.
    ///
    /// If it came fresh from WeChat, then app and token do not belong together, and asking on
    /// would only use up quota: the circuit opens. What another process shared may merely be old,
    /// so the next call fetches for itself.
    pub async fn refused_again(&self, refused: &Lease) {
        let mut state = self.state.lock().await;
        let replaced = state
            .held
            .as_ref()
            .is_some_and(|held| held.generation != refused.generation);
        if replaced {
            return;
        }
        state.held = None;
        if refused.fetched_here {
            let until = self.client.now() + CIRCUIT;
            tracing::error!(app_id = self.app.app_id, %until, "WeChat refuses fresh tokens");
            state.circuit = Some(until);
        }
    }

    /// What other processes have; in place of a refused token only one that is younger.
    async fn shared(&self, now: DateTime<Utc>, refused: Option<&Lease>) -> Option<SharedToken> {
        let token = self.client.load_shared(&self.app.app_id).await?;
        let younger = refused.is_none_or(|lease| {
            lease.expose() != token.text.expose_secret()
                && lease.token.fetched_at < token.fetched_at
        });
        (younger && now < token.use_until()).then_some(token)
    }

    /// Fetches while everybody else waits for the lock on `state`.
    async fn renew(&self, state: &mut State, seen: u64) -> Result<Lease, Error> {
        if self.fetches.load(Ordering::Acquire) != seen
            && let Some(error) = &state.last_failure
        {
            return Err(error.clone());
        }
        let fetched = self.fetch().await;
        self.fetches.fetch_add(1, Ordering::Release);
        match fetched {
            Ok(token) => {
                state.last_failure = None;
                let lease = state.hold(token.clone(), true).lease();
                self.client.store_shared(&self.app.app_id, token).await;
                Ok(lease)
            }
            Err(error) => {
                let now = self.client.now();
                if let Some(held) = &mut state.held
                    && now < held.token.expires_at
                {
                    tracing::warn!(app_id = self.app.app_id, %error, "serving the token at hand");
                    held.use_until = now + RENEW_AGAIN.min(held.token.expires_at - now);
                    return Ok(held.lease());
                }
                state.last_failure = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn fetch(&self) -> Result<SharedToken, Error> {
        // The life is counted from before the call, so a slow answer makes it shorter, not longer.
        let fetched_at = self.client.now();
        let answer = self
            .client
            .send(Request {
                endpoint: Endpoint::StableToken,
                base_url: &self.app.base_url,
                query: Vec::new(),
                body: Body::Json(serde_json::json!({
                    "grant_type": "client_credential",
                    "appid": self.app.app_id,
                    "secret": self.app.secret.expose_secret(),
                })),
            })
            .await?;
        let granted: Granted = answer.json()?;
        let life = TimeDelta::try_seconds(granted.expires_in).unwrap_or(TimeDelta::zero());
        Ok(SharedToken {
            text: granted.access_token,
            fetched_at,
            expires_at: fetched_at + life,
        })
    }
}

impl State {
    fn refuse_while_open(&mut self, now: DateTime<Utc>) -> Result<(), Error> {
        match self.circuit {
            Some(until) if now < until => Err(Error::CircuitOpen { until }),
            _ => {
                self.circuit = None;
                Ok(())
            }
        }
    }

    fn hold(&mut self, token: SharedToken, fetched_here: bool) -> &Held {
        self.generation += 1;
        let use_until = token.use_until();
        let generation = self.generation;
        self.held.insert(Held {
            token,
            use_until,
            generation,
            fetched_here,
        })
    }
}
