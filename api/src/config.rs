//! What an operator sets: defaults, then a TOML file, then `XINGDONG__SECTION__KEY` in the
//! environment.
//!
//! A secret may be given as a file by appending `_file` to its key. Unknown keys are refused, and
//! secrets print as `***`.

pub mod menu;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::content::ContentPolicy;
use domain::follower::Topic;
use domain::notice::NoticePurpose;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use wechat::callback::Mode;

/// A text that is never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Everything an operator sets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the service listens.
    #[serde(default)]
    pub server: Server,
    /// Where data is kept.
    pub database: Database,
    /// Shared counts for several nodes.
    #[serde(default)]
    pub redis: Redis,
    /// Tokens.
    pub auth: Auth,
    /// Encryption of fields.
    pub crypto: Crypto,
    /// WeChat.
    #[serde(default)]
    pub wechat: Wechat,
    /// Background work.
    #[serde(default)]
    pub jobs: Jobs,
    /// Log.
    #[serde(default)]
    pub log: Log,
}

/// Where the service listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port.
    pub bind: String,
    /// Worker threads; 0 means one per core.
    pub workers: usize,
    /// Asked for as a bearer token by `/metrics`; without it the endpoint answers 404.
    pub metrics_token: Option<Secret>,
    /// How many seconds a node goes on serving after SIGTERM, while `/readyz` tells that it leaves,
    /// before it closes its port: longer than whoever shares out the requests takes to notice.
    pub drain_seconds: u64,
    /// How many seconds running requests may take after that.
    pub shutdown_seconds: u64,
    /// Proxies whose `X-Forwarded-For` is believed; without them everybody behind one shares its
    /// address, and the limits that go by address.
    pub trusted_proxies: Vec<std::net::IpAddr>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1:8080".to_owned(),
            workers: 0,
            metrics_token: None,
            drain_seconds: 5,
            shutdown_seconds: 15,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Where data is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:FILE` or `postgres://…`. A secret, because it may hold a password.
    pub url: Secret,
    /// Connections to PostgreSQL.
    #[serde(default = "default_connections")]
    pub max_connections: u32,
    /// A standby of PostgreSQL that reports are read from.
    #[serde(default)]
    pub replica: Option<Replica>,
}

/// A standby that answers reports and statistics, never what decides something.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replica {
    /// `postgres://…`.
    pub url: Secret,
    /// Further behind than this the database itself is asked.
    #[serde(default = "default_behind")]
    pub most_behind_seconds: u64,
}

const fn default_behind() -> u64 {
    10
}

const fn default_connections() -> u32 {
    16
}

/// Shared counts for several nodes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redis {
    /// `redis://…`; without it counts are kept in memory.
    pub url: Option<Secret>,
    /// Stands before every key, so that several services can share one Redis.
    pub prefix: String,
}

impl Default for Redis {
    fn default() -> Self {
        Self {
            url: None,
            prefix: "xingdong".to_owned(),
        }
    }
}

/// Tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// HS256 keys of at least 32 bytes, base64; the first signs, all verify.
    pub keys: Vec<SigningKey>,
    /// `iss` of our tokens.
    #[serde(default = "default_issuer")]
    pub issuer: String,
    /// Seconds an access token lives.
    #[serde(default = "default_access_seconds")]
    pub access_seconds: u32,
    /// Days a session lives at most.
    #[serde(default = "default_session_days")]
    pub session_days: u32,
}

fn default_issuer() -> String {
    "xingdong".to_owned()
}

const fn default_access_seconds() -> u32 {
    900
}

const fn default_session_days() -> u32 {
    30
}

/// One HS256 key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    /// `kid` in the token.
    pub id: String,
    /// Base64 of at least 32 bytes.
    pub secret: Secret,
}

/// Encryption of fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crypto {
    /// AES-256 keys; the first seals, all open.
    pub field_keys: Vec<FieldKey>,
    /// Base64 of 32 bytes; changing it makes every phone number unfindable.
    pub index_key: Secret,
}

/// One AES-256 key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldKey {
    /// Stored in front of what it sealed.
    pub id: u8,
    /// Base64 of 32 bytes.
    pub secret: Secret,
}

