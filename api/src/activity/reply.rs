//! A member's answer to an invitation.

use domain::attendance::Reply;
use domain::content::{ContentField, ContentKind};
use domain::ids::LeaveRequestId;
use domain::leave::LeaveState;
use entity::activity;
use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};
use serde_json::json;

use super::service::part;
use super::status_now;
use crate::access::{On, op};
use crate::app::App;
use crate::content::service as content;
use crate::db::found;
use crate::error::{ApiError, Code, Result};
use crate::leave::service::{self as leave, Wish};

/// What a member answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// He comes.
    Attend,
    /// He asks for leave.
    Leave(Wish),
}

/// What the answer led to.
#[derive(Debug)]
pub struct Replied {
    /// The answer that stands.
    pub reply: Reply,
    /// The request for leave behind it.
    pub leave: Option<(LeaveRequestId, LeaveState)>,
}

/// Takes down an answer. The same answer once more changes nothing.
///
/// Who comes says so before the start, and a leave he had asked for is withdrawn. Leave may still
/// be asked for afterwards, as a late request, until the activity is closed.
pub async fn reply(
    app: &App,
    on: &On<op::Reply, activity::Model>,
    answer: Answer,
) -> Result<Replied> {
    // Who holds no part is told so below.
    let member = found(on.caller.member_id())?;
    let replied = on
        .write(app, async |write| {
            let (activity, attendance) = part(write, on.row.id, member).await?;
            if !status_now(&activity, write.at).open() {
                return Err(ApiError::new(Code::ReplyClosed));
            }
            write.about("activity", activity.id);
            let leave = match &answer {
                Answer::Attend if activity.starts_at <= write.at => {
                    return Err(ApiError::new(Code::ReplyClosed));
                }
                Answer::Attend => {
                    let withdrawn = leave::take_back(write, &activity, member).await?;
                    if attendance.reply == Reply::Attend && withdrawn.is_none() {
                        write.unchanged();
                        return Ok(Replied {
                            reply: Reply::Attend,
                            leave: None,
                        });
                    }
                    withdrawn
                }
                Answer::Leave(_) if attendance.checked_in_at.is_some() => {
                    return Err(ApiError::with(Code::ReplyClosed, "您已签到，不能再请假"));
                }
                Answer::Leave(wish) => {
                    let asked = leave::ask(write, &activity, member, wish).await?;
                    if asked.repeated && attendance.reply == Reply::Leave {
                        write.unchanged();
                        return Ok(Replied {
                            reply: Reply::Leave,
                            leave: Some((asked.row.id, asked.row.state)),
                        });
                    }
                    let request = (ContentKind::LeaveRequest, asked.row.id.0);
                    let texts = [(ContentField::Reason, wish.reason.as_str())];
                    content::check(app, write, &on.caller, request, &texts).await?;
                    Some(asked.row)
                }
            };
            let reply = match answer {
                Answer::Attend => Reply::Attend,
                Answer::Leave(_) => Reply::Leave,
            };
            let mut change = attendance.into_active_model();
            change.reply = Set(reply);
            change.replied_at = Set(Some(write.at));
            if reply == Reply::Attend {
                change.leave_reason = Set(None);
            }
            change.updated_at = Set(write.at);
            change.update(&write.txn).await?;
            let leave = leave.map(|row| (row.id, row.state));
            write.detail(json!({ "reply": reply, "leave_state": leave.map(|(_, state)| state) }));
            Ok(Replied { reply, leave })
        })
        .await?;
    app.work.notify_one();
    Ok(replied)
}
