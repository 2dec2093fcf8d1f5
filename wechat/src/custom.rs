//! Messages to somebody who wrote to us, tapped a menu or scanned a code a little while ago (客服消息).
//!
//! Five within 48 hours of a message, three within a minute of a tap or a scan; after that WeChat
//! answers 45015 or 45047. What is said at once needs none of this: see [`crate::callback::reply`].

use serde_json::{Value, json};

use crate::account::Account;
use crate::callback::reply::{Article, Text};
use crate::endpoint::{AppKind, Endpoint};
use crate::error::{Error, LimitError};

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomMessage {
    /// Words and links.
    Text(Text),
    /// An uploaded picture.
    Image {
        /// What [`Account::upload_media`] returned.
        media_id: String,
    },
    /// One article with a picture. Only for official accounts.
    News(Article),
    /// A card that opens a page of a mini-program.
    MiniProgramPage {
        /// Its title.
        title: String,
        /// The mini-program. Left out by a mini-program, which can show its own pages only.
        appid: Option<String>,
        /// The page and its query.
        pagepath: String,
        /// Its picture, 520 by 416, as [`Account::upload_media`] returned it.
        thumb_media_id: String,
    },
    /// A question with answers to tap; a tap comes back as a text with `bizmsgmenuid`. Only for
    /// official accounts.
    Menu {
        /// The question.
        head: String,
        /// The answers, each with a number of ours.
        choices: Vec<(String, String)>,
        /// What stands below.
        tail: String,
    },
}

impl CustomMessage {
    fn body(&self, touser: &str) -> Value {
        let (msgtype, content) = match self {
            Self::Text(text) => ("text", json!({ "content": text.as_str() })),
            Self::Image { media_id } => ("image", json!({ "media_id": media_id })),
            Self::News(article) => (
                "news",
                json!({ "articles": [{
                    "title": article.title,
                    "description": article.description,
                    "url": article.url,
                    "picurl": article.pic_url,
                }] }),
            ),
            Self::MiniProgramPage {
                title,
                appid,
                pagepath,
                thumb_media_id,
            } => {
                let mut page = json!({
                    "title": title, "pagepath": pagepath, "thumb_media_id": thumb_media_id,
                });
                if let Some(appid) = appid {
                    page["appid"] = json!(appid);
                }
                ("miniprogrampage", page)
            }
            Self::Menu {
                head,
                choices,
                tail,
            } => {
                let list: Vec<Value> = choices
                    .iter()
                    .map(|(id, content)| json!({ "id": id, "content": content }))
                    .collect();
                (
                    "msgmenu",
                    json!({ "head_content": head, "list": list, "tail_content": tail }),
                )
            }
        };
        let mut body = json!({ "touser": touser, "msgtype": msgtype });
        body[msgtype] = content;
        body
    }

    fn check(&self, kind: Option<AppKind>) -> Result<(), LimitError> {
        let mini_program = kind == Some(AppKind::MiniProgram);
        match self {
            Self::Text(text) => {
                LimitError::unless(!text.as_str().is_empty(), "text.content", "1 to 2048 bytes")
            }
            Self::Menu { choices, .. } => {
                LimitError::unless(!choices.is_empty(), "msgmenu.list", "at least one choice")?;
                LimitError::unless(!mini_program, "msgtype", "what a mini-program may send")
            }
            Self::News(_) => {
                LimitError::unless(!mini_program, "msgtype", "what a mini-program may send")
            }
            Self::MiniProgramPage { .. } | Self::Image { .. } => Ok(()),
        }
    }
}

impl Account {
    /// Says something to a person within the time his last act allows.
    ///
    /// Nothing protects against a double here, so whatever [`Error::may_have_taken_effect`] says
    /// of must not be tried again.
    pub async fn send_custom(&self, touser: &str, message: &CustomMessage) -> Result<(), Error> {
        message.check(self.kind())?;
        self.order(Endpoint::CustomSend, message.body(touser)).await
    }
}
