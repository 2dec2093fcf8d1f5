//! What a push says happened.
//!
//! An event we have no use for stays readable in [`super::Push::fields`].

use sha2::{Digest, Sha256};

use super::message::Fields;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody follows the account, perhaps through a code.
    Subscribe {
        /// The scene of the code, without `qrscene_`.
        scene: Option<String>,
        /// The ticket of the code.
        ticket: Option<String>,
    },
    /// Somebody follows no longer.
    Unsubscribe,
    /// A follower scanned a code.
    Scan {
        /// The scene of the code.
        scene: Option<String>,
        /// The ticket of the code.
        ticket: Option<String>,
    },
    /// A menu key was tapped.
    Click {
        /// The key.
        key: String,
    },
    /// A menu link was followed.
    View {
        /// The address.
        url: String,
        /// The menu it stood in.
        menu_id: Option<String>,
    },
    /// A template message reached its end. It may come before the answer to the send, twice, or
    /// never.
    TemplateSendJobFinish {
        /// What `send_template` returned.
        msg_id: i64,
        /// How it ended.
        outcome: JobOutcome,
    },
    /// Somebody answered the question whether he wants subscribe messages.
    SubscribePopup {
        /// One answer for each template.
        answers: Vec<SubscribeAnswer>,
    },
    /// Somebody changed his mind in the settings.
    SubscribeChange {
        /// One answer for each template.
        answers: Vec<SubscribeAnswer>,
    },
    /// Subscribe messages reached their end.
    SubscribeMessageSent {
        /// One for each message.
        sent: Vec<SubscribeSent>,
    },
    /// A picture or a recording was judged.
    MediaCheck {
        /// What `media_check_async` returned.
        trace_id: String,
        /// Not 0 when it could not be judged; -1008 when it could not be fetched.
        code: Option<i64>,
        /// `pass`, `review` or `risky`.
        suggest: Option<String>,
        /// What was found; 100 is nothing.
        label: Option<i64>,
    },
    /// Somebody wrote to the account.
    Text {
        /// What he wrote.
        content: String,
        /// The number of the message; two people may have the same.
        msg_id: Option<i64>,
    },
    /// Anything else.
    Other {
        /// The event, or the type of message, in lower case.
        name: String,
    },
}

/// How a template message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// It arrived.
    Success,
    /// The person refuses messages of this account.
    UserBlock,
    /// WeChat failed.
    SystemFailed,
    /// The person got too many.
    FreqLimit,
    /// A word we have not met, in lower case without blanks.
    Other(String),
}

impl JobOutcome {
    /// Reads a status; WeChat is not sure of its blanks.
    pub fn read(status: &str) -> Self {
        let plain: String = status
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
            .to_lowercase();
        match plain.as_str() {
            word if word.starts_with("success") => Self::Success,
            word if word.starts_with("failed:userblock") => Self::UserBlock,
            word if word.starts_with("failed:systemfailed") => Self::SystemFailed,
            word if word.starts_with("failed:freqlimit") => Self::FreqLimit,
            _ => Self::Other(plain),
        }
    }
}

/// One template in an answer to the subscribe question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeAnswer {
    /// The template.
    pub template_id: String,
    /// `accept` or `reject`.
    pub status: String,
    /// Where it was asked: 0 mini-program, 1 page, 2 article.
    pub scene: Option<String>,
}

/// The end of one subscribe message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeSent {
    /// The template.
    pub template_id: String,
    /// The number of the message.
    pub msg_id: Option<i64>,
    /// 0 when it arrived.
    pub code: Option<i64>,
    /// The same in a word.
    pub status: Option<String>,
}

