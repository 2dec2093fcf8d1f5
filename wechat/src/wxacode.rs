//! Codes that open a page of the mini-program with a scene.

use serde::Serialize;

use crate::account::Account;
use crate::client::{Answer, Body, Picture};
use crate::error::{Endpoint, Error};

/// The edition of the mini-program a code opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvVersion {
    /// The published one.
    #[default]
    Release,
    /// The trial edition.
    Trial,
    /// The one in development.
    Develop,
}

/// What a code says and how it looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WxaCode {
    /// 1 to 32 of letters, digits and ``!#$&'()*+,/:;=?@-._~``: an opaque word we resolve.
    pub scene: String,
    /// The page, without a leading slash and without a query; the first page if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Whether WeChat refuses a page that is not published yet.
    pub check_path: bool,
    /// The edition it opens.
    pub env_version: EnvVersion,
    /// Pixels a side, 280 to 1280.
    pub width: u16,
}

impl WxaCode {
    /// A code of the usual size for the published edition.
    pub fn new(scene: &str, page: &str) -> Self {
        Self {
            scene: scene.to_owned(),
            page: Some(page.to_owned()),
            check_path: true,
            env_version: EnvVersion::Release,
            width: 430,
        }
    }
}

impl Account {
    /// Has a code drawn. There is no limit to their number; 5,000 a minute.
    pub async fn wxacode_unlimited(&self, code: &WxaCode) -> Result<Picture, Error> {
        let body = serde_json::json!(code);
        self.call(
            Endpoint::WxaCodeUnlimited,
            &[],
            Body::Json(body),
            Answer::picture,
        )
        .await
    }
}
