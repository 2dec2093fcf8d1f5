//! The one HTTP client that talks to WeChat, and how its answers are read.
//!
//! Tokens and retries are left to [`crate::token`] and [`crate::account`].

use std::error::Error as _;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::endpoint::{AppKind, Endpoint};
use crate::error::{ApiError, Cause, Error};
use crate::lenient;
use crate::multipart::Form;
use crate::token::{SharedToken, SharedTokens};

/// WeChat's own host for calls.
pub const API_HOST: &str = "https://api.weixin.qq.com";

/// WeChat's own host for the pictures of codes.
pub const MP_HOST: &str = "https://mp.weixin.qq.com";

/// WeChat's own host for the page that asks a person for consent.
pub const OPEN_HOST: &str = "https://open.weixin.qq.com";

/// More than ten thousand openids on one page, less than what would hurt us.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// The longest we wait for the place where tokens are shared: everybody who sends waits with us.
const SHARING: Duration = Duration::from_secs(1);

/// Tells the time, so that tests can.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// An app as its console shows it: a mini-program or an official account.
#[derive(Clone, Debug)]
pub struct App {
    /// `wx…`.
    pub app_id: String,
    /// The `AppSecret`.
    pub secret: SecretString,
    /// What the app is. Calls WeChat does not open to that kind are refused before they leave; if
    /// it is not stated, WeChat refuses them itself with 48001.
    pub kind: Option<AppKind>,
    /// [`API_HOST`], an egress proxy or the simulator.
    pub base_url: String,
    /// [`MP_HOST`], or whatever shows the pictures of codes in its place.
    pub mp_url: String,
    /// [`OPEN_HOST`], or whatever asks for consent in its place.
    pub open_url: String,
}

impl App {
    /// An app at WeChat's own hosts whose kind is not stated.
    pub fn new(app_id: &str, secret: SecretString) -> Self {
        Self {
            app_id: app_id.to_owned(),
            secret,
            kind: None,
            base_url: API_HOST.to_owned(),
            mp_url: MP_HOST.to_owned(),
            open_url: OPEN_HOST.to_owned(),
        }
    }
}

/// How the client behaves.
#[derive(Clone)]
pub struct Options {
    /// The longest a whole call may take.
    pub timeout: Duration,
    /// The longest a call may take that uploads a file.
    pub upload_timeout: Duration,
    /// The longest a connection may take.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept. WeChat closes its end early, so not above 10 s.
    pub pool_idle: Duration,
    /// The time.
    pub clock: Clock,
    /// Where processes share their tokens, if they do.
    pub shared_tokens: Option<Arc<dyn SharedTokens>>,
}

impl Options {
    /// The usual limits: 5 s for a call, 30 s for an upload, 2 s to connect, 5 s idle, tokens of
    /// our own.
    pub fn new(clock: Clock) -> Self {
        Self {
            timeout: Duration::from_secs(5),
            upload_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(2),
            pool_idle: Duration::from_secs(5),
            clock,
            shared_tokens: None,
        }
    }
}

/// Talks to WeChat; cheap to clone, one for all apps.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    upload_timeout: Duration,
    clock: Clock,
    shared_tokens: Option<Arc<dyn SharedTokens>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

/// What a call says besides its query. With a body it is a POST, without one a GET.
#[derive(Clone)]
pub(crate) enum Body {
    Nothing,
    Json(Value),
    Form(Form),
}

/// What is asked of WeChat.
pub(crate) struct Request<'a> {
    pub endpoint: Endpoint,
    pub base_url: &'a str,
    pub query: Vec<(&'a str, &'a str)>,
    pub body: Body,
}

/// An answer with a good status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub endpoint: Endpoint,
    pub body: Vec<u8>,
}

/// A picture WeChat drew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg` or `image/png`.
    pub media_type: &'static str,
    /// The picture.
    pub bytes: Vec<u8>,
}

impl Client {
    /// Builds the client. It follows no redirect, retries nothing and ignores proxies of the
    /// environment: the way out is [`App::base_url`].
    pub fn new(options: Options) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .timeout(options.timeout)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(options.pool_idle.min(Duration::from_secs(10)))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .build()
            .map_err(|error| Error::Setup(in_full(error)))?;
        Ok(Self {
            http,
            upload_timeout: options.upload_timeout,
            clock: options.clock,
            shared_tokens: options.shared_tokens,
        })
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// What other processes have under this name. A place that does not answer has nothing.
    pub(crate) async fn load_shared(&self, name: &str) -> Option<SharedToken> {
        let shared = self.shared_tokens.as_deref()?;
        let loaded = tokio::time::timeout(SHARING, shared.load(name)).await;
        loaded.unwrap_or_else(|_| {
            tracing::warn!("the store of shared tokens does not answer");
            None
        })
    }