impl Event {
    pub(super) fn read(msg_type: &str, fields: &Fields) -> Self {
        let owned = |name: &str| fields.filled(name).map(str::to_owned);
        let msg_type = msg_type.to_lowercase();
        let name = match msg_type.as_str() {
            "event" => fields
                .text("Event")
                .unwrap_or_default()
                .trim()
                .to_lowercase(),
            "text" => {
                let content = fields.text("Content").unwrap_or_default().to_owned();
                return Self::Text {
                    content,
                    msg_id: fields.int("MsgId"),
                };
            }
            _ => return Self::Other { name: msg_type },
        };
        match name.as_str() {
            "subscribe" => Self::Subscribe {
                scene: fields
                    .filled("EventKey")
                    .and_then(|key| key.strip_prefix("qrscene_"))
                    .map(str::to_owned),
                ticket: owned("Ticket"),
            },
            "unsubscribe" => Self::Unsubscribe,
            "scan" => Self::Scan {
                scene: owned("EventKey"),
                ticket: owned("Ticket"),
            },
            "click" => Self::Click {
                key: owned("EventKey").unwrap_or_default(),
            },
            "view" => Self::View {
                url: owned("EventKey").unwrap_or_default(),
                menu_id: owned("MenuId").or_else(|| owned("MenuID")),
            },
            "templatesendjobfinish" => match msg_id(fields) {
                Some(msg_id) => Self::TemplateSendJobFinish {
                    msg_id,
                    outcome: JobOutcome::read(fields.text("Status").unwrap_or_default()),
                },
                None => Self::Other { name },
            },
            "subscribe_msg_popup_event" => Self::SubscribePopup {
                answers: answers(fields),
            },
            "subscribe_msg_change_event" => Self::SubscribeChange {
                answers: answers(fields),
            },
            "subscribe_msg_sent_event" => Self::SubscribeMessageSent { sent: sent(fields) },
            "wxa_media_check" => match owned("trace_id") {
                Some(trace_id) => {
                    let result = fields.part("result");
                    Self::MediaCheck {
                        trace_id,
                        code: fields.int("errcode"),
                        suggest: result.and_then(|r| r.filled("suggest")).map(str::to_owned),
                        label: result.and_then(|r| r.int("label")),
                    }
                }
                None => Self::Other { name },
            },
            _ => Self::Other { name },
        }
    }
}

/// Messages write `MsgId`, events `MsgID`.
fn msg_id(fields: &Fields) -> Option<i64> {
    fields.int("MsgID").or_else(|| fields.int("MsgId"))
}

/// The entries of a subscribe event: XML wraps them once more, JSON does not.
fn entries(fields: &Fields) -> Vec<&Fields> {
    [
        "SubscribeMsgPopupEvent",
        "SubscribeMsgChangeEvent",
        "SubscribeMsgSentEvent",
    ]
    .into_iter()
    .filter_map(|name| fields.part(name))
    .chain(std::iter::once(fields))
    .flat_map(|holder| holder.parts("List"))
    .collect()
}

fn answers(fields: &Fields) -> Vec<SubscribeAnswer> {
    let answer = |entry: &Fields| {
        Some(SubscribeAnswer {
            template_id: entry.filled("TemplateId")?.to_owned(),
            status: entry.filled("SubscribeStatusString")?.to_lowercase(),
            scene: entry.filled("PopupScene").map(str::to_owned),
        })
    };
    entries(fields).into_iter().filter_map(answer).collect()
}

fn sent(fields: &Fields) -> Vec<SubscribeSent> {
    let one = |entry: &Fields| {
        Some(SubscribeSent {
            template_id: entry.filled("TemplateId")?.to_owned(),
            msg_id: msg_id(entry),
            code: entry.int("ErrorCode"),
            status: entry.filled("ErrorStatus").map(str::to_owned),
        })
    };
    entries(fields).into_iter().filter_map(one).collect()
}

/// One key for every delivery of one push.
///
/// What WeChat recommends, `MsgId` or person and second, falls short: numbers repeat between
/// people, and one person can cause two events in a second. Every part is written with its length,
/// so that no two lists of parts look alike.
pub(super) fn dedupe_key(app_id: &str, fields: &Fields) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update(text.len().to_string());
        hash.update("|");
        hash.update(text);
    };
    part(app_id);
    part(&fields.text("MsgType").unwrap_or_default().to_lowercase());
    part(&fields.text("Event").unwrap_or_default().to_lowercase());
    part(fields.text("FromUserName").unwrap_or_default());
    part(fields.text("CreateTime").unwrap_or_default());
    part(fields.text("EventKey").unwrap_or_default());
    part(
        fields
            .text("MsgID")
            .or_else(|| fields.text("MsgId"))
            .unwrap_or_default(),
    );
    part(fields.text("trace_id").unwrap_or_default());
    for entry in entries(fields) {
        for name in ["TemplateId", "SubscribeStatusString", "MsgID"] {
            part(entry.text(name).unwrap_or_default());
        }
    }
    hex::encode(hash.finalize())
}
