//! HTTP for deliveries and reminders.

use actix_web::web::{Data, Json};
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use domain::attendance::Reply;
use domain::ids::{ActivityId, DeliveryId, MemberId, NoticeId};
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use entity::{activity, delivery, notice};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::service;
use super::sheet::{self, Sheet, Told};
use crate::access::{On, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, Params, instant};

/// One channel by which one member was told.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Id, for noting a phone call.
    #[schema(value_type = String)]
    id: DeliveryId,
    /// By which way.
    channel: Channel,
    /// Where it stands.
    state: DeliveryState,
    /// Why it is there, as a stable word; for a phone call what was noted.
    reason: Option<String>,
    /// How often WeChat was asked.
    attempts: i32,
    /// How often it was begun anew.
    resent: i32,
    /// When it reached its final state.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    settled_at: Option<DateTime<Utc>>,
}

impl From<delivery::Model> for DeliveryView {
    fn from(row: delivery::Model) -> Self {
        Self {
            id: row.id,
            channel: row.channel,
            state: row.state,
            reason: row.reason,
            attempts: row.attempts,
            resent: row.round,
            settled_at: row.settled_at,
        }
    }
}

/// How one member was told.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToldView {
    /// The member.
    #[schema(value_type = String)]
    member_id: MemberId,
    /// His name.
    name: String,
    /// One for each channel.
    deliveries: Vec<DeliveryView>,
    /// When he read the notice in the mini-program.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    read_at: Option<DateTime<Utc>>,
    /// What he answered.
    reply: Reply,
    /// Whether somebody still has to phone him.
    needs_call: bool,
}

impl From<Told> for ToldView {
    fn from(told: Told) -> Self {
        Self {
            needs_call: told.needs_call(),
            member_id: told.member.id,
            name: told.member.name,
            deliveries: told
                .deliveries
                .into_iter()
                .map(DeliveryView::from)
                .collect(),
            read_at: told.read_at,
            reply: told.reply,
        }
    }
}

/// How many of the members were reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliverySummary {
    /// How many were to be told.
    members: usize,
    /// WeChat delivered it, somebody phoned, or the member read it or replied.
    reached: usize,
    /// Still to be phoned.
    phone_needed: usize,
    /// No way could deliver, and nobody phoned yet.
    failed: usize,
    /// Nobody knows whether WeChat delivered.
    unknown: usize,
    /// WeChat is still at it.
    pending: usize,
}

/// A notice of an activity.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeView {
    /// Id.
    #[schema(value_type = String)]
    id: NoticeId,
    /// Why it was sent.
    purpose: NoticePurpose,
    /// Its title.
    title: String,
    /// When.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    created_at: DateTime<Utc>,
}

impl From<notice::Model> for NoticeView {
    fn from(row: notice::Model) -> Self {
        Self {
            id: row.id,
            purpose: row.purpose,
            title: row.title,
            created_at: row.created_at,
        }
    }
}

/// The notices of an activity, and how one of them fared.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliverySheetView {
    /// The notice shown, if there is any.
    #[schema(value_type = Option<String>)]
    notice_id: Option<NoticeId>,
    /// All notices, newest first.
    notices: Vec<NoticeView>,
    /// Counts.
    summary: DeliverySummary,
    /// Who was told, by name.
    items: Vec<ToldView>,
}

impl From<Sheet> for DeliverySheetView {
    fn from(sheet: Sheet) -> Self {
        let count = |is: fn(&Told) -> bool| sheet.told.iter().filter(|told| is(told)).count();
        Self {
            notice_id: sheet.shown,
            summary: DeliverySummary {
                members: sheet.told.len(),
                reached: count(Told::reached),
                phone_needed: count(Told::needs_call),
                failed: count(Told::failed),
                unknown: count(Told::unknown),
                pending: count(Told::pending),
            },
            notices: sheet.notices.into_iter().map(NoticeView::from).collect(),
            items: sheet.told.into_iter().map(ToldView::from).collect(),
        }
    }
}

/// Which notice.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryParams {
    /// One of `notices`; the newest that is no reminder unless told.
    #[param(value_type = Option<String>)]
    notice_id: Option<NoticeId>,
}

/// Who was reached by a notice of an activity, by which way, and who is still to be phoned.
#[utoipa::path(tag = "notice", params(("activity_id" = String, Path), DeliveryParams), responses((status = 200, body = DeliverySheetView), (status = "default", body = Problem)))]
#[get("/activities/{activity_id}/deliveries")]
pub async fn deliveries(
    app: Data<App>,
    on: On<op::DeliveryList, activity::Model>,
    params: Params<DeliveryParams>,
) -> Result<Json<DeliverySheetView>> {
    Ok(Json(
        sheet::sheet(&app, &on, params.notice_id).await?.into(),
    ))
}

