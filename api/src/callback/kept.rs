//! What of a push is kept until it is handled, and how it was answered.
//!
//! What people write stays out of it: only which topic it asked for. Of a scene only the hash is
//! kept, because a scene can be a word that links whoever has it.

use chrono::{DateTime, Utc};
use domain::follower::PushKind;
use serde::{Deserialize, Serialize};
use wechat::callback::{Event, JobOutcome, Push, SubscribeAnswer};

use super::links;
use super::reply::Answer;
use crate::app::App;
use crate::notice;

/// What of a push is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    /// The person, to the account.
    pub openid: String,
    /// The message a report is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msg_id: Option<i64>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Hash of the scene of a scanned code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_index: Option<String>,
    /// What was agreed to, or no longer, or reported on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscribed: Vec<Subscribed>,
    /// What was found in a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<KeptMedia>,
    /// How the push was answered, so that a second delivery is answered alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// One entry of a subscribe event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Subscribed {
    /// A message of this template was agreed to.
    Agreed(String),
    /// Messages of this template were declined.
    Declined(String),
    /// A message came to its end.
    Sent {
        msg_id: i64,
        /// 0 when it arrived.
        code: i64,
    },
}

impl Subscribed {
    fn answer(answer: &SubscribeAnswer) -> Self {
        let template = answer.template_id.clone();
        if answer.status.starts_with("accept") {
            Self::Agreed(template)
        } else {
            Self::Declined(template)
        }
    }
}

/// What WeChat found in a picture or a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptMedia {
    pub trace_id: String,
    pub code: Option<i64>,
    pub suggest: Option<String>,
    pub label: Option<i64>,
}

impl Kept {
    /// What is kept of `push`, and what it tells.
    pub fn of(app: &App, push: &Push) -> (PushKind, Self) {
        let mut kept = Self {
            openid: push.from_user_name.clone(),
            ..Self::default()
        };
        let scene_index = |scene: &Option<String>| {
            let scene = scene.as_deref().filter(|scene| !scene.is_empty());
            scene.map(|scene| links::index(app, scene))
        };
        let kind = match &push.event {
            Event::TemplateSendJobFinish { msg_id, outcome } => {
                kept.msg_id = Some(*msg_id);
                kept.status = Some(spell(outcome).to_owned());
                PushKind::TemplateFinished
            }
            Event::Subscribe { scene, .. } => {
                kept.scene_index = scene_index(scene);
                PushKind::Subscribe
            }
            Event::Scan { scene, .. } => {
                kept.scene_index = scene_index(scene);
                PushKind::Scan
            }
            Event::Unsubscribe => PushKind::Unsubscribe,
            Event::SubscribePopup { answers } => {
                kept.subscribed = answers.iter().map(Subscribed::answer).collect();
                PushKind::SubscribeAnswered
            }
            Event::SubscribeChange { answers } => {
                kept.subscribed = answers.iter().map(Subscribed::answer).collect();
                PushKind::SubscribeChanged
            }
            Event::SubscribeMessageSent { sent } => {
                kept.subscribed = sent
                    .iter()
                    .filter_map(|sent| {
                        Some(Subscribed::Sent {
                            msg_id: sent.msg_id?,
                            code: sent.code.unwrap_or(0),
                        })
                    })
                    .collect();
                PushKind::SubscribeSent
            }
            Event::MediaCheck {
                trace_id,
                code,
                suggest,
                label,
            } => {
                kept.media = Some(KeptMedia {
                    trace_id: trace_id.clone(),
                    code: *code,
                    suggest: suggest.clone(),
                    label: *label,
                });
                PushKind::MediaChecked
            }
            Event::Text { .. } => PushKind::Text,
            Event::Click { .. } => PushKind::Click,
            Event::View { .. } | Event::Other { .. } => PushKind::Other,
        };
        (kind, kept)
    }

    /// The report on a message, if the push is one.
    pub fn report(&self, app_id: &str) -> Option<notice::Report> {
        let outcome = JobOutcome::read(self.status.as_deref()?);
        Some(notice::Report {
            app_id: app_id.to_owned(),
            msg_id: self.msg_id?,
            outcome,
        })
    }
}

/// When a push happened, by WeChat's clock.
pub(super) fn happened(create_time: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(create_time, 0)
}

fn spell(outcome: &JobOutcome) -> &str {
    match outcome {
        JobOutcome::Success => "success",
        JobOutcome::UserBlock => "failed:user block",
        JobOutcome::SystemFailed => "failed:system failed",
        JobOutcome::FreqLimit => "failed:freq limit",
        JobOutcome::Other(word) => word,
    }
}
