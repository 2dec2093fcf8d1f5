//! The subscribe templates of an app and the library they come from.
//!
//! The calls are the same for mini-programs and official accounts; the codes they refuse with
//! (200011 to 200022) are in the manual of each.

use serde::Deserialize;
use serde_json::json;

use crate::account::Account;
use crate::endpoint::Endpoint;
use crate::error::{Error, LimitError};
use crate::lenient;
use crate::values::{self, Lists};

/// How often one consent is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// For one message.
    Once,
    /// Until it is withdrawn; only some trades may have these.
    LongTerm,
    /// A number we have not met.
    Other(i64),
}

/// A subscribe template of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeTemplate {
    /// What a message names.
    pub template_id: String,
    /// Its title.
    pub title: String,
    /// Its text with the fields in it.
    pub content: String,
    /// The text with made-up values.
    pub example: String,
    /// How often one consent is good.
    pub term: Term,
    /// The only values its listed fields may hold, by key.
    pub lists: Lists,
}

impl SubscribeTemplate {
    /// The keys a message must fill.
    pub fn field_keys(&self) -> Vec<String> {
        values::field_keys(&self.content)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    pri_tmpl_id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    example: String,
    #[serde(default, rename = "type", deserialize_with = "lenient::opt_int")]
    term: Option<i64>,
    #[serde(default)]
    keyword_enum_value_list: Vec<RawList>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawList {
    keyword_code: String,
    #[serde(default)]
    enum_value_list: Vec<String>,
}

impl From<Raw> for SubscribeTemplate {
    fn from(raw: Raw) -> Self {
        let lists = raw.keyword_enum_value_list.into_iter().map(|list| {
            let key = list.keyword_code;
            let key = key.strip_suffix(".DATA").unwrap_or(&key).to_owned();
            (key, list.enum_value_list)
        });
        Self {
            template_id: raw.pri_tmpl_id,
            title: raw.title,
            content: raw.content,
            example: raw.example,
            term: match raw.term {
                Some(2) => Term::Once,
                Some(3) => Term::LongTerm,
                other => Term::Other(other.unwrap_or(0)),
            },
            lists: lists.collect(),
        }
    }
}

/// A category the app stated.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Category {
    /// Its number.
    #[serde(deserialize_with = "lenient::int")]
    pub id: i64,
    /// Such as `政务民生`.
    #[serde(default)]
    pub name: String,
}

/// A template of the library.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LibraryTitle {
    /// Its number in the library.
    #[serde(deserialize_with = "lenient::int")]
    pub tid: i64,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// The category it belongs to.
    #[serde(default, rename = "categoryId", deserialize_with = "lenient::opt_int")]
    pub category: Option<i64>,
}

/// A field of a template of the library.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LibraryKeyword {
    /// Its number, for [`Account::add_subscribe_template`].
    #[serde(deserialize_with = "lenient::int")]
    pub kid: i64,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// A made-up value.
    #[serde(default)]
    pub example: String,
    /// The kind of its key, such as `thing`.
    #[serde(default)]
    pub rule: String,
}

#[derive(Deserialize)]
struct Listed<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Titles {
    #[serde(default, deserialize_with = "lenient::opt_int")]
    count: Option<i64>,
    #[serde(default)]
    data: Vec<LibraryTitle>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Added {
    pri_tmpl_id: String,
}

impl Account {
    /// The subscribe templates the app has.
    pub async fn subscribe_templates(&self) -> Result<Vec<SubscribeTemplate>, Error> {
        let listed: Listed<Raw> = self.get(Endpoint::SubscribeTemplates, &[]).await?;
        Ok(listed.data.into_iter().map(Into::into).collect())
    }

    /// Takes a template of the library with 2 to 5 of its fields in their order, and says in up to
    /// 15 characters what it is for. Returns the id messages name.
    pub async fn add_subscribe_template(
        &self,
        tid: i64,
        kids: &[i64],
        scene: &str,
    ) -> Result<String, Error> {
        let kept = (2..=5).contains(&kids.len());
        LimitError::unless(kept, "kidList", "2 to 5 fields")?;
        let kept = scene.chars().count() <= 15;
        LimitError::unless(kept, "sceneDesc", "up to 15 characters")?;
        let body = json!({ "tid": tid.to_string(), "kidList": kids, "sceneDesc": scene });
        let added: Added = self.post(Endpoint::SubscribeTemplateAdd, body).await?;
        Ok(added.pri_tmpl_id)
    }

    /// Gives a template up.
    pub async fn delete_subscribe_template(&self, template_id: &str) -> Result<(), Error> {
        let body = json!({ "priTmplId": template_id });
        self.order(Endpoint::SubscribeTemplateDelete, body).await
    }

    /// The categories the app stated.
    pub async fn subscribe_categories(&self) -> Result<Vec<Category>, Error> {
        let listed: Listed<Category> = self.get(Endpoint::SubscribeCategories, &[]).await?;
        Ok(listed.data)
    }

    /// Up to 30 templates of the library from `start` on, and how many there are.
    pub async fn library_titles(
        &self,
        categories: &[i64],
        start: u32,
        limit: u8,
    ) -> Result<(Vec<LibraryTitle>, i64), Error> {
        LimitError::unless((1..=30).contains(&limit), "limit", "1 to 30")?;
        let ids: Vec<String> = categories.iter().map(ToString::to_string).collect();
        let (ids, start, limit) = (ids.join(","), start.to_string(), limit.to_string());
        let query = [("ids", &*ids), ("start", &*start), ("limit", &*limit)];
        let titles: Titles = self.get(Endpoint::LibraryTitles, &query).await?;
        Ok((titles.data, titles.count.unwrap_or(0)))
    }

    /// The fields of a template of the library.
    pub async fn library_keywords(&self, tid: i64) -> Result<Vec<LibraryKeyword>, Error> {
        let tid = tid.to_string();
        let query = [("tid", &*tid)];
        let listed: Listed<LibraryKeyword> = self.get(Endpoint::LibraryKeywords, &query).await?;
        Ok(listed.data)
    }
}
