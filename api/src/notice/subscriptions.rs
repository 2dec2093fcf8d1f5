//! What the mini-program may ask its user to subscribe to, and what he answered.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json};
use actix_web::{get, post};
use domain::ids::IdentityId;
use domain::notice::NoticePurpose;
use entity::{Scoped, committee, identity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credit::{self, Told};
use crate::access::{OperationType, Permit, op};
use crate::app::App;
use crate::cache::Limit;
use crate::db::found;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields};
use crate::wechat_apps::WechatApp;

/// How many templates `wx.requestSubscribeMessage` takes at once.
const AT_ONCE: usize = 5;
/// Reports of one member.
const REPORTS: Limit = Limit {
    name: "subscription",
    count: 60,
    seconds: 3600,
};

/// A template one can subscribe to.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionView {
    /// What `wx.requestSubscribeMessage` is asked for.
    template_id: String,
    /// What its messages tell.
    purposes: Vec<NoticePurpose>,
    /// Whether one agreement is good for every message. WeChat lets such templates not be asked
    /// for together with others.
    long_term: bool,
    /// How many messages the caller has agreed to and not got, as far as we know.
    credits: u64,
}

/// What the caller can be asked to subscribe to.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionsView {
    /// Every template, the most important purpose first.
    items: Vec<SubscriptionView>,
    /// Which of them to ask for at the next tap, at most five: those with the fewest messages left.
    ask: Vec<String>,
}

/// Which templates the mini-program may ask the caller to subscribe to, and how many messages of
/// each he has agreed to.
#[utoipa::path(tag = "notice", responses((status = 200, body = SubscriptionsView), (status = "default", body = Problem)))]
#[get("/me/subscriptions")]
pub async fn mine(
    app: Data<App>,
    permit: Permit<op::SubscriptionRead>,
) -> Result<Json<SubscriptionsView>> {
    Ok(Json(view(&app, &permit).await?))
}

/// What the user did with one template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub enum Choice {
    /// He agreed to one message.
    #[serde(
        rename = "accept",
        alias = "acceptWithAudio",
        alias = "acceptWithAlert"
    )]
    Accept,
    /// He did not.
    #[serde(rename = "reject")]
    Reject,
    /// WeChat has banned the template.
    #[serde(rename = "ban")]
    Ban,
    /// WeChat left it out because another has the same title.
    #[serde(rename = "filter")]
    Filter,
}

/// What `wx.requestSubscribeMessage` brought.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionReport {
    /// A name the phone gives to the tap, 8 to 64 letters, digits and `-`, so that a report that
    /// is repeated counts once.
    tap_id: String,
    /// Template to what WeChat answered for it, as it stands in the result.
    results: BTreeMap<String, Choice>,
}

/// Report a tap on the popup of `wx.requestSubscribeMessage`. Each `accept` is good for one
/// message. WeChat reports the same tap to us; it counts once.
#[utoipa::path(tag = "notice", request_body = SubscriptionReport, responses((status = 200, body = SubscriptionsView), (status = "default", body = Problem)))]
#[post("/me/subscriptions")]
pub async fn report(
    app: Data<App>,
    permit: Permit<op::SubscriptionReport>,
    body: Body<SubscriptionReport>,
) -> Result<Json<SubscriptionsView>> {
    let mut fields = Fields::default();
    let named = (8..=64).contains(&body.tap_id.len())
        && body
            .tap_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fields.check(
        named,
        "/tap_id",
        "malformed",
        "应为 8 到 64 位字母、数字或连字符",
    );
    let few = body.results.len() <= AT_ONCE;
    fields.check(few, "/results", "too_many", "一次最多 5 个模板");
    fields.finish()?;
    let mut fields = Fields::default();
    let account = account(&app, &permit).await?;
    let known = |template: &String| {
        let subscriptions = account.map(|account| &account.config.subscriptions);
        subscriptions.is_some_and(|all| all.values().any(|one| one.template_id == *template))
    };
    for template in body.results.keys() {
        fields.check(
            known(template),
            "/results",
            "unknown_template",
            "没有这个订阅模板",
        );
    }
    fields.finish()?;
    let now = app.clock.now();
    app.cache
        .take(REPORTS, &permit.caller.account_id().to_string(), now)
        .await?;
    let accepted: Vec<&String> = body
        .results
        .iter()
        .filter(|(_, choice)| **choice == Choice::Accept)
        .map(|(template, _)| template)
        .collect();
    if let Some(identity) = own(&app, &permit, account).await?
        && !accepted.is_empty()
    {
        permit
            .write(&app, async |write| {
                for template in &accepted {
                    let told = Told::ByClient(body.tap_id.clone());
                    let (txn, committee) = (&write.txn, write.committee);
                    credit::grant(txn, committee, identity, template, &told, write.at).await?;
                }
                write.about("identity", identity);
                write.detail(serde_json::json!({ "templates": accepted }));
                Ok(())
            })
            .await?;
    }
    Ok(Json(view(&app, &permit).await?))
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

async fn view<O: OperationType>(app: &App, permit: &Permit<O>) -> Result<SubscriptionsView> {
    let account = account(app, permit).await?;
    let identity = own(app, permit, account).await?;
    let left = match identity {
        Some(identity) => credit::left(app.db.read(), permit.committee(), &[identity]).await?,
        None => Default::default(),
    };
    let mut items: Vec<SubscriptionView> = Vec::new();
    let templates = account
        .into_iter()
        .flat_map(|one| &one.config.subscriptions);
    for (&purpose, template) in templates {
        match items
            .iter_mut()
            .find(|one| one.template_id == template.template_id)
        {
            Some(item) => item.purposes.push(purpose),
            None => items.push(SubscriptionView {
                credits: identity
                    .and_then(|identity| left.get(&(identity, template.template_id.clone())))
                    .copied()
                    .unwrap_or(0),
                template_id: template.template_id.clone(),
                purposes: vec![purpose],
                long_term: template.long_term,
            }),
        }
    }
    let mut one_time: Vec<&SubscriptionView> = items.iter().filter(|one| !one.long_term).collect();
    // The order of the purposes decides between equals.
    one_time.sort_by_key(|one| one.credits);
    let ask = one_time
        .into_iter()
        .take(AT_ONCE)
        .map(|one| one.template_id.clone())
        .collect();
    Ok(SubscriptionsView { items, ask })
}
