//! Which template of an account tells of a purpose: the configuration says it first, the office may
//! say otherwise without a release.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::ids::{CommitteeId, MessageTemplateId};
use domain::notice::{Channel, NoticePurpose};
use entity::{Scoped, committee, message_template};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use serde_json::json;

use super::wording;
use crate::access::{OperationType, Permit, op};
use crate::app::App;
use crate::config::{AppKind, Template};
use crate::crypto::random;
use crate::db::found;
use crate::error::{ApiError, Code, Result};
use crate::extract::Fields;
use crate::wechat_apps::WechatApp;

/// What the office of a committee said of templates.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    said: HashMap<(String, Channel, NoticePurpose), Template>,
}

impl Templates {
    /// Reads it.
    pub async fn of(db: &impl ConnectionTrait, committee: CommitteeId) -> Result<Self> {
        let rows = message_template::Entity::of(committee).all(db).await?;
        let said = rows.into_iter().map(|row| {
            let fields = serde_json::from_value(row.fields).map_err(ApiError::internal)?;
            let template = Template {
                template_id: row.template_id,
                fields,
                long_term: row.long_term,
            };
            Ok(((row.app_id, row.channel, row.purpose), template))
        });
        Ok(Self {
            said: said.collect::<Result<_>>()?,
        })
    }

    /// The template of an account for a purpose, if it has one.
    pub fn get<'a>(
        &'a self,
        account: &'a WechatApp,
        channel: Channel,
        purpose: NoticePurpose,
    ) -> Option<&'a Template> {
        let configured = configured(account, channel)?;
        let key = (account.config.app_id.clone(), channel, purpose);
        match self.said.get(&key) {
            Some(said) => Some(said).filter(|said| !said.template_id.is_empty()),
            None => configured.get(&purpose),
        }
    }

    fn is_said(&self, account: &WechatApp, channel: Channel, purpose: NoticePurpose) -> bool {
        let key = (account.config.app_id.clone(), channel, purpose);
        self.said.contains_key(&key)
    }
}

/// The configured templates of a channel, where the account has that channel.
fn configured(account: &WechatApp, channel: Channel) -> Option<&BTreeMap<NoticePurpose, Template>> {
    match (channel, account.config.kind) {
        (Channel::OfficialAccount, AppKind::OfficialAccount) => Some(&account.config.templates),
        (Channel::AccountSubscription, AppKind::OfficialAccount)
        | (Channel::MiniProgram, AppKind::MiniProgram) => Some(&account.config.subscriptions),
        _ => None,
    }
}

/// The accounts of a caller's committee.
async fn accounts<'a, O: OperationType>(
    app: &'a App,
    permit: &Permit<O>,
) -> Result<impl Iterator<Item = &'a WechatApp>> {
    let committee = found(
        committee::Entity::find_by_id(permit.committee())
            .one(app.db.read())
            .await?,
    )?;
    let own = move |account: &&WechatApp| account.config.committee == committee.code;
    Ok(app.wechat_apps.all().filter(own))
}

/// One template in use.
#[derive(Clone, Debug)]
pub struct InUse {
    /// Which account.
    pub app_id: String,
    /// Which of its channels.
    pub channel: Channel,
    /// Of what it tells.
    pub purpose: NoticePurpose,
    /// The template, if there is one.
    pub template: Option<Template>,
    /// Whether the office said so; else the configuration did.
    pub by_office: bool,
}

/// The template of every account, channel and purpose of the caller's committee.
pub async fn list(app: &App, permit: &Permit<op::TemplateRead>) -> Result<Vec<InUse>> {
    let templates = Templates::of(app.db.read(), permit.committee()).await?;
    let mut list = Vec::new();
    for account in accounts(app, permit).await? {
        for &channel in Channel::ALL {
            if configured(account, channel).is_none() {
                continue;
            }
            list.extend(NoticePurpose::ALL.iter().map(|&purpose| InUse {
                app_id: account.config.app_id.clone(),
                channel,
                purpose,
                template: templates.get(account, channel, purpose).cloned(),
                by_office: templates.is_said(account, channel, purpose),
            }));
        }
    }
    Ok(list)
}

/// What the office says of one purpose of one account.
#[derive(Clone, Debug)]
pub struct Said {
    /// By which of its channels.
    pub channel: Channel,
    /// The template; one without id says that the purpose is not told of this way.
    pub template: Template,
}

