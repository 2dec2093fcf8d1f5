//! Data the mini-program encrypts or signs with the user's `session_key`.
//!
//! We keep no `session_key` ourselves; this serves whoever holds one for the moment of a request.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::account::Account;
use crate::error::{Endpoint, Error};
use crate::lenient;

/// How old opened data may be, and how far ahead its clock may run.
pub const FRESH: TimeDelta = TimeDelta::minutes(10);

const BLOCK: usize = 16;

/// Why encrypted data was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserDataError {
    /// The key, the iv or the data is no base64.
    #[error("{0} is no base64")]
    Base64(&'static str),
    /// The `session_key` does not have 16 bytes.
    #[error("the session key has {length} bytes")]
    KeyLength {
        /// Its bytes.
        length: usize,
    },
    /// The iv does not have 16 bytes.
    #[error("the iv has {length} bytes")]
    IvLength {
        /// Its bytes.
        length: usize,
    },
    /// The data is empty or no whole number of blocks.
    #[error("the encrypted data has {length} bytes")]
    Length {
        /// Its bytes.
        length: usize,
    },
    /// The padding is broken: most often the `session_key` is an older one.
    #[error("the padding is broken, the session key may be stale")]
    Padding,
    /// What came out is no JSON in UTF-8 with a watermark.
    #[error("the decrypted data is no JSON with a watermark")]
    Content,
    /// The data was made for another app.
    #[error("the watermark names another app")]
    AppId,
    /// The data is too old or from the future.
    #[error("the watermark is of {at}")]
    Stale {
        /// When the data was made.
        at: DateTime<Utc>,
    },
}

#[derive(Deserialize)]
struct Marked {
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
    #[serde(deserialize_with = "lenient::int")]
    timestamp: i64,
}

/// Opens `encryptedData` and believes it only with a watermark of `app_id` made around `now`.
pub fn open_user_data(
    app_id: &str,
    session_key: &str,
    iv: &str,
    encrypted_data: &str,
    now: DateTime<Utc>,
) -> Result<Value, UserDataError> {
    let decode = |name, text: &str| {
        STANDARD
            .decode(text)
            .map_err(|_| UserDataError::Base64(name))
    };
    let key = decode("the session key", session_key)?;
    let iv = decode("the iv", iv)?;
    let mut data = decode("the encrypted data", encrypted_data)?;

    let key: [u8; BLOCK] = key
        .try_into()
        .map_err(|key: Vec<u8>| UserDataError::KeyLength { length: key.len() })?;
    let iv: [u8; BLOCK] = iv
        .try_into()
        .map_err(|iv: Vec<u8>| UserDataError::IvLength { length: iv.len() })?;
    let length = data.len();
    if length == 0 || !length.is_multiple_of(BLOCK) {
        return Err(UserDataError::Length { length });
    }
    let padded = cbc::Decryptor::<aes::Aes128>::new(&key.into(), &iv.into())
        .decrypt_padded::<NoPadding>(&mut data)
        .map_err(|_| UserDataError::Length { length })?;
    let plain = unpad(padded).ok_or(UserDataError::Padding)?;

    let value: Value = serde_json::from_slice(plain).map_err(|_| UserDataError::Content)?;
    let Marked { watermark } = Marked::deserialize(&value).map_err(|_| UserDataError::Content)?;
    if watermark.appid != app_id {
        return Err(UserDataError::AppId);
    }
    let at = DateTime::from_timestamp(watermark.timestamp, 0).ok_or(UserDataError::Content)?;
    if FRESH < (now - at).abs() {
        return Err(UserDataError::Stale { at });
    }
    Ok(value)
}

#[derive(Deserialize)]
struct Checked {
    /// The spelling is WeChat's.
    #[serde(default, alias = "valid", deserialize_with = "yes")]
    vaild: bool,
    #[serde(default, deserialize_with = "lenient::opt_int")]
    create_time: Option<i64>,
}

/// `true`, 1 or the same as a text.
fn yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value == true || value == "true" || lenient::as_int(&value) == Some(1))
}

impl Account {
    /// When WeChat encrypted this data for our mini-program, in seconds since 1970; none if it did
    /// not within the last three days.
    ///
    /// Only a hash of the data leaves the house.
    pub async fn encrypted_data_time(&self, encrypted_data: &str) -> Result<Option<i64>, Error> {
        let hash = hex::encode(Sha256::digest(encrypted_data));
        let body = serde_json::json!({ "encrypted_msg_hash": hash });
        let checked: Checked = self.post(Endpoint::CheckEncryptedMsg, body).await?;
        Ok(checked.create_time.filter(|_| checked.vaild))
    }
}

/// The `signature` beside `rawData`: hex SHA-1 of the data and the text of the session key.
pub fn raw_data_signature(raw_data: &str, session_key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(raw_data);
    hash.update(session_key);
    hex::encode(hash.finalize())
}

/// The signature of a session: hex HMAC-SHA-256 under the session key as the text it is, not
/// decoded. `checksession` signs the empty message.
pub fn session_signature(session_key: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(session_key.as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(message.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let pad = *padded.last()?;
    let length = usize::from(pad);
    if length == 0 || BLOCK < length || padded.len() < length {
        return None;
    }
    let (content, padding) = padded.split_at(padded.len() - length);
    padding.iter().all(|byte| *byte == pad).then_some(content)
}