/// WeChat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wechat {
    /// Base URL of the server API.
    pub base_url: String,
    /// Where the pictures of codes are shown, which phones fetch.
    pub mp_url: String,
    /// Where somebody is asked for his consent in a web page.
    pub open_url: String,
    /// Where WeChat reaches this service, such as `https://station.example.org`, without a slash
    /// at its end; `xingdong check-config` asks the callback address of every account there.
    pub public_url: Option<String>,
    /// Whether what members write and upload is held against WeChat's rules: `open` shows it until
    /// somebody hides it, `closed` hides it from other members until it is found clean or kept by
    /// the office, `off` asks nothing.
    pub content_check: ContentPolicy,
    /// The pages of the mini-program that replies and menus of official accounts lead to.
    pub pages: Pages,
    /// The mini-program and the official accounts.
    pub apps: Vec<WechatApp>,
}

impl Default for Wechat {
    fn default() -> Self {
        Self {
            base_url: wechat::client::API_HOST.to_owned(),
            mp_url: wechat::client::MP_HOST.to_owned(),
            open_url: wechat::client::OPEN_HOST.to_owned(),
            public_url: None,
            content_check: ContentPolicy::Open,
            pages: Pages::default(),
            apps: Vec::new(),
        }
    }
}

/// What an app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// The mini-program members use.
    MiniProgram,
    /// A station's official account (服务号), which can send template messages.
    OfficialAccount,
}

/// One app at WeChat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatApp {
    /// `AppID`.
    pub app_id: String,
    /// `AppSecret`.
    pub secret: Secret,
    /// What it is.
    pub kind: AppKind,
    /// The code of the committee it belongs to.
    pub committee: String,
    /// How it is called, in replies and lists; the name of its station unless told.
    #[serde(default)]
    pub name: Option<String>,
    /// How its console was told to push. What a request says of itself is not believed.
    #[serde(default = "safe")]
    pub callback_mode: Mode,
    /// Callback token.
    #[serde(default)]
    pub token: Option<Secret>,
    /// `EncodingAESKey`.
    #[serde(default)]
    pub aes_key: Option<Secret>,
    /// The `EncodingAESKey` before the current one.
    #[serde(default)]
    pub previous_aes_key: Option<Secret>,
    /// The account's own id (`gh_…`), checked against `ToUserName`.
    #[serde(default)]
    pub original_id: Option<String>,
    /// Templates of an official account's template messages, by purpose.
    #[serde(default)]
    pub templates: BTreeMap<NoticePurpose, Template>,
    /// Templates of subscription messages, by purpose: each message uses up one agreement of its
    /// reader.
    #[serde(default)]
    pub subscriptions: BTreeMap<NoticePurpose, Template>,
    /// The menu of an official account, one to three buttons; a usual one unless told.
    #[serde(default)]
    pub menu: Vec<menu::Button>,
}

const fn safe() -> Mode {
    Mode::Safe
}

/// Pages of the mini-program, without a slash in front.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pages {
    /// Where members check in.
    pub check_in: String,
    /// Where they ask for leave.
    pub leave: String,
    /// Where they read their score.
    pub score: String,
    /// What is coming.
    pub activities: String,
    /// Where they link an official account; `?link=` and a token are put behind it.
    pub link: String,
    /// What phones open that cannot open a mini-program.
    pub fallback_url: String,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            check_in: "pages/check-in/index".to_owned(),
            leave: "pages/leave/index".to_owned(),
            score: "pages/score/index".to_owned(),
            activities: "pages/activity/list".to_owned(),
            link: "pages/link/index".to_owned(),
            fallback_url: "https://mp.weixin.qq.com".to_owned(),
        }
    }
}

impl Pages {
    /// The page of a topic; help is a text and has none.
    pub fn of(&self, topic: Topic) -> Option<&str> {
        match topic {
            Topic::CheckIn => Some(&self.check_in),
            Topic::Leave => Some(&self.leave),
            Topic::Score => Some(&self.score),
            Topic::Activities => Some(&self.activities),
            Topic::Link => Some(&self.link),
            Topic::Help => None,
        }
    }
}

/// A message template of one account for one purpose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// WeChat's `template_id`.
    pub template_id: String,
    /// Template key (such as `thing1`) to our own name of the value (such as `title`).
    pub fields: BTreeMap<String, String>,
    /// Of a subscription: whether one agreement is good for every message (长期订阅), which WeChat
    /// grants for public services.
    #[serde(default)]
    pub long_term: bool,
}

/// Background work.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// Whether `serve` does it too; `worker` always does.
    pub in_serve: bool,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { in_serve: true }
    }
}

