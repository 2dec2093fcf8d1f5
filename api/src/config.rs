//! What an operator sets: defaults, then a TOML file, then `XINGDONG__SECTION__KEY` in the
//! environment.
//!
//! A secret may be given as a file by appending `_file` to its key. Unknown keys are refused, and
//! secrets print as `***`.

pub mod menu;
mod secret;
mod wechat;

use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

pub use secret::{Secret, secret_files};
pub use wechat::{AppKind, Pages, Template, Wechat, WechatApp};

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
    /// Which lines: a level, and levels by target behind it, such as `info,sqlx=warn`.
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
        secret::read_files(&mut value)?;
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
                let secret = key
                    .secret
                    .decoded()
                    .with_context(|| format!("auth.keys {}", key.id))?;
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
                key.secret
                    .key()
                    .with_context(|| format!("crypto.field_keys {}", key.id))?,
            ))
        };
        self.crypto.field_keys.iter().map(key).collect()
    }

    /// The index key, decoded.
    pub fn index_key(&self) -> Result<[u8; 32]> {
        self.crypto.index_key.key().context("crypto.index_key")
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
