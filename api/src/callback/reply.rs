//! What an official account says at once when somebody follows it, writes to it or taps its menu.
//!
//! Which answer it is, is decided and stored with the push; its text comes from that decision and
//! the configuration alone, so that every delivery of one push is answered alike.

use domain::follower::Topic;
use serde::{Deserialize, Serialize};
use wechat::callback::Event;
use wechat::callback::reply::{PageLink, Text};

use crate::config::Pages;

/// How a push is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To a new follower who is not known to be a member.
    Welcome,
    /// To a new follower who is.
    WelcomeMember,
    /// To whoever scanned a code that links him.
    Scanned,
    /// A word by which a member can link this follower to himself.
    Link,
    /// There is nothing to link any more.
    Linked,
    /// The page of a topic.
    Topic(Topic),
    /// What the account can do.
    Menu,
}

/// What is known of the follower when his push arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// He is linked to a member.
    pub member: bool,
    /// The scene he came by is a code that links him.
    pub code: bool,
}

impl Answer {
    /// The answer to an event, if there is something to say.
    pub fn to(event: &Event, known: Known) -> Option<Self> {
        match event {
            Event::Subscribe { .. } | Event::Scan { .. } if known.code => Some(Self::Scanned),
            Event::Subscribe { .. } if known.member => Some(Self::WelcomeMember),
            Event::Subscribe { .. } => Some(Self::Welcome),
            Event::Text { content, .. } => Some(Self::about(Topic::asked(content), known)),
            // A key of an earlier menu, which phones still show for a while, gets the menu.
            Event::Click { key } => Some(Self::about(key.parse().ok(), known)),
            _ => None,
        }
    }

    fn about(topic: Option<Topic>, known: Known) -> Self {
        match topic {
            None | Some(Topic::Help) => Self::Menu,
            Some(Topic::Link) if known.member => Self::Linked,
            Some(Topic::Link) => Self::Link,
            Some(topic) => Self::Topic(topic),
        }
    }

    /// Whether it tells a word that links.
    pub const fn offers_link(self) -> bool {
        matches!(self, Self::Welcome | Self::Link)
    }

    /// The text, with `word` where it tells one.
    pub fn text(self, station: &Station<'_>, word: &str) -> Text {
        match self {
            Self::Welcome => {
                let welcome = Text::new(&format!("欢迎关注{}！\n", station.name));
                let invited = station.invite(welcome, word);
                station.list(invited.words("\n\n"))
            }
            Self::WelcomeMember => station.list(Text::new(&format!(
                "欢迎关注{}！您的委员身份已关联，活动通知将发送到这里。\n\n",
                station.name
            ))),
            Self::Scanned => {
                Text::new("已收到，正在为您关联委员身份，稍后可在小程序“我的公众号”中查看结果。")
            }
            Self::Link => station.invite(Text::default(), word),
            Self::Linked => {
                Text::new("您的委员身份已与本公众号关联，无需再次绑定。如需更改，请联系办公室。")
            }
            Self::Topic(topic) => station.page(Text::new(hint(topic)), topic),
            Self::Menu => station.list(Text::default()),
        }
    }
}

/// What stands in front of the page of a topic.
const fn hint(topic: Topic) -> &'static str {
    match topic {
        Topic::CheckIn => "到达现场后点击下面的链接，扫描或输入屏幕上的签到码：\n",
        Topic::Leave => "请在活动开始前提出，经批准后生效：\n",
        Topic::Score => "积分逐条列明依据，如有疑问可在页面上查看来由：\n",
        Topic::Activities => "近期活动、时间和地点：\n",
        Topic::Link | Topic::Help => "",
    }
}

const fn label(topic: Topic) -> &'static str {
    match topic {
        Topic::CheckIn => "去签到",
        Topic::Leave => "去请假",
        Topic::Score => "查看我的积分",
        Topic::Activities => "查看近期活动",
        Topic::Link => "绑定委员身份",
        Topic::Help => "帮助",
    }
}

/// The account that answers, and where its links lead.
#[derive(Clone, Copy, Debug)]
pub struct Station<'a> {
    /// How the account is called.
    pub name: &'a str,
    /// The `AppID` of the mini-program, if the committee has one.
    pub mini_program: Option<&'a str>,
    /// Its pages.
    pub pages: &'a Pages,
}

impl Station<'_> {
    /// Adds a link to the page of a topic; old clients open an address instead.
    fn page(&self, text: Text, topic: Topic) -> Text {
        self.link(text, topic, "", label(topic))
    }

    fn link(&self, text: Text, topic: Topic, query: &str, label: &str) -> Text {
        let (Some(app_id), Some(page)) = (self.mini_program, self.pages.of(topic)) else {
            return text.words(&format!("请打开小程序{label}"));
        };
        let link = PageLink {
            app_id,
            path: &format!("{page}{query}"),
            url: Some(&self.pages.fallback_url),
        };
        text.page(label, &link)
    }

    fn invite(&self, text: Text, word: &str) -> Text {
        let query = format!("?link={word}");
        self.link(text.words("如您是政协委员，请"), Topic::Link, &query, "点此绑定委员身份")
            .words("，绑定后活动通知将发送到这里。链接仅限本人使用，10 分钟内有效；过期后回复“绑定”重新获取。")
    }

    fn list(&self, text: Text) -> Text {
        let mut text = text.words(&format!("{}可以为您办理：\n", self.name));
        for (index, &topic) in Topic::ALL.iter().enumerate() {
            text = text.words(&format!("{} ", index + 1));
            text = match topic {
                Topic::Link => text.words("绑定委员身份：回复“绑定”"),
                Topic::Help => text.words("帮助：回复“帮助”"),
                _ => self.page(text, topic),
            }
            .words("\n");
        }
        text.words("回复数字，或回复签到、请假、积分、活动、绑定。")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, member: bool) -> Answer {
        let event = Event::Text {
            content: text.to_owned(),
            msg_id: None,
        };
        Answer::to(
            &event,
            Known {
                member,
                code: false,
            },
        )
        .unwrap()
    }

    #[test]
    fn a_text_gets_its_topic_and_an_unknown_one_the_menu() {
        assert_eq!(answer("我要请假", false), Answer::Topic(Topic::Leave));
        assert_eq!(answer("绑定", false), Answer::Link);
        assert_eq!(answer("绑定", true), Answer::Linked);
        assert_eq!(answer("帮助", false), Answer::Menu);
        assert_eq!(answer("吃了吗", false), Answer::Menu);
    }

    #[test]
    fn every_answer_is_short_enough_and_leads_into_the_mini_program() {
        let pages = Pages::default();
        let station = Station {
            name: "邢东政协第一驿站",
            mini_program: Some("wx0123456789abcdef"),
            pages: &pages,
        };
        let word = "0".repeat(32);
        for answer in [
            Answer::Welcome,
            Answer::WelcomeMember,
            Answer::Link,
            Answer::Menu,
            Answer::Topic(Topic::CheckIn),
        ] {
            let text = answer.text(&station, &word);
            assert!(!text.is_cut());
            let text = text.as_str();
            assert!(text.contains(r#"data-miniprogram-appid="wx0123456789abcdef""#));
            assert_eq!(text.contains(&word), answer.offers_link(), "{text}");
        }
        for topic in Topic::ALL {
            assert_eq!(Topic::asked(topic.zh()), Some(*topic));
        }
    }
}