/// Log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Which lines, in the syntax of `RUST_LOG`.
    pub filter: String,
    /// JSON lines, or short lines for a person.
    pub json: bool,
    /// Where a collector takes spans by OTLP over HTTP, such as `http://127.0.0.1:4318`; refused by
    /// a program that was built without the feature `otlp`.
    pub otlp_endpoint: Option<String>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            json: true,
            otlp_endpoint: None,
        }
    }
}

impl Config {
    /// Reads the configuration and names everything that is missing or wrong.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        Self::from_value(Self::read(file)?)
    }

    /// What file and environment say, before it is held against what there is to say; files of
    /// secrets are not opened yet.
    pub fn read(file: Option<&Path>) -> Result<Value> {
        let mut builder = config::Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        builder
            .add_source(
                config::Environment::with_prefix("XINGDONG")
                    .prefix_separator("__")
                    .separator("__")
                    .try_parsing(true),
            )
            .build()
            .context("configuration unreadable")?
            .try_deserialize()
            .context("configuration unreadable")
    }

    /// Checks a configuration that is already read.
    pub fn from_value(mut value: Value) -> Result<Self> {
        read_secret_files(&mut value)?;
        let missing: Vec<_> = [
            "database.url",
            "auth.keys",
            "crypto.field_keys",
            "crypto.index_key",
        ]
        .into_iter()
        .filter(|path| {
            value
                .pointer(&format!("/{}", path.replace('.', "/")))
                .is_none()
        })
        .collect();
        if !missing.is_empty() {
            bail!(
                "configuration is missing: {}. See docs/runbook.md, and `xingdong config-example`",
                missing.join(", ")
            );
        }
        let config: Self = serde_path_to_error::deserialize(value).map_err(|error| {
            anyhow::anyhow!("configuration at `{}`: {}", error.path(), error.inner())
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        self.signing_keys()?;
        self.field_keys()?;
        self.index_key()?;
        if self.database.replica.is_some() && self.database.url.reveal().starts_with("sqlite:") {
            bail!("configuration at `database.replica`: only PostgreSQL has replicas");
        }
        if self.auth.access_seconds == 0 || self.auth.access_seconds > 900 {
            bail!(
                "configuration at `auth.access_seconds`: 1 to 900, because revocation must not wait longer"
            );
        }
        if self.log.otlp_endpoint.is_some() && !cfg!(feature = "otlp") {
            bail!(
                "configuration at `log.otlp_endpoint`: this program was built without the feature otlp"
            );
        }
        for app in &self.wechat.apps {
            if app.token.is_some() != app.aes_key.is_some() {
                bail!(
                    "configuration of wechat app {}: token and aes_key belong together",
                    app.app_id
                );
            }
            menu::check(&app.menu)
                .with_context(|| format!("configuration of wechat app {}", app.app_id))?;
        }
        Ok(())
    }

    /// The HS256 keys, decoded.
    pub fn signing_keys(&self) -> Result<Vec<(String, Vec<u8>)>> {
        if self.auth.keys.is_empty() {
            bail!("configuration at `auth.keys`: at least one key");
        }
        self.auth
            .keys
            .iter()
            .map(|key| {
                let secret =
                    decode(&key.secret).with_context(|| format!("auth.keys {}", key.id))?;
                if secret.len() < 32 {
                    bail!("auth.keys {}: at least 32 bytes", key.id);
                }
                Ok((key.id.clone(), secret))
            })
            .collect()
    }

    /// The field keys, decoded.
    pub fn field_keys(&self) -> Result<Vec<(u8, [u8; 32])>> {
        if self.crypto.field_keys.is_empty() {
            bail!("configuration at `crypto.field_keys`: at least one key");
        }
        let key = |key: &FieldKey| {
            Ok((
                key.id,
                key_of_32(&key.secret).with_context(|| format!("crypto.field_keys {}", key.id))?,
            ))
        };
        self.crypto.field_keys.iter().map(key).collect()
    }

    /// The index key, decoded.
    pub fn index_key(&self) -> Result<[u8; 32]> {
        key_of_32(&self.crypto.index_key).context("crypto.index_key")
    }
}

/// A configuration to begin with, with keys drawn at this moment.
pub fn example() -> String {
    let key = || STANDARD.encode(crate::crypto::random::<32>());
    include_str!("../config.example.toml")
        .replace("@KEY1@", &key())
        .replace("@KEY2@", &key())
        .replace("@KEY3@", &key())
}

fn decode(secret: &Secret) -> Result<Vec<u8>> {
    STANDARD
        .decode(secret.reveal().trim())
        .map_err(|_| anyhow::anyhow!("not base64"))
}

fn key_of_32(secret: &Secret) -> Result<[u8; 32]> {
    decode(secret)?
        .try_into()
        .map_err(|_| anyhow::anyhow!("not 32 bytes"))
}

/// The files of secrets that a configuration names, `x_file` for each secret `x`.
pub fn secret_files(value: &Value) -> Vec<PathBuf> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, inner)| match inner {
                Value::String(path) if key.ends_with("_file") => vec![PathBuf::from(path)],
                inner => secret_files(inner),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(secret_files).collect(),
        _ => Vec::new(),
    }
}

