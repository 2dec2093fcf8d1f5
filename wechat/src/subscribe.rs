//! Subscribe messages, of the mini-program and of official accounts: one message for every time a
//! person agreed to one.
//!
//! How often somebody agreed is the caller's ledger; WeChat answers 43101 when nothing is left.

mod library;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::error::{Endpoint, Error};
use crate::template::MiniProgram;
use crate::{lenient, template};

pub use library::{Category, LibraryKeyword, LibraryTitle, SubscribeTemplate, Term};

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
#[derive(Clone, PartialEq, Eq)]
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

/// A notice of an official account to a follower who subscribed to its template: one notice for
/// each time he accepted, whenever that was.
#[derive(Clone, PartialEq, Eq)]
pub struct BizMessage {
    /// The follower's openid in this account.
    pub touser: String,
    /// The subscribe template in this account.
    pub template_id: String,
    /// The web page a tap opens.
    pub page: Option<String>,
    /// The page of a mini-program a tap opens; it wins over `page`.
    pub miniprogram: Option<MiniProgram>,
    /// Keys such as `thing1` and their values.
    pub data: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default, deserialize_with = "lenient::opt_int")]
    msgid: Option<i64>,
}

impl Account {
    /// Sends a subscribe notice to a follower who asked for one.
    ///
    /// As with [`Account::send_subscribe`], nothing protects against a double.
    pub async fn send_biz(&self, message: &BizMessage) -> Result<(), Error> {
        let mut body = Map::new();
        body.insert("touser".into(), json!(message.touser));
        body.insert("template_id".into(), json!(message.template_id));
        if let Some(page) = &message.page {
            body.insert("page".into(), json!(page));
        }
        if let Some(miniprogram) = &message.miniprogram {
            body.insert("miniprogram".into(), json!(miniprogram));
        }
        body.insert("data".into(), template::data(&message.data));
        self.order(Endpoint::BizSend, Value::Object(body)).await
    }

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
            .post(Endpoint::SubscribeSend, Value::Object(body))
            .await?;
        Ok(sent.msgid)
    }
}
