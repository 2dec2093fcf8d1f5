//! What WeChat's refusals mean, and the ways a call can end without an answer.
//!
//! The classes say what to do; doing it (pausing a queue, asking for a new code) is left to the
//! caller. Nothing here repeats a token, a secret, an openid or the query of an address.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

pub use crate::endpoint::Endpoint;
use crate::endpoint::{AppKind, Credential};

/// What a refusal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The token is bad: fetch once, retry once. The account does this itself.
    Token,
    /// WeChat is busy and may have acted: retry what is idempotent, with backoff.
    Transient,
    /// The quota of this minute is used up.
    MinuteQuota,
    /// The quota of this day is used up until midnight in Beijing.
    DayQuota,
    /// Two sends to one user at once: one after the other.
    Serialise,
    /// This recipient cannot be reached: next channel, no retry.
    RecipientLasting,
    /// This recipient cannot be reached now: next channel or later.
    RecipientSituational,
    /// A one-time code is used, old or wrong: the client must ask for a new one.
    OneTimeCode,
    /// The session of the user is gone: he must sign in again.
    Session,
    /// The data is wrong and stays wrong.
    Data,
    /// The account or our configuration is at fault: pause the account, alarm once.
    Config,
    /// The content was refused: an operator decides.
    Content,
    /// WeChat is reviewing the message and will deliver it: wait, never resend.
    Pending,
    /// It was sent before: as good as success.
    Duplicate,
    /// Our program made a malformed request.
    Bug,
    /// A code nobody has told us about: permanent, to be read by a person.
    Unknown,
}

/// The class of a code. 40001 means a bad token on most calls, and a wrong secret on those that
/// carry the secret.
pub fn class_of(endpoint: Endpoint, code: i64) -> Class {
    match code {
        40001 if endpoint.credential() == Credential::Secret => Class::Config,
        40001 | 40014 | 42001 => Class::Token,
        -1 | 61450 | 9_001_002 | 45066 => Class::Transient,
        45011 | 44991 => Class::MinuteQuota,
        45009 | 45029 | 48006 => Class::DayQuota,
        43108 => Class::Serialise,
        40003 | 43004 | 43019 | 46004 | 48002 | 50005 | 65302 | 40226 => Class::RecipientLasting,
        43101 | 45015 | 45047 | 43117 | 61010 => Class::RecipientSituational,
        40029 | 40163 | 42003 | 41008 => Class::OneTimeCode,
        87007 | 87009 | 42007 => Class::Session,
        47003 | 40129 | 40169 | 41030 | 40097 | 45002 | 40033 | 40004 | 40007 | 40035 | 40132
        | 43104 | 45001 | 45067 | 76001 | 85096 => Class::Data,
        40002 | 40013 | 40125 | 40164 | 40243 | 40036 | 40037 | 41002 | 41004 | 45035 | 48001
        | 48004 | 48008 | 43106 | 43107 | 43116 | 45103 | 45109 | 45064 | 50001 | 50002 | 50004
        | 50007 | 61003 | 61004 | 61007 | 61024 | 89503 | 89506 | 89507 => Class::Config,
        87014 | 45168 | 40249 => Class::Content,
        40252 => Class::Pending,
        45065 => Class::Duplicate,
        41001 | 41005 | 43002 | 43003 | 44002 | 47001 => Class::Bug,
        _ => Class::Unknown,
    }
}

/// A refusal in WeChat's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{endpoint} refused with {code} ({class:?}){}", facts(.rid.as_deref(), .field.as_deref(), (.seen_ip).as_ref()))]
pub struct ApiError {
    /// The call that was refused.
    pub endpoint: Endpoint,
    /// WeChat's `errcode`.
    pub code: i64,
    /// What it asks for.
    pub class: Class,
    /// WeChat's number for this request; it can be asked about for seven days.
    pub rid: Option<String>,
    /// The template field a 47003 names.
    pub field: Option<String>,
    /// Our address as WeChat sees it, from a 40164: to be put on the allow list.
    pub seen_ip: Option<IpAddr>,
    /// WeChat's `errmsg` without the rid and without anything as long as an openid.
    pub message: String,
}

impl ApiError {
    /// Reads a refusal.
    pub fn new(endpoint: Endpoint, code: i64, errmsg: &str) -> Self {
        let (text, rid) = split_rid(errmsg);
        Self {
            endpoint,
            code,
            class: class_of(endpoint, code),
            rid,
            field: (code == 47003).then(|| named_field(text)).flatten(),
            seen_ip: (code == 40164).then(|| named_ip(text)).flatten(),
            message: without_long_words(text),
        }
    }
}

/// A limit WeChat documents, broken before anything was sent. It does not repeat the value, which
/// may be personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must hold {limit}")]
pub struct LimitError {
    /// The field, in WeChat's words, such as `button[0].name`.
    pub field: String,
    /// The rule in words.
    pub limit: &'static str,
}

impl LimitError {
    /// `Ok` while the rule is kept.
    pub(crate) fn unless(kept: bool, field: &str, limit: &'static str) -> Result<(), Self> {
        if kept {
            Ok(())
        } else {
            Err(Self {
                field: field.to_owned(),
                limit,
            })
        }
    }
}

/// Where a call broke off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// No connection: name, route or TLS.
    #[error("no connection: {0}")]
    Connect(String),
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke after the request had begun.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// A status no healthy WeChat answers with.
    #[error("status {0}")]
    Status(u16),
    /// An empty, cut-off or foreign body.
    #[error("an unreadable answer")]
    Unreadable,
    /// A body beyond all measure.
    #[error("an answer of more than {limit} bytes")]
    TooLong {
        /// What we read at most.
        limit: usize,
    },
}

