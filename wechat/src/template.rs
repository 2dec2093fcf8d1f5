//! Template messages of official accounts.
//!
//! What the fields may hold is in [`crate::values`]; which template serves which purpose is the
//! caller's registry, because template ids differ between accounts.

mod blocked;
mod library;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::error::{Endpoint, Error};
use crate::lenient;

pub use blocked::BlockedMessage;
pub use library::{Finding, Industries, Industry, Template, compare, compare_fields};

/// A message to one follower.
#[derive(Clone, PartialEq, Eq)]
pub struct TemplateMessage {
    /// The follower's openid in this account.
    pub touser: String,
    /// The template in this account.
    pub template_id: String,
    /// The page a tap opens, also the fallback of `miniprogram` for old clients.
    pub url: Option<String>,
    /// The page of a mini-program a tap opens; it wins over `url`.
    pub miniprogram: Option<MiniProgram>,
    /// At most 32 ASCII characters. The same person gets a message of the same id once within ten
    /// minutes; only this makes a second try safe.
    pub client_msg_id: Option<String>,
    /// Keys such as `thing1`, without `.DATA`, and their values.
    pub data: Vec<(String, String)>,
}

/// A page of a mini-program that is associated with the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MiniProgram {
    /// The mini-program.
    pub appid: String,
    /// The published page and its query.
    pub pagepath: String,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(deserialize_with = "lenient::int")]
    msgid: i64,
}

impl Account {
    /// Sends a template message; the number it returns comes back in the job event, which may be
    /// here before this is.
    ///
    /// [`Error::may_have_taken_effect`] tells the doubtful failures from the certain ones.
    pub async fn send_template(&self, message: &TemplateMessage) -> Result<i64, Error> {
        let sent: Sent = self.post(Endpoint::TemplateSend, body(message)).await?;
        Ok(sent.msgid)
    }
}

/// `{ "thing1": { "value": "…" } }`.
pub(crate) fn data(fields: &[(String, String)]) -> Value {
    let entry = |(key, value): &(String, String)| (key.clone(), json!({ "value": value }));
    Value::Object(fields.iter().map(entry).collect())
}

/// Absent parts are left out: WeChat takes an empty `miniprogram` for a wrong one.
fn body(message: &TemplateMessage) -> Value {
    let mut body = Map::new();
    body.insert("touser".into(), json!(message.touser));
    body.insert("template_id".into(), json!(message.template_id));
    if let Some(url) = &message.url {
        body.insert("url".into(), json!(url));
    }
    if let Some(miniprogram) = &message.miniprogram {
        body.insert("miniprogram".into(), json!(miniprogram));
    }
    if let Some(client_msg_id) = &message.client_msg_id {
        body.insert("client_msg_id".into(), json!(client_msg_id));
    }
    body.insert("data".into(), data(&message.data));
    Value::Object(body)
}
