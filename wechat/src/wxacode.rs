//! Codes that open a page of the mini-program with a scene.

use serde::Serialize;

use crate::account::Account;
use crate::client::{Answer, Body};
use crate::endpoint::Endpoint;
use crate::error::{Error, LimitError};

pub use crate::client::Picture;

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

/// What a code carries to its page: an opaque word we resolve, never an id with its rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Scene(String);

impl Scene {
    /// Takes 1 to 32 of letters, digits and ``!#$&'()*+,/:;=?@-._~``; others are refused with
    /// 40129 or 40169.
    pub fn new(scene: &str) -> Result<Self, LimitError> {
        const SYMBOLS: &str = "!#$&'()*+,/:;=?@-._~";
        let allowed = |c: char| c.is_ascii_alphanumeric() || SYMBOLS.contains(c);
        let kept = (1..=32).contains(&scene.len()) && scene.chars().all(allowed);
        LimitError::unless(
            kept,
            "scene",
            "1 to 32 letters, digits or !#$&'()*+,/:;=?@-._~",
        )?;
        Ok(Self(scene.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page of the mini-program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Page(String);

impl Page {
    /// Takes a path such as `pages/checkin/index`; a slash in front, a query or WeChat's own
    /// parameter `scancode_time` are refused with 41030 or 85096.
    pub fn new(path: &str) -> Result<Self, LimitError> {
        let kept = !path.is_empty()
            && !path.starts_with('/')
            && !path.contains(['?', '#', ' '])
            && !path.contains("scancode_time");
        LimitError::unless(
            kept,
            "page",
            "a path without a slash in front and without a query",
        )?;
        Ok(Self(path.to_owned()))
    }
}

/// The colour of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LineColor {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

/// How many pixels a side has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Width(u16);

impl Width {
    /// Takes 280 to 1280.
    pub fn new(pixels: u16) -> Result<Self, LimitError> {
        let kept = (280..=1280).contains(&pixels);
        LimitError::unless(kept, "width", "280 to 1280 pixels")?;
        Ok(Self(pixels))
    }
}

impl Default for Width {
    fn default() -> Self {
        Self(430)
    }
}

/// What a code says and how it looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WxaCode {
    /// What the page is told.
    pub scene: Scene,
    /// The page; the first one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
    /// Whether WeChat refuses a page that is not published yet.
    pub check_path: bool,
    /// The edition it opens.
    pub env_version: EnvVersion,
    /// Its size.
    pub width: Width,
    /// The colour of its lines, black if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_color: Option<LineColor>,
    /// Whether its ground is transparent.
    pub is_hyaline: bool,
}

impl WxaCode {
    /// A code of the usual size for the published edition.
    pub fn new(scene: Scene, page: Page) -> Self {
        Self {
            scene,
            page: Some(page),
            check_path: true,
            env_version: EnvVersion::Release,
            width: Width::default(),
            line_color: None,
            is_hyaline: false,
        }
    }
}

impl Account {
    /// Has a code drawn. There is no limit to their number; 5,000 a minute.
    pub async fn wxacode_unlimited(&self, code: &WxaCode) -> Result<Picture, Error> {
        let body = Body::Json(serde_json::json!(code));
        self.call(Endpoint::WxaCodeUnlimited, &[], body, Answer::picture)
            .await
    }
}
