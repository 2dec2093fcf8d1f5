//! WeChat's side of the envelope, written a second time from the manual alone: base64 by hand, CBC
//! by hand, so that a mistake of ours cannot hide in a shared part.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use sha1::{Digest, Sha1};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Whom WeChat writes to, and with what.
#[derive(Clone)]
pub struct Wechat {
    pub app_id: String,
    pub token: String,
    pub key: String,
}

/// What lay in an envelope.
#[derive(Debug, PartialEq, Eq)]
pub struct Plain {
    pub random: Vec<u8>,
    pub message: String,
    pub app_id: String,
    pub padding: u8,
}

impl Wechat {
    pub fn new(app_id: &str, token: &str, key: &str) -> Self {
        Self {
            app_id: app_id.into(),
            token: token.into(),
            key: key.into(),
        }
    }

    /// Seals as WeChat does.
    pub fn seal(&self, message: &str) -> String {
        self.seal_raw(&self.content(message))
    }

    /// Random bytes, length, message, app.
    pub fn content(&self, message: &str) -> Vec<u8> {
        let mut content = b"0f1e2d3c4b5a6978".to_vec();
        content.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        content.extend(message.as_bytes());
        content.extend(self.app_id.as_bytes());
        content
    }

    /// Pads to blocks of 32 and encrypts whatever it is given.
    pub fn seal_raw(&self, content: &[u8]) -> String {
        let padding = 32 - content.len() % 32;
        let mut padded = content.to_vec();
        padded.extend(std::iter::repeat_n(u8::try_from(padding).unwrap(), padding));
        self.encrypt(&padded)
    }

    /// Encrypts whole blocks as they are.
    pub fn encrypt(&self, padded: &[u8]) -> String {
        assert_eq!(padded.len() % 16, 0);
        let key = key_bytes(&self.key);
        let cipher = Aes256::new_from_slice(&key).unwrap();
        let mut last: [u8; 16] = key[..16].try_into().unwrap();
        let mut sealed = Vec::new();
        for block in padded.chunks(16) {
            let mixed: [u8; 16] = std::array::from_fn(|i| block[i] ^ last[i]);
            let mut mixed = Array::from(mixed);
            cipher.encrypt_block(&mut mixed);
            last = mixed.into();
            sealed.extend(last);
        }
        encode(&sealed)
    }

    /// Opens what we answered.
    pub fn open(&self, encrypt: &str) -> Plain {
        let key = key_bytes(&self.key);
        let cipher = Aes256::new_from_slice(&key).unwrap();
        let mut last: Vec<u8> = key[..16].to_vec();
        let mut content = Vec::new();
        for block in decode(encrypt).chunks(16) {
            let mut plain = Array::try_from(block).unwrap();
            cipher.decrypt_block(&mut plain);
            content.extend(plain.iter().zip(&last).map(|(a, b)| a ^ b));
            last = block.to_vec();
        }
        let padding = *content.last().unwrap();
        content.truncate(content.len() - usize::from(padding));
        let length = u32::from_be_bytes(content[16..20].try_into().unwrap()) as usize;
        Plain {
            random: content[..16].to_vec(),
            message: String::from_utf8(content[20..20 + length].to_vec()).unwrap(),
            app_id: String::from_utf8(content[20 + length..].to_vec()).unwrap(),
            padding,
        }
    }

    pub fn msg_signature(&self, timestamp: &str, nonce: &str, encrypt: &str) -> String {
        let mut parts = [&self.token, timestamp, nonce, encrypt];
        parts.sort_unstable();
        hex::encode(Sha1::digest(parts.join("")))
    }

    pub fn signature(&self, timestamp: &str, nonce: &str) -> String {
        let mut parts = [&self.token, timestamp, nonce];
        parts.sort_unstable();
        hex::encode(Sha1::digest(parts.join("")))
    }
}

/// The 32 bytes of 43 characters; the two bits left over are dropped.
pub fn key_bytes(key: &str) -> Vec<u8> {
    let bytes = decode(key);
    assert_eq!(bytes.len(), 32);
    bytes
}

fn decode(text: &str) -> Vec<u8> {
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for c in text.bytes().filter(|c| *c != b'=') {
        let value = ALPHABET.iter().position(|known| *known == c).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        held += 6;
        if 8 <= held {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xFF).unwrap());
        }
    }
    bytes
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, i| {
            bits << 8 | u32::from(three.get(i).copied().unwrap_or(0))
        });
        for i in 0..4 {
            let value = (bits >> (18 - 6 * i) & 63) as usize;
            text.push(if three.len() < i {
                '='
            } else {
                ALPHABET[value].into()
            });
        }
    }
    text
}
