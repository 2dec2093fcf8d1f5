//! The office's part in binding: invite codes, and requests for entries that are already bound.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::InviteCodeId;
use domain::people::{BindingState, MemberStatus};
use domain::text;
use domain::time::local_date;
use entity::{Scoped, account, binding_request, invite_code, member};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use serde_json::json;

use super::catalogue::in_office;
use super::members::masked;
use crate::access::{Caller, On, Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::Page;
use crate::sign_in;

/// Digits and letters that are not mistaken for one another when read out.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const LENGTH: usize = 10;
/// How long a code can be used.
const VALID: TimeDelta = TimeDelta::days(7);

/// A code as it is shown once.
#[derive(Debug)]
pub(super) struct Invitation {
    pub code: String,
    pub expires_at: DateTime<Utc>,
}

/// A code in the form in which it is kept, whatever blanks, dashes and case it was typed with.
pub fn canonical_invite_code(typed: &str) -> String {
    text::half_width(typed)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|char| char.to_ascii_uppercase())
        .collect()
}

fn new_code() -> String {
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        let [byte] = random::<1>();
        // 248 is a multiple of 31; taking the rest too would favour some letters.
        if byte < 248 {
            code.push(char::from(ALPHABET[usize::from(byte % 31)]));
        }
    }
    code
}

/// Makes a code for a member; earlier ones of his count no more.
pub(super) async fn invite(
    app: &App,
    on: &On<op::InviteCodeCreate, member::Model>,
) -> Result<Invitation> {
    let code = new_code();
    let index = app.vault.index("invite_code", &code);
    on.write(app, async |write| {
        let member = found(
            member::Entity::find_by_id((write.committee, on.row.id))
                .lock_exclusive()
                .one(&write.txn)
                .await?,
        )?;
        if member.status != MemberStatus::Active {
            return Err(ApiError::with(
                Code::WrongStep,
                "该委员已离任，不能发放邀请码",
            ));
        }
        invite_code::Entity::update_many()
            .set(invite_code::ActiveModel {
                expires_at: Set(write.at),
                ..Default::default()
            })
            .filter(invite_code::Column::CommitteeId.eq(write.committee))
            .filter(invite_code::Column::MemberId.eq(member.id))
            .filter(invite_code::Column::UsedAt.is_null())
            .filter(invite_code::Column::ExpiresAt.gt(write.at))
            .exec(&write.txn)
            .await?;
        let expires_at = write.at + VALID;
        let row = invite_code::ActiveModel {
            committee_id: Set(write.committee),
            id: Set(InviteCodeId::new(write.at, random())),
            member_id: Set(member.id),
            code_index: Set(index.clone()),
            expires_at: Set(expires_at),
            used_at: Set(None),
            created_by: Set(on.caller.account_id()),
            created_at: Set(write.at),
        };
        row.insert(&write.txn).await?;
        write.about("member", member.id);
        Ok(Invitation {
            code: code.clone(),
            expires_at,
        })
    })
    .await
}

/// A request with the names it is shown by.
#[derive(Debug)]
pub(super) struct NamedRequest {
    pub request: binding_request::Model,
    pub member: String,
    pub masked_phone: String,
    /// Whether another account is bound to the member now.
    pub held: bool,
    pub decided_by: Option<String>,
}

