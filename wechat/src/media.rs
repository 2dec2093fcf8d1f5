//! Pictures and recordings WeChat keeps for us.

use serde::Deserialize;

use crate::account::Account;
use crate::client::{Answer, Body};
use crate::endpoint::Endpoint;
use crate::error::{Error, LimitError};
use crate::lenient;
use crate::multipart::Form;

/// What is uploaded, and how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// PNG, JPEG or GIF up to 10 MB.
    Image,
    /// AMR or MP3 up to 2 MB and a minute.
    Voice,
    /// MP4 up to 10 MB.
    Video,
    /// JPEG up to 64 KB, for the card of a video or of a mini-program.
    Thumb,
}

impl MediaKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
        }
    }

    const fn limit(self) -> (usize, &'static str) {
        match self {
            Self::Image => (10 << 20, "an image of 1 byte to 10 MB"),
            Self::Voice => (2 << 20, "a recording of 1 byte to 2 MB"),
            Self::Video => (10 << 20, "a video of 1 byte to 10 MB"),
            Self::Thumb => (64 << 10, "a thumb of 1 byte to 64 KB"),
        }
    }
}

/// A file to be uploaded.
#[derive(Clone, Copy)]
pub struct Upload<'a> {
    /// Its name, in any script; WeChat looks at its ending.
    pub filename: &'a str,
    /// Such as `image/png`.
    pub media_type: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
}

impl std::fmt::Debug for Upload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({} bytes)", self.content.len())
    }
}

impl Upload<'_> {
    fn form(&self, longest: usize, limit: &'static str) -> Result<Body, LimitError> {
        let kept = (1..=longest).contains(&self.content.len());
        LimitError::unless(kept, "media", limit)?;
        LimitError::unless(!self.filename.is_empty(), "filename", "a name")?;
        Ok(Body::Form(Form::file(
            "media",
            self.filename,
            self.media_type,
            self.content,
        )))
    }
}

/// A file WeChat keeps for three days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// What messages name.
    pub media_id: String,
    /// When it was uploaded, in seconds since 1970.
    pub created_at: Option<i64>,
}

#[derive(Deserialize)]
struct Kept {
    /// A thumb has a name of its own for it.
    #[serde(alias = "thumb_media_id")]
    media_id: String,
    #[serde(default, deserialize_with = "lenient::opt_int")]
    created_at: Option<i64>,
}

#[derive(Deserialize)]
struct Address {
    url: String,
}

impl Account {
    /// Uploads a file for three days. Done twice, it is kept twice, which does no harm.
    pub async fn upload_media(
        &self,
        kind: MediaKind,
        upload: Upload<'_>,
    ) -> Result<Uploaded, Error> {
        let (longest, limit) = kind.limit();
        let form = upload.form(longest, limit)?;
        let query = [("type", kind.word())];
        let kept: Kept = self
            .call(Endpoint::MediaUpload, &query, form, Answer::json)
            .await?;
        Ok(Uploaded {
            media_id: kept.media_id,
            created_at: kept.created_at,
        })
    }

    /// Uploads a picture for an article and returns its address, which works in articles only.
    pub async fn upload_article_image(&self, upload: Upload<'_>) -> Result<String, Error> {
        let form = upload.form(1 << 20, "a PNG or JPEG of 1 byte to 1 MB")?;
        let address: Address = self
            .call(Endpoint::UploadImg, &[], form, Answer::json)
            .await?;
        Ok(address.url)
    }
}
