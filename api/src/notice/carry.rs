//! One notice, made ready for every account: filling a template and handing it to WeChat.

use std::collections::HashMap;

use domain::notice::Channel;
use domain::notice::delivery::Answer;
use entity::{committee, delivery, identity, notice};
use sea_orm::EntityTrait;
use wechat::subscribe::{BizMessage, MiniProgramState, SubscribeMessage};
use wechat::template::{MiniProgram, TemplateMessage};
use wechat::{Error, values};

use super::templates::Templates;
use super::verdict::{Heard, NO_RECIPIENT, judge};
use super::wording;
use crate::app::App;
use crate::db::found;
use crate::error::Result;
use crate::wechat_apps::WechatApp;

/// A message without its recipient, or the reason why it cannot be written.
#[derive(Debug)]
struct Prepared {
    data: Result<Vec<(String, String)>, String>,
    template_id: String,
    long_term: bool,
}

/// A notice, ready for each account and channel.
#[derive(Debug)]
pub struct Letter<'a> {
    app: &'a App,
    page: Option<MiniProgram>,
    prepared: HashMap<(String, Channel), Prepared>,
}

impl<'a> Letter<'a> {
    /// Fills the templates of every account that has one for the notice.
    pub async fn prepare(app: &'a App, notice: &notice::Model) -> Result<Self> {
        let committee = found(
            committee::Entity::find_by_id(notice.committee_id)
                .one(app.db.read())
                .await?,
        )?;
        let page = app
            .wechat_apps
            .mini_program(&committee.code)
            .map(|account| MiniProgram {
                appid: account.config.app_id.clone(),
                pagepath: match notice.activity_id {
                    Some(activity) => format!("pages/activity/index?id={activity}"),
                    None => "pages/score/index".to_owned(),
                },
            });
        let fields = notice.fields.as_object().cloned().unwrap_or_default();
        let templates = Templates::of(app.db.read(), notice.committee_id).await?;
        let mut prepared = HashMap::new();
        let accounts = app
            .wechat_apps
            .all()
            .filter(|account| account.config.committee == committee.code);
        for account in accounts {
            for &channel in Channel::ALL {
                let Some(template) = templates.get(account, channel, notice.purpose) else {
                    continue;
                };
                let data: Vec<_> = template
                    .fields
                    .iter()
                    .map(|(key, name)| {
                        (key.clone(), values::fit(key, wording::value(&fields, name)))
                    })
                    .collect();
                let unfit = data
                    .iter()
                    .find_map(|(key, value)| values::check(key, value).err());
                if let Some(error) = &unfit {
                    tracing::error!(app_id = account.config.app_id, purpose = %notice.purpose, %error, "a template cannot be filled");
                }
                let ready = Prepared {
                    data: unfit.map_or(Ok(data), |error| Err(format!("value_{}", error.key))),
                    template_id: template.template_id.clone(),
                    long_term: template.long_term,
                };
                prepared.insert((account.config.app_id.clone(), channel), ready);
            }
        }
        Ok(Self {
            app,
            page,
            prepared,
        })
    }

    /// The template by which the notice goes out through an account, if it has one, and whether
    /// one agreement to it is good for every message.
    pub fn template(&self, app_id: &str, channel: Channel) -> Option<(&str, bool)> {
        self.prepared
            .get(&(app_id.to_owned(), channel))
            .map(|ready| (ready.template_id.as_str(), ready.long_term))
    }

    /// Hands one message to WeChat and hears what it says.
    pub async fn send(&self, row: &delivery::Model, person: &identity::Model) -> Heard {
        let unsendable = |reason: &str| Heard::unasked(Answer::Unsendable(reason.to_owned()));
        let app_id = person.app_id.as_str();
        let key = (app_id.to_owned(), row.channel);
        let (Some(account), Some(ready)) =
            (self.app.wechat_apps.get(app_id), self.prepared.get(&key))
        else {
            return unsendable("account_gone");
        };
        let data = match &ready.data {
            Ok(data) => data.clone(),
            Err(reason) => return unsendable(reason),
        };
        let answer = self.hand_over(account, ready, data, row, person).await;
        let mut heard = judge(&answer, self.app.clock.now());
        let unknown = heard.refusal.as_ref().and_then(|one| one.code) == Some(NO_RECIPIENT);
        if unknown && matches!(heard.answer, Answer::NoRecipient(_)) {
            heard.answer = Answer::NoRecipient(follows(account, row.channel, &person.openid).await);
        }
        heard
    }

    async fn hand_over(
        &self,
        account: &WechatApp,
        ready: &Prepared,
        data: Vec<(String, String)>,
        row: &delivery::Model,
        person: &identity::Model,
    ) -> Result<Option<i64>, Error> {
        let touser = person.openid.clone();
        let template_id = ready.template_id.clone();
        match row.channel {
            Channel::AccountSubscription => {
                let message = BizMessage {
                    touser,
                    template_id,
                    page: None,
                    miniprogram: self.page.clone(),
                    data,
                };
                account.client.send_biz(&message).await.map(|()| None)
            }
            Channel::MiniProgram => {
                let message = SubscribeMessage {
                    touser,
                    template_id,
                    page: self.page.as_ref().map(|page| page.pagepath.clone()),
                    data,
                    state: MiniProgramState::Formal,
                };
                account.client.send_subscribe(&message).await
            }
            Channel::OfficialAccount | Channel::Inbox | Channel::Phone => {
                let message = TemplateMessage {
                    touser,
                    template_id,
                    url: None,
                    miniprogram: self.page.clone(),
                    client_msg_id: Some(row.client_msg_id.clone()),
                    data,
                };
                account.client.send_template(&message).await.map(Some)
            }
        }
    }
}

/// Whether somebody follows after all whom WeChat did not know a moment ago. The mini-program has
/// nobody to ask about.
async fn follows(account: &WechatApp, channel: Channel, openid: &str) -> Option<bool> {
    if channel == Channel::MiniProgram {
        return Some(false);
    }
    match account.client.user_info(openid).await {
        Ok(info) => Some(info.follows),
        Err(Error::Api(error)) if error.code == NO_RECIPIENT => Some(false),
        Err(_) => None,
    }
}
