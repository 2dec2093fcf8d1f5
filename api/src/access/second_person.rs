//! The second person: what one asked for, another human decides (reliability.md §3, four eyes).

use domain::ids::{AccountId, MemberId};
use entity::{Scoped, account};
use sea_orm::{ColumnTrait, QueryFilter};

use super::caller::Caller;
use crate::db::Write;
use crate::error::{ApiError, Code, Result};

/// Proves that the caller is none of those accounts and none of those members, by whatever account
/// he comes: somebody with a second account is still the same person.
///
/// # Errors
/// `second_person_required`, with `refusal` as what the caller reads.
pub async fn second_person(
    write: &Write,
    caller: &Caller,
    accounts: &[AccountId],
    members: &[MemberId],
    refusal: &'static str,
) -> Result<()> {
    let refused = || ApiError::with(Code::SecondPersonRequired, refusal);
    if accounts.contains(&caller.account_id()) {
        return Err(refused());
    }
    let Some(own) = caller.account().member_id else {
        return Ok(());
    };
    if members.contains(&own) {
        return Err(refused());
    }
    let theirs = account::Entity::of(write.committee)
        .filter(account::Column::Id.is_in(accounts.iter().copied()))
        .filter(account::Column::MemberId.eq(own))
        .one(&write.txn)
        .await?;
    match theirs {
        Some(_) => Err(refused()),
        None => Ok(()),
    }
}
