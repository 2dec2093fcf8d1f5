//! Opening a closed period again, by two people; and taking back what was only proposed.

use domain::closing::{PeriodStatus, PeriodStep};
use entity::period;
use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};
use serde_json::json;

use super::closing::{after, leader, lock, office};
use super::find;
use crate::access::{Permit, op, second_person};
use crate::app::App;
use crate::db::found;
use crate::error::{ApiError, Result};

/// What is said with a reopening.
#[derive(Clone, Debug, Default)]
pub struct Why {
    /// Why; asked of whoever proposes it.
    pub reason: Option<String>,
    /// The number of the document; asked of whoever proposes it.
    pub document: Option<String>,
}

/// Proposes to open a closed period again, or opens it when that was proposed. Its sheets stay
/// where they are; a later closing makes the next revisions.
///
/// # Errors
/// `wrong_step`; `validation_failed` for a proposal without reason or document;
/// `second_person_required` as in closing.
pub async fn reopen(
    app: &App,
    permit: &Permit<op::PeriodReopen>,
    name: &str,
    why: &Why,
) -> Result<period::Model> {
    let seen = found(find(app.db.read(), permit.committee(), name).await?)?;
    permit
        .write(app, async |write| {
            let row = lock(write, seen.id).await?;
            write.about("period", row.id);
            let version = row.row_version;
            if row.status == PeriodStatus::Reopening {
                let status = after(&row, PeriodStep::Reopen)?;
                let proposers: Vec<_> = row.reopen_proposed_by.into_iter().collect();
                let refusal = "提出重新打开的人不能自己决定，须由另一人办理";
                second_person(write, &permit.caller, &proposers, &[], refusal).await?;
                leader(&permit.caller)?;
                write.detail(json!({
                    "key": row.key, "step": "reopen", "closing": row.closings,
                    "document": row.reopen_document, "sheets_hash": row.sheets_hash,
                }));
                let mut row = row.into_active_model();
                row.status = Set(status);
                row.reopened_by = Set(Some(permit.caller.account_id()));
                row.reopened_at = Set(Some(write.at));
                row.row_version = Set(version + 1);
                return Ok(row.update(&write.txn).await?);
            }
            let status = after(&row, PeriodStep::ProposeReopening)?;
            office(&permit.caller)?;
            let required = |pointer: &str| ApiError::field(pointer, "required", "必填");
            let reason = why.reason.clone().ok_or_else(|| required("/reason"))?;
            let document = why.document.clone().ok_or_else(|| required("/document"))?;
            write.detail(json!({
                "key": row.key, "step": "propose", "closing": row.closings, "document": document,
            }));
            let mut row = row.into_active_model();
            row.status = Set(status);
            row.reopen_proposed_by = Set(Some(permit.caller.account_id()));
            row.reopen_reason = Set(Some(reason));
            row.reopen_document = Set(Some(document));
            row.row_version = Set(version + 1);
            Ok(row.update(&write.txn).await?)
        })
        .await
}

/// Takes back a proposal to close a period, or to open it again.
///
/// # Errors
/// `wrong_step` when nothing is proposed.
pub async fn withdraw(
    app: &App,
    permit: &Permit<op::PeriodWithdraw>,
    name: &str,
    reason: &str,
) -> Result<period::Model> {
    let seen = found(find(app.db.read(), permit.committee(), name).await?)?;
    permit
        .write(app, async |write| {
            let row = lock(write, seen.id).await?;
            let status = after(&row, PeriodStep::Withdraw)?;
            write.about("period", row.id);
            write.detail(json!({ "key": row.key, "from": row.status, "reason": reason }));
            let version = row.row_version;
            let mut row = row.into_active_model();
            row.status = Set(status);
            row.row_version = Set(version + 1);
            Ok(row.update(&write.txn).await?)
        })
        .await
}