/// The requests in this state, the oldest first.
pub(super) async fn requests(
    app: &App,
    permit: &Permit<op::BindingDecide>,
    state: Option<BindingState>,
    skip: u64,
    limit: u64,
) -> Result<Page<NamedRequest>> {
    let mut query = binding_request::Entity::of(permit.committee());
    if let Some(state) = state {
        query = query.filter(binding_request::Column::State.eq(state));
    }
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_asc(binding_request::Column::CreatedAt)
        .order_by_asc(binding_request::Column::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    Ok(Page::new(
        named(app, &permit.caller, rows).await?,
        total,
        skip,
    ))
}

async fn named(
    app: &App,
    caller: &Caller,
    requests: Vec<binding_request::Model>,
) -> Result<Vec<NamedRequest>> {
    let db = app.db.read();
    let ids: Vec<_> = requests.iter().map(|request| request.member_id).collect();
    let clerks: Vec<_> = requests
        .iter()
        .filter_map(|request| request.decided_by)
        .collect();
    let members = member::Entity::of(caller.committee)
        .filter(member::Column::Id.is_in(ids.clone()))
        .all(db)
        .await?;
    let members: HashMap<_, _> = members
        .into_iter()
        .map(|member| (member.id, member))
        .collect();
    let holders = account::Entity::of(caller.committee)
        .filter(account::Column::MemberId.is_in(ids))
        .all(db)
        .await?;
    let holders: HashMap<_, _> = holders
        .into_iter()
        .map(|account| (account.member_id, account.id))
        .collect();
    let clerks = account::Entity::of(caller.committee)
        .filter(account::Column::Id.is_in(clerks))
        .all(db)
        .await?;
    let clerks: HashMap<_, _> = clerks
        .into_iter()
        .map(|account| (account.id, account.display_name))
        .collect();
    requests
        .into_iter()
        .map(|request| {
            let member = found(members.get(&request.member_id))?;
            Ok(NamedRequest {
                member: member.name.clone(),
                masked_phone: masked(app, member)?,
                held: holders
                    .get(&Some(request.member_id))
                    .is_some_and(|holder| *holder != request.account_id),
                decided_by: request
                    .decided_by
                    .and_then(|clerk| clerks.get(&clerk).cloned()),
                request,
            })
        })
        .collect()
}

/// Decides a request. With consent the member's former account loses him and its sessions end.
pub(super) async fn decide(
    app: &App,
    on: &On<op::BindingDecide, binding_request::Model>,
    approve: bool,
    note: Option<String>,
) -> Result<NamedRequest> {
    let row = on
        .write(app, async |write| {
            let key = (write.committee, on.row.id);
            let request = found(
                binding_request::Entity::find_by_id(key)
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            if request.state != BindingState::Pending {
                return Err(ApiError::with(
                    Code::WrongStep,
                    format!("该申请{}，不能再次处理", request.state.zh()),
                ));
            }
            if request.account_id == on.caller.account_id() {
                return Err(ApiError::new(Code::SecondPersonRequired));
            }
            if approve {
                carry_out(write, &request).await?;
            }
            let mut row = request.into_active_model();
            row.state = Set(if approve {
                BindingState::Approved
            } else {
                BindingState::Refused
            });
            row.decided_by = Set(Some(on.caller.account_id()));
            row.decided_at = Set(Some(write.at));
            row.note = Set(note.clone());
            let row = row.update(&write.txn).await?;
            write.about("binding_request", row.id);
            write.detail(
                json!({ "state": row.state, "member": row.member_id, "account": row.account_id }),
            );
            Ok(row)
        })
        .await?;
    app.standings.forget();
    found(named(app, &on.caller, vec![row]).await?.pop())
}

async fn carry_out(write: &Write, request: &binding_request::Model) -> Result<()> {
    let member = found(
        member::Entity::find_by_id((write.committee, request.member_id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )?;
    let account = found(
        account::Entity::find_by_id((write.committee, request.account_id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )?;
    if member.status != MemberStatus::Active {
        return Err(ApiError::with(Code::WrongStep, "该委员已离任，不能绑定"));
    }
    let bound = match account.member_id {
        Some(earlier) => in_office(&write.txn, write.committee, earlier, local_date(write.at))
            .await?
            .is_some(),
        None => false,
    };
    if bound || account.disabled_at.is_some() {
        return Err(ApiError::with(
            Code::WrongStep,
            "申请人的微信已绑定其他委员或已停用",
        ));
    }
    sign_in::rebind(write, account, &member).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_was_typed() {
        let code = new_code();
        assert_eq!(code.len(), LENGTH);
        let typed = format!(" {}-{} ", code[..5].to_lowercase(), &code[5..]);
        assert_eq!(canonical_invite_code(&typed), code);
        assert_eq!(canonical_invite_code("２３ab"), "23AB");
    }
}
