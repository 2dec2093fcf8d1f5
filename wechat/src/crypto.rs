//! The envelope of callbacks (`WXBizMsgCrypt`): signatures, opening what WeChat sent, sealing what
//! we answer.
//!
//! Which requests must be sealed is decided in [`crate::callback`]; data of the mini-program's own
//! cipher is opened in [`crate::user_data`].

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, PAD, STANDARD};
use secrecy::{ExposeSecret, SecretString};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use crate::callback::Query;

pub use crate::user_data::open_user_data;

/// The padding of the envelope counts in blocks of 32 although AES has blocks of 16.
const PAD_BLOCK: usize = 32;

/// Random bytes before the message.
const RANDOM: usize = 16;

/// A key of 43 characters carries 258 bits; the two surplus bits of a key drawn at random are set
/// in three cases of four, and the standard engine would refuse those keys.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    PAD.with_decode_allow_trailing_bits(true),
);

/// The 32 bytes behind an `EncodingAESKey` of 43 characters.
#[derive(Clone)]
pub struct EncodingAesKey([u8; 32]);

impl EncodingAesKey {
    /// Reads the 43 characters of the console; surplus bits in the last one are ignored.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let length = text.chars().count();
        if length != 43 {
            return Err(KeyError::Length { length });
        }
        let bytes = TOLERANT
            .decode(format!("{text}="))
            .map_err(|_| KeyError::Alphabet)?;
        bytes.try_into().map(Self).map_err(|_| KeyError::Alphabet)
    }

    /// The key itself, for whoever must compute with it.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn iv(&self) -> &[u8] {
        &self.0[..16]
    }
}

impl std::fmt::Debug for EncodingAesKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncodingAesKey(hidden)")
    }
}

/// Why a text is no `EncodingAESKey`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It must have 43 characters.
    #[error("an EncodingAESKey has 43 characters, this one has {length}")]
    Length {
        /// What was given.
        length: usize,
    },
    /// Only letters and digits of base64 may occur.
    #[error("an EncodingAESKey holds only characters of base64")]
    Alphabet,
}

/// Why an envelope was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptError {
    /// A parameter of the query is absent.
    #[error("the query lacks {0}")]
    Missing(&'static str),
    /// The signature was not made with our token.
    #[error("the signature does not fit")]
    Signature,
    /// The envelope is no base64.
    #[error("the envelope is no base64")]
    Base64,
    /// The ciphertext is empty or no whole number of blocks.
    #[error("the ciphertext has {length} bytes")]
    CipherLength {
        /// Bytes after base64.
        length: usize,
    },
    /// The padding is not 1 to 32 bytes of its own length: most often another key.
    #[error("the padding is broken")]
    Padding,
    /// The length in front of the message points past its end.
    #[error("the stated length of the message is wrong")]
    MessageLength,
    /// The message was sealed for another app.
    #[error("the message is for another app")]
    AppId,
}

/// What an envelope held.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The message.
    pub plaintext: Vec<u8>,
    /// The key that opened it: 0 the current one, 1 the previous one. Answer with the same.
    pub key: usize,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Opened({} bytes, key {})",
            self.plaintext.len(),
            self.key
        )
    }
}

/// Signs, opens and seals for one app.
#[derive(Clone)]
pub struct MessageCrypt {
    app_id: String,
    token: SecretString,
    current: EncodingAesKey,
    previous: Option<EncodingAesKey>,
}

impl std::fmt::Debug for MessageCrypt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MessageCrypt({}, hidden)", self.app_id)
    }
}

impl MessageCrypt {
    /// Takes the token and the key set in the console; `previous` is the key before the last
    /// change, which WeChat may still use for a while.
    pub fn new(
        app_id: &str,
        token: &str,
        key: &str,
        previous: Option<&str>,
    ) -> Result<Self, KeyError> {
        Ok(Self {
            app_id: app_id.to_owned(),
            token: SecretString::from(token),
            current: EncodingAesKey::parse(key)?,
            previous: previous.map(EncodingAesKey::parse).transpose()?,
        })
    }

    /// The app all this belongs to.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// The signature of a request: without `encrypt` the one called `signature`, with it the one
    /// called `msg_signature`.
    pub fn signature(&self, timestamp: &str, nonce: &str, encrypt: Option<&str>) -> String {
        let token = self.token.expose_secret();
        match encrypt {
            Some(encrypt) => signature(&[token, timestamp, nonce, encrypt]),
            None => signature(&[token, timestamp, nonce]),
        }
    }