/// Puts the content of `x_file` where `x` is expected.
fn read_secret_files(value: &mut Value) -> Result<()> {
    match value {
        Value::Object(map) => {
            let files: Vec<_> = map
                .keys()
                .filter(|key| key.ends_with("_file"))
                .cloned()
                .collect();
            for key in files {
                let path = map[&key]
                    .as_str()
                    .with_context(|| format!("configuration at `{key}`: a path"))?
                    .to_owned();
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("secret file of `{key}` unreadable"))?;
                map.remove(&key);
                map.insert(
                    key.trim_end_matches("_file").to_owned(),
                    Value::String(text.trim_end().to_owned()),
                );
            }
            map.values_mut().try_for_each(read_secret_files)
        }
        Value::Array(items) => items.iter_mut().try_for_each(read_secret_files),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn minimal() -> Value {
        let key = STANDARD.encode([7; 32]);
        json!({
            "database": { "url": "sqlite:test.sqlite" },
            "auth": { "keys": [{ "id": "a", "secret": key }] },
            "crypto": { "field_keys": [{ "id": 1, "secret": key }], "index_key": key },
        })
    }

    #[test]
    fn without_configuration_everything_missing_is_named_at_once() {
        let error = Config::from_value(json!({})).unwrap_err().to_string();
        for key in [
            "database.url",
            "auth.keys",
            "crypto.field_keys",
            "crypto.index_key",
        ] {
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn the_example_is_a_configuration_and_no_two_have_the_same_keys() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("xingdong.toml");
        std::fs::write(&path, example()).unwrap();

        let config = Config::load(Some(&path)).unwrap();

        assert_eq!(config.wechat.base_url, Wechat::default().base_url);
        assert_ne!(example(), example());
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let mut value = minimal();
        value["server"] = json!({ "bnid": "127.0.0.1:1" });
        assert!(
            Config::from_value(value)
                .unwrap_err()
                .to_string()
                .contains("bnid")
        );
    }

    #[test]
    fn a_replica_is_postgresql_s() {
        let mut value = minimal();
        value["database"]["replica"] = json!({ "url": "postgres://replica/xingdong" });
        let refusal = Config::from_value(value.clone()).unwrap_err().to_string();
        assert!(refusal.contains("database.replica"), "{refusal}");

        value["database"]["url"] = json!("postgres://primary/xingdong");
        let replica = Config::from_value(value).unwrap().database.replica;
        assert_eq!(replica.unwrap().most_behind_seconds, 10);
    }

    #[test]
    fn a_collector_is_refused_by_a_program_that_could_not_tell_it_anything() {
        let mut value = minimal();
        value["log"] = json!({ "otlp_endpoint": "http://127.0.0.1:4318" });
        assert_eq!(Config::from_value(value).is_ok(), cfg!(feature = "otlp"));
    }

    #[test]
    fn secrets_do_not_print() {
        let config = Config::from_value(minimal()).unwrap();
        let text = format!("{config:?}");
        assert!(
            !text.contains(&STANDARD.encode([7; 32])) && !text.contains("test.sqlite"),
            "{text}"
        );
    }

    #[test]
    fn a_secret_can_come_from_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        std::fs::write(&path, format!("{}\n", STANDARD.encode([9; 32]))).unwrap();
        let mut value = minimal();
        value["crypto"]["index_key_file"] = json!(path);
        value["crypto"].as_object_mut().unwrap().remove("index_key");
        assert_eq!(
            Config::from_value(value).unwrap().index_key().unwrap(),
            [9; 32]
        );
    }
}