/// By which way one member would be told.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReachedView {
    /// The member.
    #[schema(value_type = String)]
    member_id: MemberId,
    /// His name.
    name: String,
    /// The best way that can work now; `phone` where he has nothing but the inbox.
    channel: Channel,
}

/// Who would be reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReachView {
    /// How many are to be told.
    members: usize,
    /// How many of them an official account reaches by a template message.
    official_account: usize,
    /// How many an official account reaches by a subscription message.
    account_subscription: usize,
    /// How many the mini-program reaches by a subscription message.
    mini_program: usize,
    /// How many have only the inbox and are to be phoned.
    inbox_only: usize,
    /// The same as a sentence.
    message: String,
    /// Each of them, those to be phoned first, then by name.
    items: Vec<ReachedView>,
}

/// Who would be reached if the activity were announced now, and by which way. Ask before
/// publishing.
#[utoipa::path(tag = "notice", params(("activity_id" = String, Path)), responses((status = 200, body = ReachView), (status = "default", body = Problem)))]
#[get("/activities/{activity_id}/reach-preview")]
pub async fn reach_preview(
    app: Data<App>,
    on: On<op::DeliveryList, activity::Model>,
) -> Result<Json<ReachView>> {
    let (preview, names) = service::reach_preview(&app, &on).await?;
    let members = preview.members.len();
    let inbox_only = preview.count(Channel::Phone);
    let reached = members - inbox_only;
    let mut items: Vec<ReachedView> = preview
        .members
        .iter()
        .map(|&(member_id, channel)| ReachedView {
            member_id,
            name: names.get(&member_id).cloned().unwrap_or_default(),
            channel,
        })
        .collect();
    items.sort_by(|a, b| {
        let key = |one: &ReachedView| {
            (
                one.channel != Channel::Phone,
                one.name.clone(),
                one.member_id,
            )
        };
        key(a).cmp(&key(b))
    });
    Ok(Json(ReachView {
        members,
        official_account: preview.count(Channel::OfficialAccount),
        account_subscription: preview.count(Channel::AccountSubscription),
        mini_program: preview.count(Channel::MiniProgram),
        inbox_only,
        message: match inbox_only {
            0 => format!("能送达 {reached} / {members}"),
            _ => format!("能送达 {reached} / {members}，请电话通知 {inbox_only}"),
        },
        items,
    }))
}

/// What to say in addition.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReminder {
    /// At most 100 characters.
    message: Option<String>,
}

/// Whom a reminder went to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReminderSent {
    /// Which activity.
    #[schema(value_type = String)]
    activity_id: ActivityId,
    /// How many members had not replied and were reminded.
    members: usize,
}

/// Remind those who have not replied, at most twice a day.
#[utoipa::path(tag = "notice", params(("activity_id" = String, Path)), request_body = NewReminder, responses((status = 200, body = ReminderSent), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/remind")]
pub async fn remind(
    app: Data<App>,
    on: On<op::Remind, activity::Model>,
    body: Body<NewReminder>,
) -> Result<Json<ReminderSent>> {
    let mut fields = Fields::default();
    let message = body
        .message
        .as_deref()
        .map(|message| fields.line("/message", message, 100));
    fields.finish()?;
    let members = service::remind(&app, &on, message).await?;
    Ok(Json(ReminderSent {
        activity_id: on.row.id,
        members,
    }))
}

/// What was said on the phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneNote {
    /// At most 100 characters.
    note: Option<String>,
}

/// Note that the member was told on the phone.
#[utoipa::path(tag = "notice", params(("delivery_id" = String, Path)), request_body = PhoneNote, responses((status = 200, body = DeliveryView), (status = "default", body = Problem)))]
#[post("/deliveries/{delivery_id}/phoned")]
pub async fn phoned(
    app: Data<App>,
    on: On<op::DeliveryPhone, delivery::Model>,
    body: Body<PhoneNote>,
) -> Result<Json<DeliveryView>> {
    let mut fields = Fields::default();
    let note = body
        .note
        .as_deref()
        .map(|note| fields.line("/note", note, 100));
    fields.finish()?;
    Ok(Json(service::phoned(&app, &on, note).await?.into()))
}