/// How a call to WeChat failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The call did not leave this machine, or no token for it was to be had (the endpoint is
    /// then the token's): it may be tried again.
    #[error("{endpoint} was not sent: {cause}")]
    NotSent {
        /// The call.
        endpoint: Endpoint,
        /// Where it broke off.
        cause: Cause,
    },
    /// WeChat may have acted or not.
    #[error("{endpoint} may have been carried out: {cause}")]
    Ambiguous {
        /// The call.
        endpoint: Endpoint,
        /// Where it broke off.
        cause: Cause,
    },
    /// WeChat refused.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// WeChat's gateway refused the form of the request. 412 means it had no Content-Length. A
    /// fault of ours: no retry.
    #[error("{endpoint} was turned away with status {status}")]
    Rejected {
        /// The call.
        endpoint: Endpoint,
        /// The status.
        status: u16,
    },
    /// A token fresh from WeChat was refused a moment ago: nothing is sent before `until`.
    #[error("nothing is sent before {until}: a fresh token was refused")]
    CircuitOpen {
        /// When the next try is allowed.
        until: DateTime<Utc>,
    },
    /// The one-time code went out and no answer came: ask the client for a new one.
    #[error("{endpoint} may have used up its one-time code")]
    CodeMaybeBurnt {
        /// The call.
        endpoint: Endpoint,
    },
    /// A well-formed answer that cannot be believed.
    #[error("{endpoint} answered with {what}")]
    Unbelievable {
        /// The call.
        endpoint: Endpoint,
        /// What is wrong with it.
        what: &'static str,
    },
    /// What was asked breaks a limit: nothing was sent, and it never will be.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// WeChat does not open this call to apps of this kind, so nothing was sent.
    #[error("{endpoint} is not for a {kind:?}")]
    WrongKind {
        /// The call.
        endpoint: Endpoint,
        /// What the app is.
        kind: AppKind,
    },
    /// The HTTP client could not be built.
    #[error("no HTTP client: {0}")]
    Setup(String),
}

impl Error {
    /// WeChat's refusal, if it is one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The address WeChat saw us at, if it refused because that is not on its allow list.
    pub fn seen_ip(&self) -> Option<IpAddr> {
        self.api()?.seen_ip
    }

    /// Whether WeChat may have done what was asked although no success was seen.
    ///
    /// Such a template message may be tried again only with the same `client_msg_id` and within
    /// ten minutes of the first try; anything else must not be.
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            Self::Ambiguous { .. } | Self::CodeMaybeBurnt { .. } => true,
            Self::Api(error) => {
                // Without a token nothing was asked.
                error.endpoint != Endpoint::StableToken
                    && matches!(error.class, Class::Transient | Class::Unknown)
            }
            Self::NotSent { .. }
            | Self::Rejected { .. }
            | Self::CircuitOpen { .. }
            | Self::Unbelievable { .. }
            | Self::Limit(_)
            | Self::WrongKind { .. }
            | Self::Setup(_) => false,
        }
    }

    /// No token was to be had, so the call that needed it never left.
    pub(crate) fn before_the_call(self) -> Self {
        match self {
            Self::Ambiguous { endpoint, cause } => Self::NotSent { endpoint, cause },
            other => other,
        }
    }

    /// A one-time code that may have been received is lost.
    pub(crate) fn burning_the_code(self) -> Self {
        match self {
            Self::Ambiguous { endpoint, .. } => Self::CodeMaybeBurnt { endpoint },
            other => other,
        }
    }
}

fn facts(rid: Option<&str>, field: Option<&str>, seen_ip: Option<&IpAddr>) -> String {
    let fact = |name: &str, value: Option<&str>| {
        value
            .map(|value| format!(", {name} {value}"))
            .unwrap_or_default()
    };
    let seen_ip = seen_ip.map(ToString::to_string);
    fact("field", field) + &fact("our address", seen_ip.as_deref()) + &fact("rid", rid)
}

/// Takes `rid: xxxxxxxx-xxxxxxxx-xxxxxxxx` off the end; older texts end in `hint: [...]`.
fn split_rid(errmsg: &str) -> (&str, Option<String>) {
    if let Some((text, rid)) = errmsg.rsplit_once("rid:") {
        let rid = rid.trim();
        let well_formed = rid.len() <= 64
            && !rid.is_empty()
            && rid
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        return (text, well_formed.then(|| rid.to_owned()));
    }
    (errmsg.split("hint:").next().unwrap_or(errmsg), None)
}

/// `argument invalid! data.thing1.value is empty` names `thing1`.
fn named_field(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("data.")?;
    let field: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    (!field.is_empty() && field.len() <= 40).then_some(field)
}

/// `invalid ip 203.0.113.7 ipv6 …` names the address WeChat saw.
fn named_ip(text: &str) -> Option<IpAddr> {
    let (_, rest) = text.split_once("invalid ip")?;
    let word = rest.split_whitespace().next()?;
    word.trim_matches(',').parse().ok()
}

/// Openids, secrets and tokens have 28 characters and more; no word of an error text has.
fn without_long_words(text: &str) -> String {
    const LONGEST: usize = 26;
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().take(300).chain(std::iter::once(' ')) {
        if in_word(c) {
            word.push(c);
            continue;
        }
        if LONGEST < word.len() {
            out.push('…');
        } else {
            out.push_str(&word);
        }
        word.clear();
        out.push(c);
    }
    out.trim().trim_end_matches(',').to_owned()
}