/// Puts a template in force for what is sent from now on.
///
/// # Errors
/// `not_found` for an account that is not the committee's; `validation_failed` for fields that the
/// template does not have, that it lacks, or that take a value we do not have;
/// `wechat_unavailable` when WeChat cannot be asked.
pub async fn put(
    app: &App,
    permit: &Permit<op::TemplateWrite>,
    app_id: &str,
    purpose: NoticePurpose,
    said: Said,
) -> Result<InUse> {
    let account = accounts(app, permit)
        .await?
        .find(|account| account.config.app_id == app_id);
    let account = found(account)?;
    check(account, &said).await?;
    let Said { channel, template } = said;
    permit
        .write(app, async |write| {
            use message_template::Column as C;
            let there = message_template::Entity::of(write.committee)
                .filter(C::AppId.eq(app_id))
                .filter(C::Channel.eq(channel))
                .filter(C::Purpose.eq(purpose))
                .lock_exclusive()
                .one(&write.txn)
                .await?;
            let new = there.is_none();
            let row = row(write.committee, write.at, there.as_ref().map(|row| row.id));
            let row = message_template::Model {
                app_id: app_id.to_owned(),
                channel,
                purpose,
                template_id: template.template_id.clone(),
                fields: json!(template.fields),
                long_term: template.long_term,
                changed_by: write.account(),
                ..row
            };
            write.about("message_template", row.id);
            write.detail(json!({
                "app_id": app_id, "channel": channel, "purpose": purpose,
                "template_id": row.template_id, "fields": row.fields,
                "before": there.map(|row| row.template_id),
            }));
            let change = message_template::ActiveModel::from(row).reset_all();
            if new {
                // Two clerks can race past the look above; the unique index
                // `message_template_once` tells the second to look again.
                change.insert(&write.txn).await?;
            } else {
                change.update(&write.txn).await?;
            }
            Ok(())
        })
        .await?;
    Ok(InUse {
        app_id: app_id.to_owned(),
        channel,
        purpose,
        template: Some(template).filter(|template| !template.template_id.is_empty()),
        by_office: true,
    })
}

fn row(
    committee: CommitteeId,
    at: DateTime<Utc>,
    id: Option<MessageTemplateId>,
) -> message_template::Model {
    message_template::Model {
        committee_id: committee,
        id: id.unwrap_or_else(|| MessageTemplateId::new(at, random())),
        app_id: String::new(),
        channel: Channel::OfficialAccount,
        purpose: NoticePurpose::ActivityPublished,
        template_id: String::new(),
        fields: json!({}),
        long_term: false,
        changed_by: None,
        changed_at: at,
    }
}

/// Holds what the office says against what the account has.
async fn check(account: &WechatApp, said: &Said) -> Result<()> {
    let mut fields = Fields::default();
    let has_channel = configured(account, said.channel).is_some();
    fields.check(
        has_channel,
        "/channel",
        "unknown_channel",
        "该账号没有这种发送方式",
    );
    let template = &said.template;
    for (key, name) in &template.fields {
        let known = wording::NAMES.contains(&name.as_str());
        let message = format!("应为 {} 之一", wording::NAMES.join("、"));
        fields.check(known, &format!("/fields/{key}"), "unknown_value", &message);
    }
    fields.finish()?;
    if said.channel != Channel::OfficialAccount || template.template_id.is_empty() {
        return Ok(());
    }
    let there = account.client.templates().await.map_err(|error| ApiError {
        cause: Some(error.into()),
        ..ApiError::new(Code::WechatUnavailable)
    })?;
    let one = there
        .iter()
        .find(|one| one.template_id == template.template_id);
    let Some(one) = one else {
        let message = "该公众号没有这个模板";
        return Err(ApiError::field("/template_id", "unknown_template", message));
    };
    let wanted: BTreeSet<String> = one.field_keys().into_iter().collect();
    let mut fields = Fields::default();
    for key in &wanted {
        let filled = template.fields.contains_key(key);
        let message = format!("模板中的 {key} 须填写");
        fields.check(filled, &format!("/fields/{key}"), "required", &message);
    }
    for key in template.fields.keys() {
        let message = format!("模板中没有 {key}");
        let there = wanted.contains(key);
        fields.check(there, &format!("/fields/{key}"), "unknown_field", &message);
    }
    fields.finish()
}
