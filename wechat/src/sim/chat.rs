//! What a person sees when she opens an account's chat or her service notices: what she did, what
//! the account sent and answered, and the excuse WeChat makes for an account that does not answer.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::record::{Shown, ShownKind};
use super::reply::PassiveReply;
use super::state::World;

/// What a phone says when an account's server does not answer.
pub(super) const FAILURE: &str = "该公众号提供的服务出现故障，请稍后再试";

/// One line of a chat.
#[derive(Clone, Debug, Serialize)]
pub struct ChatLine {
    /// When, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// The account.
    pub app_id: String,
    /// Whose phone.
    pub person: String,
    /// It stands in 服务通知 and not in the account's own chat.
    pub in_notices: bool,
    /// Who speaks.
    pub speaker: Speaker,
    /// What is said; empty beside a message or a reply.
    pub text: String,
    /// A message the account sent through the API.
    pub message: Option<Shown>,
    /// What the account answered to a push.
    pub reply: Option<PassiveReply>,
}

/// Who speaks in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person.
    Person,
    /// The account.
    Account,
    /// WeChat itself, in small grey letters.
    WeChat,
}

impl World {
    fn line(&self, app_id: &str, person: &str, speaker: Speaker, text: &str) -> ChatLine {
        ChatLine {
            at: self.now(),
            app_id: app_id.to_owned(),
            person: person.to_owned(),
            in_notices: false,
            speaker,
            text: text.to_owned(),
            message: None,
            reply: None,
        }
    }

    /// The person writes.
    pub fn chat_from_person(&mut self, app_id: &str, person: &str, text: &str) {
        let line = self.line(app_id, person, Speaker::Person, text);
        self.chat.push(line);
    }

    /// WeChat remarks something.
    pub fn chat_remark(&mut self, app_id: &str, person: &str, text: &str) {
        let line = self.line(app_id, person, Speaker::WeChat, text);
        self.chat.push(line);
    }

    /// The account answered a push.
    pub fn chat_reply(&mut self, app_id: &str, person: &str, reply: PassiveReply) {
        let line = ChatLine {
            reply: Some(reply),
            ..self.line(app_id, person, Speaker::Account, "")
        };
        self.chat.push(line);
    }

    /// A message reaches a phone: subscription messages stand in 服务通知, except those of an
    /// official account the person follows.
    pub fn show(&mut self, shown: Shown) {
        let follows = self
            .people
            .get(&shown.person)
            .and_then(|person| person.ties.get(&shown.app_id))
            .is_some_and(|tie| tie.followed_at.is_some());
        let line = ChatLine {
            in_notices: shown.kind == ShownKind::Subscription && !follows,
            message: Some(shown.clone()),
            ..self.line(&shown.app_id, &shown.person, Speaker::Account, "")
        };
        self.chat.push(line);
        self.shown.push(shown);
    }

    /// A person's chat with an account, oldest first.
    pub fn chat_of(&self, app_id: &str, person: &str) -> Vec<ChatLine> {
        self.chat
            .iter()
            .filter(|line| !line.in_notices && line.app_id == app_id && line.person == person)
            .cloned()
            .collect()
    }

    /// A person's service notices, oldest first.
    pub fn notices_of(&self, person: &str) -> Vec<ChatLine> {
        self.chat
            .iter()
            .filter(|line| line.in_notices && line.person == person)
            .cloned()
            .collect()
    }
}
