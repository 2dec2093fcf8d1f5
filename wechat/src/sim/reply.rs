//! What our server said to a push, read as WeChat reads it: nothing, a passive reply sealed the
//! way the account is set, or something WeChat does not understand.

use serde::Serialize;

use super::{CallbackMode, PushFormat, SimApp};
use crate::callback::Fields;
use crate::crypto::MessageCrypt;

/// An account's answer to a push, as a phone shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassiveReply {
    /// `text`, `image`, `news` and so on.
    pub msg_type: String,
    /// What it says; for pictures and the like a word in brackets.
    pub text: String,
    /// Title and address of each article.
    pub articles: Vec<(String, String)>,
}

/// Reads an answer; `Err` says why a phone would show that the service failed.
pub(super) fn read(
    app: &SimApp,
    crypt: &MessageCrypt,
    openid: &str,
    body: &str,
) -> Result<Option<PassiveReply>, &'static str> {
    let body = body.trim();
    if body.is_empty() || body == "success" {
        return Ok(None);
    }
    let fits = match app.push_format {
        PushFormat::Xml => body.starts_with('<'),
        PushFormat::Json => body.starts_with('{'),
    };
    if !fits {
        return Err("the answer is neither success nor of the account's format");
    }
    let (outside, _) = Fields::parse(body.as_bytes()).map_err(|_| "the answer cannot be read")?;
    let fields = match (app.callback_mode, outside.text("Encrypt")) {
        (CallbackMode::Plain, Some(_)) => return Err("a sealed answer in plain mode"),
        (CallbackMode::Safe, None) => return Err("an open answer in safe mode"),
        (CallbackMode::Plain | CallbackMode::Compat, None) => outside,
        (CallbackMode::Safe | CallbackMode::Compat, Some(encrypt)) => {
            let field = |name| outside.text(name).ok_or("the envelope lacks a field");
            crypt
                .verify(
                    field("TimeStamp")?,
                    field("Nonce")?,
                    Some(encrypt),
                    field("MsgSignature")?,
                )
                .map_err(|_| "the signature of the answer does not fit")?;
            let inside = crypt
                .open(encrypt)
                .map_err(|_| "the answer cannot be opened")?;
            Fields::parse(&inside.plaintext)
                .map_err(|_| "the sealed answer cannot be read")?
                .0
        }
    };
    if fields.text("ToUserName") != Some(openid) || fields.text("FromUserName") != Some(&app.gh_id)
    {
        return Err("the answer is not from this account to this person");
    }
    if fields.int("CreateTime").is_none() {
        return Err("the answer has no time");
    }
    said(&fields).map(Some)
}

fn said(fields: &Fields) -> Result<PassiveReply, &'static str> {
    let msg_type = fields.text("MsgType").unwrap_or_default();
    let part = |name, inner| {
        fields
            .part(name)
            .and_then(|part| part.filled(inner))
            .ok_or("the answer lacks its content")
    };
    let mut articles = Vec::new();
    let text = match msg_type {
        "text" => fields
            .filled("Content")
            .ok_or("the answer lacks its content")?
            .to_owned(),
        "image" => part("Image", "MediaId").map(|_| "[图片]".to_owned())?,
        "voice" => part("Voice", "MediaId").map(|_| "[语音]".to_owned())?,
        "video" => part("Video", "MediaId").map(|_| "[视频]".to_owned())?,
        "music" => "[音乐]".to_owned(),
        "transfer_customer_service" => "（转接人工客服）".to_owned(),
        "news" => {
            let holder = fields
                .part("Articles")
                .ok_or("the answer lacks its articles")?;
            // XML repeats `item`; JSON holds an array of the same name.
            articles = holder
                .parts("item")
                .map(|item| {
                    let text = |name| item.text(name).unwrap_or_default().to_owned();
                    (text("Title"), text("Url"))
                })
                .collect();
            if articles.is_empty() {
                return Err("the answer lacks its articles");
            }
            String::new()
        }
        _ => return Err("a type of answer WeChat does not know"),
    };
    Ok(PassiveReply {
        msg_type: msg_type.to_owned(),
        text,
        articles,
    })
}