    /// Compares a given signature with ours without telling by time how far they agree.
    pub fn verify(
        &self,
        timestamp: &str,
        nonce: &str,
        encrypt: Option<&str>,
        given: &str,
    ) -> Result<(), CryptError> {
        let expected = self.signature(timestamp, nonce, encrypt);
        if bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
            Ok(())
        } else {
            Err(CryptError::Signature)
        }
    }

    /// The body that answers WeChat's check of our address: `echostr`, unchanged.
    ///
    /// The age of the request is looked at in [`crate::callback::verify_url`].
    pub fn verify_url(&self, query: &Query) -> Result<String, CryptError> {
        let given = query
            .signature
            .as_deref()
            .ok_or(CryptError::Missing("signature"))?;
        let timestamp = query
            .timestamp
            .as_deref()
            .ok_or(CryptError::Missing("timestamp"))?;
        let nonce = query.nonce.as_deref().ok_or(CryptError::Missing("nonce"))?;
        let echostr = query
            .echostr
            .as_deref()
            .ok_or(CryptError::Missing("echostr"))?;
        self.verify(timestamp, nonce, None, given)?;
        Ok(echostr.to_owned())
    }

    /// Opens an envelope with the current key, else with the previous one.
    ///
    /// The caller has checked `msg_signature` before.
    pub fn open(&self, encrypt_b64: &str) -> Result<Opened, CryptError> {
        let sealed = STANDARD
            .decode(encrypt_b64.trim())
            .map_err(|_| CryptError::Base64)?;
        let first = self.open_with(&self.current, &sealed);
        match (first, &self.previous) {
            (Ok(plaintext), _) => Ok(Opened { plaintext, key: 0 }),
            (Err(error), None) => Err(error),
            (Err(error), Some(previous)) => match self.open_with(previous, &sealed) {
                Ok(plaintext) => Ok(Opened { plaintext, key: 1 }),
                Err(_) => Err(error),
            },
        }
    }

    fn open_with(&self, key: &EncodingAesKey, sealed: &[u8]) -> Result<Vec<u8>, CryptError> {
        let length = sealed.len();
        let mut buffer = sealed.to_vec();
        let cipher = cbc::Decryptor::<aes::Aes256>::new_from_slices(key.expose(), key.iv())
            .expect("the key has 32 bytes and the iv 16");
        // The unpadder of the crate knows blocks of 16 and refuses a padding above 16.
        let padded = match cipher.decrypt_padded::<NoPadding>(&mut buffer) {
            Ok(padded) if !padded.is_empty() => padded,
            _ => return Err(CryptError::CipherLength { length }),
        };
        let content = unpad(padded).ok_or(CryptError::Padding)?;

        let (head, rest) = content
            .split_at_checked(RANDOM + 4)
            .ok_or(CryptError::MessageLength)?;
        let stated: [u8; 4] = head[RANDOM..]
            .try_into()
            .expect("four bytes were split off");
        let stated =
            usize::try_from(u32::from_be_bytes(stated)).map_err(|_| CryptError::MessageLength)?;
        let (message, tail) = rest
            .split_at_checked(stated)
            .ok_or(CryptError::MessageLength)?;
        if !bool::from(tail.ct_eq(self.app_id.as_bytes())) {
            return Err(CryptError::AppId);
        }
        Ok(message.to_vec())
    }

    /// Seals with the current key; the 16 bytes must be random and used once.
    pub fn seal_with(&self, plaintext: &[u8], random16: [u8; RANDOM]) -> String {
        self.seal_with_key(0, plaintext, random16)
    }

    /// Seals with the key that opened the request ([`Opened::key`]).
    pub fn seal_with_key(&self, key: usize, plaintext: &[u8], random16: [u8; RANDOM]) -> String {
        let key = if key == 0 {
            &self.current
        } else {
            self.previous.as_ref().unwrap_or(&self.current)
        };
        let length = u32::try_from(plaintext.len()).expect("no message of ours has 4 GiB");
        let mut content =
            Vec::with_capacity(RANDOM + 4 + plaintext.len() + self.app_id.len() + PAD_BLOCK);
        content.extend_from_slice(&random16);
        content.extend_from_slice(&length.to_be_bytes());
        content.extend_from_slice(plaintext);
        content.extend_from_slice(self.app_id.as_bytes());
        let padding = PAD_BLOCK - content.len() % PAD_BLOCK;
        let pad = u8::try_from(padding).expect("at most 32");
        content.resize(content.len() + padding, pad);

        let whole = content.len();
        let cipher = cbc::Encryptor::<aes::Aes256>::new_from_slices(key.expose(), key.iv())
            .expect("the key has 32 bytes and the iv 16");
        let sealed = cipher
            .encrypt_padded::<NoPadding>(&mut content, whole)
            .expect("the content was padded to whole blocks");
        STANDARD.encode(sealed)
    }

    /// A sealed and signed answer to a callback that was opened with `key`.
    pub fn reply(
        &self,
        key: usize,
        plaintext: &[u8],
        timestamp: i64,
        nonce: &str,
        random16: [u8; RANDOM],
    ) -> Reply {
        let encrypt = self.seal_with_key(key, plaintext, random16);
        let msg_signature = self.signature(&timestamp.to_string(), nonce, Some(&encrypt));
        Reply {
            encrypt,
            msg_signature,
            timestamp,
            nonce: nonce.to_owned(),
        }
    }
}

/// A sealed answer to a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The envelope.
    pub encrypt: String,
    /// Its signature.
    pub msg_signature: String,
    /// Seconds since 1970, part of what is signed.
    pub timestamp: i64,
    /// Part of what is signed.
    pub nonce: String,
}

impl Reply {
    /// As XML, for accounts whose pushes are XML.
    pub fn to_xml(&self) -> String {
        format!(
            "<xml><Encrypt>{}</Encrypt><MsgSignature>{}</MsgSignature>\
             <TimeStamp>{}</TimeStamp><Nonce>{}</Nonce></xml>",
            cdata(&self.encrypt),
            cdata(&self.msg_signature),
            self.timestamp,
            cdata(&self.nonce),
        )
    }

    /// As JSON, for accounts whose pushes are JSON; the time stamp is a number there.
    pub fn to_json(&self) -> String {
        serde_json::json!({
            "Encrypt": self.encrypt,
            "MsgSignature": self.msg_signature,
            "TimeStamp": self.timestamp,
            "Nonce": self.nonce,
        })
        .to_string()
    }
}

/// The hex SHA-1 of the parts, sorted and put together.
pub fn signature(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    hex::encode(Sha1::digest(sorted.concat()))
}

/// What lies before a padding of 1 to 32 bytes that all state its length.
fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let pad = *padded.last()?;
    let length = usize::from(pad);
    if length == 0 || PAD_BLOCK < length || padded.len() < length {
        return None;
    }
    let (content, padding) = padded.split_at(padded.len() - length);
    padding.iter().all(|byte| *byte == pad).then_some(content)
}

/// A text for XML, whatever it holds.
pub(crate) fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}