    /// Keeps a token for other processes; if that fails it is still used here.
    pub(crate) async fn store_shared(&self, name: &str, token: SharedToken) {
        let Some(shared) = self.shared_tokens.as_deref() else {
            return;
        };
        if tokio::time::timeout(SHARING, shared.store(name, token))
            .await
            .is_err()
        {
            tracing::warn!("the store of shared tokens does not answer");
        }
    }

    /// Sends one request, once.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Answer, Error> {
        let Request {
            endpoint,
            base_url,
            query,
            body,
        } = request;
        let url = format!("{}{}", base_url.trim_end_matches('/'), endpoint.path());
        // A whole buffer makes reqwest state its length; without one WeChat answers 412.
        let whole = |content_type: String, bytes: Vec<u8>| {
            let builder = self.http.post(&url).header(CONTENT_TYPE, content_type);
            builder.body(bytes)
        };
        let builder = match body {
            // The text stays raw UTF-8: `\u` escapes are refused with 40033.
            Body::Json(json) => whole("application/json".to_owned(), json.to_string().into_bytes()),
            Body::Form(form) => {
                whole(form.content_type(), form.into_bytes()).timeout(self.upload_timeout)
            }
            Body::Nothing => self.http.get(&url),
        };
        let ambiguous = |cause| Error::Ambiguous { endpoint, cause };

        let response = builder.query(&query).send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                Error::NotSent {
                    endpoint,
                    cause: Cause::Connect(in_full(error)),
                }
            } else {
                ambiguous(broken(error))
            }
        })?;
        let status = response.status();
        if status.is_client_error() {
            return Err(Error::Rejected {
                endpoint,
                status: status.as_u16(),
            });
        }
        if !status.is_success() {
            return Err(ambiguous(Cause::Status(status.as_u16())));
        }
        let body = read_body(response).await.map_err(ambiguous)?;
        Ok(Answer { endpoint, body })
    }
}

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, Cause> {
    let zipped = response
        .headers()
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if ANSWER_LIMIT < body.len() + chunk.len() {
            return Err(Cause::TooLong {
                limit: ANSWER_LIMIT,
            });
        }
        body.extend_from_slice(&chunk);
    }
    if zipped { unzip(&body) } else { Ok(body) }
}

/// We never ask for gzip, yet some egress proxies send it.
fn unzip(body: &[u8]) -> Result<Vec<u8>, Cause> {
    let limit = ANSWER_LIMIT as u64;
    let mut plain = Vec::new();
    GzDecoder::new(body)
        .take(limit + 1)
        .read_to_end(&mut plain)
        .map_err(|_| Cause::Unreadable)?;
    if ANSWER_LIMIT < plain.len() {
        return Err(Cause::TooLong {
            limit: ANSWER_LIMIT,
        });
    }
    Ok(plain)
}

/// Reads the body of an answer as every call does, for tools that look at recorded ones.
pub fn read_answer<T: DeserializeOwned>(endpoint: Endpoint, body: &[u8]) -> Result<T, Error> {
    let body = body.to_vec();
    Answer { endpoint, body }.json()
}

impl Answer {
    /// Reads the body as JSON whatever its content type says; an `errcode` other than 0 is a
    /// refusal, none is success.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let value: Value = serde_json::from_slice(&self.body).map_err(|_| self.unreadable())?;
        let code = value.get("errcode").and_then(lenient::as_int).unwrap_or(0);
        if code != 0 {
            let errmsg = value
                .get("errmsg")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let error = ApiError::new(self.endpoint, code, errmsg);
            tracing::debug!(%error, message = error.message, "refused by WeChat");
            return Err(error.into());
        }
        serde_json::from_value(value).map_err(|_| self.unreadable())
    }

    /// The picture in the body. WeChat reports errors as JSON with status 200 in its place.
    pub(crate) fn picture(&self) -> Result<Picture, Error> {
        let media_type = match self.body.as_slice() {
            [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            _ => {
                let () = self.json::<Value>().map(drop)?;
                return Err(self.unreadable());
            }
        };
        Ok(Picture {
            media_type,
            bytes: self.body.clone(),
        })
    }

    /// What an answer that breaks off or makes no sense leaves us with: doubt.
    pub(crate) fn unreadable(&self) -> Error {
        Error::Ambiguous {
            endpoint: self.endpoint,
            cause: Cause::Unreadable,
        }
    }
}

fn broken(error: reqwest::Error) -> Cause {
    if error.is_timeout() {
        Cause::TimedOut
    } else {
        Cause::Broken(in_full(error))
    }
}

/// An error and what caused it, without the address: its query holds the token or the secret.
fn in_full(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
