//! What the simulator remembers for whoever watches it: phones, calls and pushes. No secret,
//! token or body of a call is ever kept.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::reply::PassiveReply;

/// One message as a phone shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Whose phone.
    pub person: String,
    /// The account it came from.
    pub app_id: String,
    /// That account's name.
    pub app_name: String,
    /// The title of the template; empty for a customer-service message.
    pub title: String,
    /// The lines below the title, in the order of the template.
    pub fields: Vec<ShownField>,
    /// The template it was sent with; empty for a customer-service message.
    pub template_id: String,
    /// The mini-program page a tap opens.
    pub page: Option<String>,
    /// The mini-program that page belongs to.
    pub page_app_id: Option<String>,
    /// The address a tap opens when there is no page.
    pub url: Option<String>,
    /// When it arrived, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// What the sender called it.
    pub client_msg_id: Option<String>,
    /// What WeChat called it.
    pub msgid: i64,
    /// Which path brought it.
    pub kind: ShownKind,
}

impl Shown {
    /// The value behind a label.
    pub fn value(&self, label: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|field| field.label == label)
            .map(|field| field.value.as_str())
    }
}

/// One line of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownField {
    /// What the template calls it.
    pub label: String,
    /// What was sent.
    pub value: String,
}

/// Which path brought a message to a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownKind {
    /// 模板消息 of an official account.
    Template,
    /// 订阅消息 of a mini-program.
    Subscription,
    /// 客服消息.
    CustomerService,
}

impl ShownKind {
    /// The Chinese name a person reads.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Template => "模板消息",
            Self::Subscription => "订阅消息",
            Self::CustomerService => "客服消息",
        }
    }
}

/// One call that was made.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// When, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// Who called, where that could be told.
    pub app_id: Option<String>,
    /// The path, without the slash at the front and without the query.
    pub path: String,
    /// The HTTP status; `None` when the caller was left without an answer.
    pub status: Option<u16>,
    /// The errcode decided on; `None` for images and transport errors.
    pub errcode: Option<i64>,
}

/// A text or a picture that was given to be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// When, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// The mini-program that asked.
    pub app_id: String,
    /// Who wrote or uploaded it.
    pub person: String,
    /// The text, or the address of the picture.
    pub content: String,
    /// What the check is called.
    pub trace_id: String,
}

/// One event that was to be pushed, and how that went.
#[derive(Clone, Debug, Serialize)]
pub struct Push {
    /// When it happened, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// The account it was about.
    pub app_id: String,
    /// The person it was about.
    pub person: String,
    /// The event's name.
    pub event: String,
    /// It was never sent, because the simulator was told to lose some.
    pub lost: bool,
    /// Somebody answered as WeChat wants it.
    pub delivered: bool,
    /// The phone would say 该公众号提供的服务出现故障.
    pub service_failure: bool,
    /// What our server answered, opened.
    pub reply: Option<PassiveReply>,
    /// Each try.
    pub tries: Vec<Try>,
}

/// One try to push an event.
#[derive(Clone, Debug, Serialize)]
pub struct Try {
    /// When, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// The HTTP status; `None` when there was no answer.
    pub status: Option<u16>,
    /// The beginning of the answer's body.
    pub body: String,
    /// Why there was no answer, or none WeChat understands.
    pub error: Option<String>,
}

/// What `openapi/rid/get` can tell about a refusal.
pub(super) struct RidRecord {
    pub app_id: Option<String>,
    pub at: DateTime<Utc>,
    pub path: String,
    pub answer: String,
    pub ip: IpAddr,
}
