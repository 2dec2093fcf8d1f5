//! Subscribe messages of the mini-program: one message for every time a person agreed to one.
//!
//! How often somebody agreed is the caller's ledger; WeChat answers 43101 when nothing is left.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::client::Answer;
use crate::error::{Endpoint, Error};
use crate::{lenient, template};

/// Which edition of the mini-program a tap opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MiniProgramState {
    /// The one in development.
    Developer,
    /// The trial edition.
    Trial,
    /// The published one.
    #[default]
    Formal,
}

/// A message to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeMessage {
    /// The person's openid in the mini-program.
    pub touser: String,
    /// The template in the mini-program.
    pub template_id: String,
    /// The page a tap opens, with its query.
    pub page: Option<String>,
    /// Keys such as `thing1` and their values.
    pub data: Vec<(String, String)>,
    /// Which edition a tap opens.
    pub state: MiniProgramState,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default, deserialize_with = "lenient::opt_int")]
    msgid: Option<i64>,
}

impl Account {
    /// Sends a subscribe message; not every answer numbers it.
    ///
    /// Nothing protects against a double here: after a doubtful failure do not send again, and
    /// never send to one person twice at the same time (43108).
    pub async fn send_subscribe(&self, message: &SubscribeMessage) -> Result<Option<i64>, Error> {
        let mut body = Map::new();
        body.insert("touser".into(), json!(message.touser));
        body.insert("template_id".into(), json!(message.template_id));
        if let Some(page) = &message.page {
            body.insert("page".into(), json!(page));
        }
        body.insert("data".into(), template::data(&message.data));
        body.insert("miniprogram_state".into(), json!(message.state));
        body.insert("lang".into(), json!("zh_CN"));
        let sent: Sent = self
            .call(
                Endpoint::SubscribeSend,
                &[],
                Some(Value::Object(body)),
                Answer::json,
            )
            .await?;
        Ok(sent.msgid)
    }
}
