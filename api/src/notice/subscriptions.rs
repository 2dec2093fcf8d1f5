//! What the mini-program may ask its user to subscribe to, and what he answered.

use std::collections::HashMap;

use domain::ids::IdentityId;
use domain::notice::{Channel, NoticePurpose};
use entity::{Scoped, committee, identity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::credit::{self, Told};
use super::templates::Templates;
use crate::access::{OperationType, Permit, op};
use crate::app::App;
use crate::cache::Limit;
use crate::config::Template;
use crate::db::found;
use crate::error::{ApiError, Result};
use crate::extract::Fields;
use crate::wechat_apps::WechatApp;

/// Reports of one member.
const REPORTS: Limit = Limit {
    name: "subscription",
    count: 60,
    seconds: 3600,
};

/// A template one can subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// WeChat's id of it.
    pub template_id: String,
    /// What its messages tell.
    pub purposes: Vec<NoticePurpose>,
    /// Whether one agreement is good for every message.
    pub long_term: bool,
    /// How many messages the caller has agreed to and not got, as far as we know.
    pub credits: u64,
}

/// What the caller can be asked to subscribe to, the most important purpose first.
pub async fn all<O: OperationType>(app: &App, permit: &Permit<O>) -> Result<Vec<Subscription>> {
    let account = account(app, permit).await?;
    let identity = own(app, permit, account).await?;
    let left = match identity {
        Some(identity) => credit::left(app.db.read(), permit.committee(), &[identity]).await?,
        None => HashMap::new(),
    };
    let mut all: Vec<Subscription> = Vec::new();
    for (purpose, template) in templates(app, permit, account).await? {
        let same = |one: &&mut Subscription| one.template_id == template.template_id;
        if let Some(one) = all.iter_mut().find(same) {
            one.purposes.push(purpose);
            continue;
        }
        all.push(Subscription {
            credits: identity
                .and_then(|identity| left.get(&(identity, template.template_id.clone())))
                .copied()
                .unwrap_or(0),
            template_id: template.template_id.clone(),
            purposes: vec![purpose],
            long_term: template.long_term,
        });
    }
    Ok(all)
}

/// Notes that the caller agreed to a message of each of these templates with one tap.
///
/// # Errors
/// `validation_failed` for a template the mini-program does not have.
pub async fn agreed(
    app: &App,
    permit: &Permit<op::SubscriptionReport>,
    tap: &str,
    accepted: &[String],
) -> Result<()> {
    let account = account(app, permit).await?;
    let mut fields = Fields::default();
    let templates = templates(app, permit, account).await?;
    for template in accepted {
        let known = templates
            .iter()
            .any(|(_, one)| one.template_id == *template);
        fields.check(known, "/results", "unknown_template", "没有这个订阅模板");
    }
    fields.finish()?;
    let caller = permit.caller.account_id().to_string();
    app.cache.take(REPORTS, &caller, app.clock.now()).await?;
    let identity = own(app, permit, account).await?;
    let Some(identity) = identity.filter(|_| !accepted.is_empty()) else {
        return Ok(());
    };
    permit
        .write(app, async |write| {
            for template in accepted {
                let told = Told::ByClient(tap.to_owned());
                let (txn, committee) = (&write.txn, write.committee);
                credit::grant(txn, committee, identity, template, &told, write.at).await?;
            }
            write.about("identity", identity);
            write.detail(json!({ "templates": accepted }));
            Ok(())
        })
        .await
}

/// What the mini-program has a template for.
async fn templates<O: OperationType>(
    app: &App,
    permit: &Permit<O>,
    account: Option<&WechatApp>,
) -> Result<Vec<(NoticePurpose, Template)>> {
    let templates = Templates::of(app.db.read(), permit.committee()).await?;
    let of = |&purpose: &NoticePurpose| {
        let template = templates.get(account?, Channel::MiniProgram, purpose)?;
        Some((purpose, template.clone()))
    };
    Ok(NoticePurpose::ALL.iter().filter_map(of).collect())
}

/// The mini-program of the caller's committee.
async fn account<'a, O: OperationType>(
    app: &'a App,
    permit: &Permit<O>,
) -> Result<Option<&'a WechatApp>> {
    let committee = found(
        committee::Entity::find_by_id(permit.committee())
            .one(app.db.read())
            .await?,
    )?;
    Ok(app.wechat_apps.mini_program(&committee.code))
}

/// The caller as his mini-program knows him.
async fn own<O: OperationType>(
    app: &App,
    permit: &Permit<O>,
    account: Option<&WechatApp>,
) -> Result<Option<IdentityId>> {
    let member = permit.caller.member_id().ok_or_else(ApiError::not_found)?;
    let Some(account) = account else {
        return Ok(None);
    };
    let row = identity::Entity::of(permit.committee())
        .filter(identity::Column::AppId.eq(account.config.app_id.as_str()))
        .filter(identity::Column::MemberId.eq(member))
        .one(app.db.read())
        .await?;
    Ok(row.map(|row| row.id))
}
