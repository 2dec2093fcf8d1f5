//! A member's own inbox.

use domain::ids::{InboxMessageId, MemberId};
use entity::{Scoped, attendance, inbox_message};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};

use crate::access::{Permit, op};
use crate::app::App;
use crate::db::found;
use crate::error::{ApiError, Result};
use crate::extract::Page;

fn owner(permit: &Permit<op::InboxRead>) -> Result<MemberId> {
    permit.caller.member_id().ok_or_else(ApiError::not_found)
}

/// The messages of the caller, newest first; only those he has not read yet if `unread`.
pub async fn messages(
    app: &App,
    permit: &Permit<op::InboxRead>,
    unread: bool,
    (skip, limit): (u64, u64),
) -> Result<Page<inbox_message::Model>> {
    let mut query = inbox_message::Entity::of(permit.committee())
        .filter(inbox_message::Column::MemberId.eq(owner(permit)?));
    if unread {
        query = query.filter(inbox_message::Column::ReadAt.is_null());
    }
    let total = query.clone().count(app.db.read()).await?;
    let items = query
        .order_by_desc(inbox_message::Column::CreatedAt)
        .order_by_desc(inbox_message::Column::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    Ok(Page::new(items, total, skip))
}

/// Notes that the caller read a message of his, and with the first one that he knows of the
/// activity.
pub async fn read(
    app: &App,
    permit: &Permit<op::InboxRead>,
    id: InboxMessageId,
) -> Result<inbox_message::Model> {
    let member = owner(permit)?;
    permit
        .write(app, async |write| {
            let row = found(
                inbox_message::Entity::find_by_id((write.committee, id))
                    .filter(inbox_message::Column::MemberId.eq(member))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            if row.read_at.is_some() {
                write.unchanged();
                return Ok(row);
            }
            if let Some(activity) = row.activity_id {
                attendance::Entity::update_many()
                    .col_expr(attendance::Column::ReadAt, Expr::value(Some(write.at)))
                    .filter(attendance::Column::CommitteeId.eq(write.committee))
                    .filter(attendance::Column::ActivityId.eq(activity))
                    .filter(attendance::Column::MemberId.eq(member))
                    .filter(attendance::Column::ReadAt.is_null())
                    .exec(&write.txn)
                    .await?;
            }
            let mut row = row.into_active_model();
            row.read_at = Set(Some(write.at));
            write.about("inbox_message", id);
            Ok(row.update(&write.txn).await?)
        })
        .await
}
