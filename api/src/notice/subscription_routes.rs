//! HTTP for subscriptions to messages of the mini-program.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json};
use actix_web::{get, post};
use domain::notice::NoticePurpose;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::subscriptions::{self, Subscription};
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields};

/// How many templates `wx.requestSubscribeMessage` takes at once.
const AT_ONCE: usize = 5;

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

impl From<Vec<Subscription>> for SubscriptionsView {
    fn from(all: Vec<Subscription>) -> Self {
        let mut one_time: Vec<&Subscription> = all.iter().filter(|one| !one.long_term).collect();
        // The order of the purposes decides between equals.
        one_time.sort_by_key(|one| one.credits);
        let ask = one_time
            .into_iter()
            .take(AT_ONCE)
            .map(|one| one.template_id.clone())
            .collect();
        let items = all
            .into_iter()
            .map(|one| SubscriptionView {
                template_id: one.template_id,
                purposes: one.purposes,
                long_term: one.long_term,
                credits: one.credits,
            })
            .collect();
        Self { items, ask }
    }
}

/// Which templates the mini-program may ask the caller to subscribe to, and how many messages of
/// each he has agreed to.
#[utoipa::path(tag = "notice", responses((status = 200, body = SubscriptionsView), (status = "default", body = Problem)))]
#[get("/me/subscriptions")]
pub async fn my_subscriptions(
    app: Data<App>,
    permit: Permit<op::SubscriptionRead>,
) -> Result<Json<SubscriptionsView>> {
    Ok(Json(subscriptions::all(&app, &permit).await?.into()))
}

/// What the user did with one template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = SubscriptionChoice)]
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
pub async fn report_subscriptions(
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
    let accepted: Vec<String> = body
        .results
        .iter()
        .filter(|(_, choice)| **choice == Choice::Accept)
        .map(|(template, _)| template.clone())
        .collect();
    subscriptions::agreed(&app, &permit, &body.tap_id, &accepted).await?;
    Ok(Json(subscriptions::all(&app, &permit).await?.into()))
}
