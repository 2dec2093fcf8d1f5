//! Codes of an official account with a scene: whoever scans one follows and brings the scene along.
//!
//! The scene comes back in [`crate::callback::Event::Subscribe`] and `Scan`. Codes that open the
//! mini-program are in [`crate::wxacode`].

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::Account;
use crate::client::{Answer, Body, Picture};
use crate::endpoint::Endpoint;
use crate::error::{Error, LimitError};
use crate::lenient;

/// The longest a temporary code lives: 30 days.
pub const LONGEST_SECONDS: u32 = 2_592_000;

/// Everything but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A value for the query of an address.
pub(crate) fn encoded(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// What a code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QrScene {
    /// A number other than 0; of a permanent code at most 100,000.
    Number(u32),
    /// 1 to 64 characters.
    Text(String),
}

/// A code WeChat can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrCode {
    scene: QrScene,
    seconds: Option<u32>,
}

impl QrCode {
    /// A code that lives up to [`LONGEST_SECONDS`]; there may be any number of these.
    pub fn temporary(scene: QrScene, seconds: u32) -> Result<Self, LimitError> {
        let kept = (1..=LONGEST_SECONDS).contains(&seconds);
        LimitError::unless(kept, "expire_seconds", "1 to 2592000 seconds")?;
        Self::checked(scene, Some(seconds), u32::MAX)
    }

    /// A code that lives for ever; an account may have 100,000 of these.
    pub fn permanent(scene: QrScene) -> Result<Self, LimitError> {
        Self::checked(scene, None, 100_000)
    }

    fn checked(scene: QrScene, seconds: Option<u32>, highest: u32) -> Result<Self, LimitError> {
        match &scene {
            QrScene::Number(number) => LimitError::unless(
                (1..=highest).contains(number),
                "scene_id",
                "a number from 1, for ever at most 100000",
            )?,
            QrScene::Text(text) => LimitError::unless(
                (1..=64).contains(&text.chars().count()),
                "scene_str",
                "1 to 64 characters",
            )?,
        }
        Ok(Self { scene, seconds })
    }

    fn body(&self) -> Value {
        let (action, scene) = match (&self.scene, self.seconds) {
            (QrScene::Number(id), Some(_)) => ("QR_SCENE", json!({ "scene_id": id })),
            (QrScene::Text(text), Some(_)) => ("QR_STR_SCENE", json!({ "scene_str": text })),
            (QrScene::Number(id), None) => ("QR_LIMIT_SCENE", json!({ "scene_id": id })),
            (QrScene::Text(text), None) => ("QR_LIMIT_STR_SCENE", json!({ "scene_str": text })),
        };
        let mut body = json!({ "action_name": action, "action_info": { "scene": scene } });
        if let Some(seconds) = self.seconds {
            body["expire_seconds"] = json!(seconds);
        }
        body
    }
}

/// A code WeChat made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct QrTicket {
    /// What its picture is had for.
    pub ticket: String,
    /// How long it lives; none if for ever.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub expire_seconds: Option<i64>,
    /// What it says to a phone, for those who draw their own.
    #[serde(default)]
    pub url: String,
}

impl Account {
    /// Has a code made.
    pub async fn create_qrcode(&self, code: &QrCode) -> Result<QrTicket, Error> {
        self.post(Endpoint::QrcodeCreate, code.body()).await
    }

    /// Where anybody gets the picture of a code.
    pub fn qrcode_image_url(&self, ticket: &str) -> String {
        format!(
            "{}{}?ticket={}",
            self.app.mp_url.trim_end_matches('/'),
            Endpoint::ShowQrcode.path(),
            encoded(ticket)
        )
    }

    /// The picture of a code. WeChat answers 404 to a ticket it does not know, which is
    /// [`Error::Rejected`].
    pub async fn qrcode_image(&self, ticket: &str) -> Result<Picture, Error> {
        let query = vec![("ticket", ticket)];
        self.call_at(&self.app.mp_url, Endpoint::ShowQrcode, query, Body::Nothing)
            .await
            .and_then(|answer: Answer| answer.picture())
    }
}
