//! What WeChat pushes to us: checked, opened and read, without a network or a table.
//!
//! Whether a push is new, and what follows from it, is the caller's business: store it under
//! [`Push::dedupe_key`], commit, answer `success`, act later.

mod event;
mod message;
pub mod reply;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::crypto::{CryptError, MessageCrypt};

pub use event::{Event, JobOutcome, SubscribeAnswer, SubscribeSent};
pub use message::{Fields, Format, ParseError};

/// The longest body that is looked at.
pub const BODY_LIMIT: usize = 256 * 1024;

/// How far the clock of a request may be from ours.
pub const FRESH: TimeDelta = TimeDelta::minutes(5);

/// How an account was configured to push. It is our configuration and never read out of a
/// request, else a forged plain request with an overheard signature would pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Bodies in the clear. Their signature does not cover the body.
    Plain,
    /// Bodies in the clear beside an envelope; only the envelope is read.
    Compat,
    /// Envelopes only.
    Safe,
}

/// One address WeChat pushes to.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Token and keys of the account.
    pub crypt: MessageCrypt,
    /// How the account pushes.
    pub mode: Mode,
    /// The account's own `gh_…`, if a push for another account is to be refused.
    pub to_user_name: Option<String>,
}

/// The query of a callback.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Query {
    /// Signs time stamp and nonce.
    pub signature: Option<String>,
    /// Seconds since 1970.
    pub timestamp: Option<String>,
    /// Random digits.
    pub nonce: Option<String>,
    /// Signs time stamp, nonce and envelope.
    pub msg_signature: Option<String>,
    /// `aes` or `raw`. Not believed: see [`Mode`].
    pub encrypt_type: Option<String>,
    /// The person, unsigned. Not believed.
    pub openid: Option<String>,
    /// What the check of an address wants to read back.
    pub echostr: Option<String>,
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query")
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

/// A push that came from WeChat and is for this account.
#[derive(Clone, PartialEq, Eq)]
pub struct Push {
    /// What happened.
    pub event: Event,
    /// The openid of the person.
    pub from_user_name: String,
    /// The `gh_…` of the account.
    pub to_user_name: String,
    /// Seconds since 1970; pushes come in any order, so compare by this.
    pub create_time: i64,
    /// `text`, `event` and so on, as WeChat wrote it.
    pub msg_type: String,
    /// The same for every delivery of the same push: hex SHA-256.
    pub dedupe_key: String,
    /// The key that opened the envelope, to answer with: see [`crate::crypto::Opened::key`].
    pub key: usize,
    /// How it was written; an answer is written alike.
    pub format: Format,
    /// Everything the push said.
    pub fields: Fields,
}

impl Push {
    /// Whether something happened, rather than that somebody wrote.
    pub fn is_event(&self) -> bool {
        self.msg_type.eq_ignore_ascii_case("event")
    }
}

/// Why a callback was turned away. None of it is worth telling the sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// The body is longer than [`BODY_LIMIT`].
    #[error("the body has {length} bytes")]
    TooLong {
        /// Its bytes.
        length: usize,
    },
    /// A parameter of the query is absent.
    #[error("the query lacks {0}")]
    Missing(&'static str),
    /// The time stamp is no number.
    #[error("the time stamp is no number")]
    Timestamp,
    /// The request is too old, or from the future.
    #[error("the request is of {at}")]
    Stale {
        /// Its time stamp.
        at: DateTime<Utc>,
    },
    /// The signature or the envelope is wrong.
    #[error(transparent)]
    Crypt(#[from] CryptError),
    /// The body, or what its envelope held, is not what WeChat writes.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The push is for another account.
    #[error("the push is for another account")]
    OtherAccount,
}

/// Checks, opens and reads a pushed body.
pub fn open(
    config: &Endpoint,
    query: &Query,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Push, CallbackError> {
    if BODY_LIMIT < body.len() {
        return Err(CallbackError::TooLong { length: body.len() });
    }
    let (timestamp, nonce) = fresh(query, now)?;

    let ((fields, format), key) = match config.mode {
        Mode::Plain => {
            let given = query
                .signature
                .as_deref()
                .ok_or(CallbackError::Missing("signature"))?;
            config.crypt.verify(timestamp, nonce, None, given)?;
            (Fields::parse(body)?, 0)
        }
        // Of a compat body the fields in the clear are unsigned, so they are never read.
        Mode::Compat | Mode::Safe => {
            let given = query
                .msg_signature
                .as_deref()
                .ok_or(CallbackError::Missing("msg_signature"))?;
            let (envelope, _) = Fields::parse(body)?;
            let encrypt = envelope
                .text("Encrypt")
                .ok_or(ParseError::Missing("Encrypt"))?;
            config
                .crypt
                .verify(timestamp, nonce, Some(encrypt), given)?;
            let opened = config.crypt.open(encrypt)?;
            (Fields::parse(&opened.plaintext)?, opened.key)
        }
    };
    read(config, fields, format, key)
}

/// Answers WeChat's check of our address: the body to send back, as `text/plain`.
pub fn verify_url(
    config: &Endpoint,
    query: &Query,
    now: DateTime<Utc>,
) -> Result<String, CallbackError> {
    fresh(query, now)?;
    Ok(config.crypt.verify_url(query)?)
}

fn fresh(query: &Query, now: DateTime<Utc>) -> Result<(&str, &str), CallbackError> {
    let timestamp = query
        .timestamp
        .as_deref()
        .ok_or(CallbackError::Missing("timestamp"))?;
    let nonce = query
        .nonce
        .as_deref()
        .ok_or(CallbackError::Missing("nonce"))?;
    let at = timestamp
        .parse()
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .ok_or(CallbackError::Timestamp)?;
    if FRESH < (now - at).abs() {
        return Err(CallbackError::Stale { at });
    }
    Ok((timestamp, nonce))
}

fn read(
    config: &Endpoint,
    fields: Fields,
    format: Format,
    key: usize,
) -> Result<Push, CallbackError> {
    let required = |name| {
        fields
            .text(name)
            .filter(|text| !text.is_empty())
            .ok_or(ParseError::Missing(name))
    };
    let to_user_name = required("ToUserName")?.to_owned();
    let from_user_name = required("FromUserName")?.to_owned();
    let msg_type = required("MsgType")?.to_owned();
    let create_time = fields
        .int("CreateTime")
        .ok_or(ParseError::Missing("CreateTime"))?;
    if config
        .to_user_name
        .as_ref()
        .is_some_and(|ours| *ours != to_user_name)
    {
        return Err(CallbackError::OtherAccount);
    }
    let event = Event::read(&msg_type, &fields);
    let dedupe_key = event::dedupe_key(config.crypt.app_id(), &fields);
    Ok(Push {
        event,
        from_user_name,
        to_user_name,
        create_time,
        msg_type,
        dedupe_key,
        key,
        format,
        fields,
    })
}
