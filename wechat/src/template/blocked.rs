//! Template messages WeChat held back after it had taken them.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::account::Account;
use crate::error::{Endpoint, Error, LimitError};
use crate::lenient;

/// A message that was held back.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct BlockedMessage {
    /// WeChat's number for the entry; the next page begins behind it.
    #[serde(deserialize_with = "lenient::int")]
    pub id: i64,
    /// The template.
    #[serde(default)]
    pub tmpl_msg_id: String,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// When it was sent, in seconds since 1970.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub send_timestamp: Option<i64>,
    /// The person's openid in the account.
    #[serde(default)]
    pub openid: String,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default, deserialize_with = "one_or_many")]
    msginfo: Vec<BlockedMessage>,
}

/// The manual shows an object, accounts get an array.
fn one_or_many<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<BlockedMessage>, D::Error> {
    let entries = match Value::deserialize(deserializer)? {
        Value::Array(entries) => entries,
        Value::Null => Vec::new(),
        entry => vec![entry],
    };
    entries
        .into_iter()
        .filter(|entry| entry.as_object().is_some_and(|entry| !entry.is_empty()))
        .map(|entry| serde_json::from_value(entry).map_err(serde::de::Error::custom))
        .collect()
}

impl Account {
    /// The messages of a template that were held back, the latest first, up to 100 from behind
    /// `largest_id` (0 for the latest).
    pub async fn blocked_template_messages(
        &self,
        tmpl_msg_id: &str,
        largest_id: i64,
        limit: u8,
    ) -> Result<Vec<BlockedMessage>, Error> {
        LimitError::unless((1..=100).contains(&limit), "limit", "1 to 100")?;
        let body = json!({
            "tmpl_msg_id": tmpl_msg_id, "largest_id": largest_id, "limit": limit,
        });
        let listed: Listed = self.post(Endpoint::BlockedTemplateMessages, body).await?;
        Ok(listed.msginfo)
    }
}
