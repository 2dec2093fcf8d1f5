//! Drafts of articles: they wait in the console until a person publishes them.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::account::Account;
use crate::endpoint::Endpoint;
use crate::error::{Error, LimitError};

/// An article of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DraftArticle {
    /// 1 to 32 characters.
    pub title: String,
    /// Up to 16 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// Up to 128 characters; of several articles none is shown. If empty WeChat takes the first
    /// 54 characters of the content.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// HTML of fewer than 20,000 characters and 1 MB. Scripts are dropped, and so are pictures
    /// whose address is not from [`Account::upload_article_image`].
    pub content: String,
    /// Where "read the original" leads, up to 1 KB.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_source_url: String,
    /// The picture on top: a permanent one of the console.
    pub thumb_media_id: String,
    /// Whether readers may comment.
    #[serde(rename = "need_open_comment", serialize_with = "as_number")]
    pub comments: bool,
    /// Whether only followers may comment.
    #[serde(rename = "only_fans_can_comment", serialize_with = "as_number")]
    pub followers_only: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn as_number<S: serde::Serializer>(yes: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(u8::from(*yes))
}

impl DraftArticle {
    fn check(&self, place: &str) -> Result<(), LimitError> {
        let within = |name: &str, value: &str, least, most, limit| {
            let kept = (least..=most).contains(&value.chars().count());
            LimitError::unless(kept, &format!("{place}.{name}"), limit)
        };
        within("title", &self.title, 1, 32, "1 to 32 characters")?;
        within("author", &self.author, 0, 16, "up to 16 characters")?;
        within("digest", &self.digest, 0, 128, "up to 128 characters")?;
        let limit = "1 to 19999 characters, less than 1 MB";
        within("content", &self.content, 1, 19_999, limit)?;
        let small = self.content.len() < 1 << 20 && self.content_source_url.len() <= 1024;
        LimitError::unless(small, &format!("{place}.content_source_url"), "up to 1 KB")?;
        let picture = !self.thumb_media_id.is_empty();
        LimitError::unless(picture, &format!("{place}.thumb_media_id"), "a picture")
    }
}

#[derive(Deserialize)]
struct Added {
    media_id: String,
}

impl Account {
    /// Puts 1 to 8 articles into the box of drafts and returns the draft's id.
    ///
    /// Done twice, there are two drafts, and a person sees both before anything is published.
    pub async fn add_draft(&self, articles: &[DraftArticle]) -> Result<String, Error> {
        let kept = (1..=8).contains(&articles.len());
        LimitError::unless(kept, "articles", "1 to 8 articles")?;
        for (number, article) in articles.iter().enumerate() {
            article.check(&format!("articles[{number}]"))?;
        }
        let body = json!({ "articles": articles });
        let added: Added = self.post(Endpoint::DraftAdd, body).await?;
        Ok(added.media_id)
    }
}
