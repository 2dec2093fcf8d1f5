//! What an operator sets about WeChat: the mini-program, the official accounts, their templates.

use std::collections::BTreeMap;

use ::wechat::callback::Mode;
use ::wechat::client::{API_HOST, MP_HOST, OPEN_HOST};
use domain::content::ContentPolicy;
use domain::follower::Topic;
use domain::notice::NoticePurpose;
use serde::Deserialize;

use super::{Secret, menu};

/// WeChat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wechat {
    /// Base URL of the server API.
    pub base_url: String,
    /// Where the pictures of codes are shown, which phones fetch.
    pub mp_url: String,
    /// Where somebody is asked for his consent in a web page.
    pub open_url: String,
    /// Where WeChat reaches this service, such as `https://station.example.org`, without a slash
    /// at its end; `xingdong check-config` asks the callback address of every account there.
    pub public_url: Option<String>,
    /// Whether what members write and upload is held against WeChat's rules: `open` shows it until
    /// somebody hides it, `closed` hides it from other members until it is found clean or kept by
    /// the office, `off` asks nothing.
    pub content_check: ContentPolicy,
    /// The pages of the mini-program that replies and menus of official accounts lead to.
    pub pages: Pages,
    /// The mini-program and the official accounts.
    pub apps: Vec<WechatApp>,
}

impl Default for Wechat {
    fn default() -> Self {
        Self {
            base_url: API_HOST.to_owned(),
            mp_url: MP_HOST.to_owned(),
            open_url: OPEN_HOST.to_owned(),
            public_url: None,
            content_check: ContentPolicy::Open,
            pages: Pages::default(),
            apps: Vec::new(),
        }
    }
}

/// What an app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// The mini-program members use.
    MiniProgram,
    /// A station's official account (服务号), which can send template messages.
    OfficialAccount,
}

/// One app at WeChat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatApp {
    /// `AppID`.
    pub app_id: String,
    /// `AppSecret`.
    pub secret: Secret,
    /// What it is.
    pub kind: AppKind,
    /// The code of the committee it belongs to.
    pub committee: String,
    /// How it is called, in replies and lists; the name of its station unless told.
    #[serde(default)]
    pub name: Option<String>,
    /// How its console was told to push. What a request says of itself is not believed.
    #[serde(default = "safe")]
    pub callback_mode: Mode,
    /// Callback token.
    #[serde(default)]
    pub token: Option<Secret>,
    /// `EncodingAESKey`.
    #[serde(default)]
    pub aes_key: Option<Secret>,
    /// The `EncodingAESKey` before the current one.
    #[serde(default)]
    pub previous_aes_key: Option<Secret>,
    /// The account's own id (`gh_…`), checked against `ToUserName`.
    #[serde(default)]
    pub original_id: Option<String>,
    /// Templates of an official account's template messages, by purpose.
    #[serde(default)]
    pub templates: BTreeMap<NoticePurpose, Template>,
    /// Templates of subscription messages, by purpose: each message uses up one agreement of its
    /// reader.
    #[serde(default)]
    pub subscriptions: BTreeMap<NoticePurpose, Template>,
    /// The menu of an official account, one to three buttons; a usual one unless told.
    #[serde(default)]
    pub menu: Vec<menu::Button>,
}

const fn safe() -> Mode {
    Mode::Safe
}

/// Pages of the mini-program, without a slash in front.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pages {
    /// Where members check in.
    pub check_in: String,
    /// Where they ask for leave.
    pub leave: String,
    /// Where they read their score.
    pub score: String,
    /// What is coming.
    pub activities: String,
    /// Where they link an official account; `?link=` and a token are put behind it.
    pub link: String,
    /// What phones open that cannot open a mini-program.
    pub fallback_url: String,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            check_in: "pages/check-in/index".to_owned(),
            leave: "pages/leave/index".to_owned(),
            score: "pages/score/index".to_owned(),
            activities: "pages/activity/list".to_owned(),
            link: "pages/link/index".to_owned(),
            fallback_url: "https://mp.weixin.qq.com".to_owned(),
        }
    }
}

impl Pages {
    /// The page of a topic; help is a text and has none.
    pub fn of(&self, topic: Topic) -> Option<&str> {
        match topic {
            Topic::CheckIn => Some(&self.check_in),
            Topic::Leave => Some(&self.leave),
            Topic::Score => Some(&self.score),
            Topic::Activities => Some(&self.activities),
            Topic::Link => Some(&self.link),
            Topic::Help => None,
        }
    }
}

/// A message template of one account for one purpose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// WeChat's `template_id`.
    pub template_id: String,
    /// Template key (such as `thing1`) to our own name of the value (such as `title`).
    pub fields: BTreeMap<String, String>,
    /// Of a subscription: whether one agreement is good for every message (长期订阅), which WeChat
    /// grants for public services.
    #[serde(default)]
    pub long_term: bool,
}
