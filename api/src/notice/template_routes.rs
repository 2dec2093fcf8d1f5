//! HTTP for the templates of accounts.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json, Path};
use actix_web::{get, put};
use domain::notice::{Channel, NoticePurpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::templates::{self, InUse, Said};
use crate::access::{Permit, op};
use crate::app::App;
use crate::config::Template;
use crate::error::{ApiError, Problem, Result};
use crate::extract::Body;

/// The template by which one account tells of one purpose.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateView {
    /// The `AppID` of the account.
    app_id: String,
    /// Which of its channels.
    channel: Channel,
    /// Of what it tells.
    purpose: NoticePurpose,
    /// WeChat's id of the template; none where the purpose is not told of this way.
    template_id: Option<String>,
    /// Template key, such as `thing1`, to our own name of the value, such as `title`.
    fields: BTreeMap<String, String>,
    /// Of a subscription: whether one agreement is good for every message.
    long_term: bool,
    /// Whether the office said so; else the configuration file did.
    by_office: bool,
}

impl From<InUse> for TemplateView {
    fn from(one: InUse) -> Self {
        let (template_id, fields, long_term) = match one.template {
            Some(template) => (
                Some(template.template_id),
                template.fields,
                template.long_term,
            ),
            None => (None, BTreeMap::new(), false),
        };
        Self {
            app_id: one.app_id,
            channel: one.channel,
            purpose: one.purpose,
            template_id,
            fields,
            long_term,
            by_office: one.by_office,
        }
    }
}

/// The templates of a committee's accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateList {
    /// One for each account, channel and purpose.
    items: Vec<TemplateView>,
}

/// By which template each account tells of each purpose.
#[utoipa::path(tag = "notice", responses((status = 200, body = TemplateList), (status = "default", body = Problem)))]
#[get("/wechat/templates")]
pub async fn message_templates(
    app: Data<App>,
    permit: Permit<op::TemplateRead>,
) -> Result<Json<TemplateList>> {
    let items = templates::list(&app, &permit).await?;
    Ok(Json(TemplateList {
        items: items.into_iter().map(TemplateView::from).collect(),
    }))
}

/// A template for one purpose of one account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    /// By which of its channels: `official_account`, `account_subscription`, `mini_program`.
    channel: Channel,
    /// WeChat's id of the template; empty where the purpose is not to be told of this way.
    template_id: String,
    /// Template key, such as `thing1`, to one of `title`, `time`, `venue`, `group`, `reply_by`,
    /// `reason`, `result`, `remark`, `purpose`. For a template message it is held against what the
    /// account has at WeChat.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// Of a subscription: whether one agreement is good for every message.
    #[serde(default)]
    long_term: bool,
}

/// Say by which template an account tells of a purpose, in place of what the configuration file
/// says. It counts for what is sent from now on.
#[utoipa::path(tag = "notice", params(("app_id" = String, Path), ("purpose" = NoticePurpose, Path)), request_body = NewTemplate, responses((status = 200, body = TemplateView), (status = "default", body = Problem)))]
#[put("/wechat/templates/{app_id}/{purpose}")]
pub async fn put_message_template(
    app: Data<App>,
    permit: Permit<op::TemplateWrite>,
    path: Path<(String, String)>,
    body: Body<NewTemplate>,
) -> Result<Json<TemplateView>> {
    let (app_id, purpose) = path.into_inner();
    let purpose = purpose.parse().map_err(|_| ApiError::not_found())?;
    let said = Said {
        channel: body.channel,
        template: Template {
            template_id: body.template_id.trim().to_owned(),
            fields: body.fields.clone(),
            long_term: body.long_term,
        },
    };
    let in_use = templates::put(&app, &permit, &app_id, purpose, said).await?;
    Ok(Json(in_use.into()))
}
