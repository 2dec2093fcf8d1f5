//! Secrets of a configuration: never printed, and if the operator likes each in a file of its own.

use std::path::PathBuf;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

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

    /// The bytes that the text is in base64.
    pub(super) fn decoded(&self) -> Result<Vec<u8>> {
        STANDARD
            .decode(self.reveal().trim())
            .map_err(|_| anyhow::anyhow!("not base64"))
    }

    /// The 32 bytes that the text is in base64.
    pub(super) fn key(&self) -> Result<[u8; 32]> {
        self.decoded()?
            .try_into()
            .map_err(|_| anyhow::anyhow!("not 32 bytes"))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
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
pub(super) fn read_files(value: &mut Value) -> Result<()> {
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
            map.values_mut().try_for_each(read_files)
        }
        Value::Array(items) => items.iter_mut().try_for_each(read_files),
        _ => Ok(()),
    }
}
