//! Keys and secrets: fields kept encrypted, values looked up by a keyed hash, random bytes.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use chrono::NaiveDate;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::{ApiError, Result};

/// Random bytes of the operating system, for secrets and ids.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system hands out random bytes");
    bytes
}

/// HMAC-SHA256 of length-prefixed parts, so that no two lists of parts look alike.
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// One key for fields, by its id.
pub struct FieldKey {
    /// Stands in front of what it sealed.
    pub id: u8,
    /// Seals and opens.
    cipher: Aes256Gcm,
}

/// Seals fields with AES-256-GCM and indexes them by HMAC (reliability.md §3, personal data).
pub struct Vault {
    keys: Vec<FieldKey>,
    index_key: [u8; 32],
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl Vault {
    /// A vault that seals with the first key and opens with any.
    ///
    /// # Panics
    /// Without a key: configuration is checked before.
    pub fn new(keys: &[(u8, [u8; 32])], index_key: [u8; 32]) -> Self {
        assert!(!keys.is_empty(), "a vault needs a key");
        let keys = keys
            .iter()
            .map(|(id, secret)| FieldKey {
                id: *id,
                cipher: Aes256Gcm::new(secret.into()),
            })
            .collect();
        Self { keys, index_key }
    }

    /// Key id, nonce and ciphertext of `plain`.
    pub fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let key = &self.keys[0];
        let nonce: [u8; 12] = random();
        let sealed = key
            .cipher
            .encrypt(&Nonce::from(nonce), plain)
            .expect("a field is far below the limit of AES-GCM");
        [&[key.id][..], &nonce, &sealed].concat()
    }

    /// What was sealed.
    ///
    /// # Errors
    /// When the key is not configured or the bytes were changed.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = |why: &str| ApiError::internal(anyhow::anyhow!("sealed field: {why}"));
        let (id, rest) = sealed.split_first().ok_or_else(|| broken("empty"))?;
        let (nonce, sealed) = rest
            .split_first_chunk::<12>()
            .ok_or_else(|| broken("too short"))?;
        let key = self
            .keys
            .iter()
            .find(|key| key.id == *id)
            .ok_or_else(|| broken("unknown key"))?;
        key.cipher
            .decrypt(&Nonce::from(*nonce), sealed)
            .map_err(|_| broken("does not open"))
    }

    /// The id of the key that seals.
    pub fn sealing_key(&self) -> u8 {
        self.keys[0].id
    }

    /// The id of the key that sealed something; none of nothing.
    pub fn key_of(sealed: &[u8]) -> Option<u8> {
        sealed.first().copied()
    }

    /// What was sealed, as text.
    pub fn open_text(&self, sealed: &[u8]) -> Result<String> {
        String::from_utf8(self.open(sealed)?).map_err(ApiError::internal)
    }

    /// Key id, nonce and ciphertext of a day.
    pub fn seal_day(&self, day: NaiveDate) -> Vec<u8> {
        self.seal(day.to_string().as_bytes())
    }

    /// The day that was sealed; none of nothing.
    ///
    /// # Errors
    /// As [`Self::open`], and for what is no day.
    pub fn open_day(&self, sealed: Option<&[u8]>) -> Result<Option<NaiveDate>> {
        let read = |sealed| self.open_text(sealed)?.parse().map_err(ApiError::internal);
        sealed.map(read).transpose()
    }

    /// A value to look something up by without storing it; `kind` keeps phones apart from codes.
    pub fn index(&self, kind: &str, value: &str) -> String {
        hex::encode(mac(&self.index_key, &[kind.as_bytes(), value.as_bytes()]))
    }

    /// A key for one purpose, derived from the index key.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        mac(&self.index_key, &[b"derive", purpose.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_opens_with_the_key_that_sealed_it_and_with_no_other() {
        let old = Vault::new(&[(1, [1; 32])], [9; 32]);
        let sealed = old.seal(b"10012345678");
        assert_ne!(sealed, old.seal(b"10012345678"));

        let rotated = Vault::new(&[(2, [2; 32]), (1, [1; 32])], [9; 32]);
        assert_eq!(rotated.open(&sealed).unwrap(), b"10012345678");

        let stranger = Vault::new(&[(1, [3; 32])], [9; 32]);
        assert!(stranger.open(&sealed).is_err());
        let mut bent = sealed.clone();
        *bent.last_mut().unwrap() ^= 1;
        assert!(rotated.open(&bent).is_err());
    }
}
