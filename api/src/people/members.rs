//! Reading members: lists within one's reach, one member, a full phone number with its reason.

use std::collections::HashSet;

use chrono::NaiveDate;
use domain::authority::{Operation, Reach};
use domain::ids::{GroupId, MemberId, SectorId, TermId};
use domain::people::{MemberStatus, Position};
use domain::text::{self, Phone};
use domain::time::local_date;
use entity::{Scoped, account, member};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect};
use serde_json::json;

use super::catalogue::{Names, current_term};
use crate::access::{Caller, On, OperationType, Permit, op};
use crate::app::App;
use crate::error::{ApiError, Result};
use crate::extract::Page;

/// Which members.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub term: Option<TermId>,
    pub group: Option<GroupId>,
    pub sector: Option<SectorId>,
    pub position: Option<Position>,
    pub status: Option<MemberStatus>,
    /// A part of the name or, for who may read them, a whole phone number.
    pub q: Option<String>,
}

/// A member as lists show him.
#[derive(Debug)]
pub(super) struct Listed {
    pub member: member::Model,
    pub masked_phone: String,
    pub group: Option<String>,
    pub sector: Option<String>,
    pub bound: bool,
    /// A clerk's note is for clerks.
    pub remark: Option<String>,
    /// For clerks and himself, where one member is read.
    pub born_on: Option<NaiveDate>,
}

/// The members within reach, by group and name.
pub(super) async fn list<O: OperationType>(
    app: &App,
    permit: &Permit<O>,
    filter: &Filter,
    skip: u64,
    limit: u64,
) -> Result<Page<Listed>> {
    let names = Names::load(app.db.read(), permit.committee()).await?;
    let mut members = within(app, permit, filter).await?;
    members.sort_by_cached_key(|member| {
        (
            names
                .groups
                .get(&member.group_id)
                .map(|group| group.ordinal),
            member.name.clone(),
            member.id,
        )
    });
    let page = Page::cut(members, skip, limit);
    let bound = bound(app, &permit.caller).await?;
    let items = page
        .items
        .into_iter()
        .map(|member| show(app, &permit.caller, member, &names, &bound))
        .collect::<Result<_>>()?;
    Ok(Page {
        items,
        total: page.total,
        next_cursor: page.next_cursor,
    })
}

async fn within<O: OperationType>(
    app: &App,
    permit: &Permit<O>,
    filter: &Filter,
) -> Result<Vec<member::Model>> {
    let term = match filter.term {
        Some(term) => term,
        None => match current_term(
            app.db.read(),
            permit.committee(),
            local_date(app.clock.now()),
        )
        .await?
        {
            Some(term) => term.id,
            None => return Ok(Vec::new()),
        },
    };
    let status = filter.status.unwrap_or(MemberStatus::Active);
    let mut query = member::Entity::of(permit.committee())
        .filter(member::Column::TermId.eq(term))
        .filter(member::Column::Status.eq(status));
    if !permit.reach.committee {
        let mut reach = Condition::any()
            .add(member::Column::GroupId.is_in(permit.reach.groups.iter().copied()));
        if let Some(member) = permit.reach.member {
            reach = reach.add(member::Column::Id.eq(member));
        }
        query = query.filter(reach);
    }
    if let Some(group) = filter.group {
        query = query.filter(member::Column::GroupId.eq(group));
    }
    if let Some(sector) = filter.sector {
        query = query.filter(member::Column::SectorId.eq(sector));
    }
    if let Some(position) = filter.position {
        query = query.filter(member::Column::Position.eq(position));
    }
    let mut members = query.all(app.db.read()).await?;
    if let Some(q) = &filter.q {
        // Found by number is found out: whoever sees masked numbers only could try them.
        let index = Phone::parse(q)
            .ok()
            .filter(|_| reads_phones(&permit.caller))
            .map(|phone| app.vault.index("phone", phone.as_str()));
        // A committee has hundreds of members; the two databases disagree about LIKE.
        members.retain(|member| match &index {
            Some(index) => member.phone_index == *index,
            None => member.name.contains(text::nfc(q).trim()),
        });
    }
    Ok(members)
}

fn reads_phones(caller: &Caller) -> bool {
    Reach::of(Operation::MemberPhoneRead, caller.standings()).is_some_and(|reach| reach.committee)
}

/// The members somebody signs in as.
async fn bound(app: &App, caller: &Caller) -> Result<HashSet<MemberId>> {
    let members: Vec<Option<MemberId>> = account::Entity::of(caller.committee)
        .filter(account::Column::MemberId.is_not_null())
        .select_only()
        .column(account::Column::MemberId)
        .into_tuple()
        .all(app.db.read())
        .await?;
    Ok(members.into_iter().flatten().collect())
}

fn show(
    app: &App,
    caller: &Caller,
    member: member::Model,
    names: &Names,
    bound: &HashSet<MemberId>,
) -> Result<Listed> {
    let clerk = Reach::of(Operation::MemberUpdate, caller.standings()).is_some();
    Ok(Listed {
        masked_phone: masked(app, &member)?,
        group: names.group(member.group_id),
        sector: names.sector(member.sector_id),
        bound: bound.contains(&member.id),
        remark: member.remark.clone().filter(|_| clerk),
        born_on: None,
        member,
    })
}

/// The phone number with its middle hidden.
pub(super) fn masked(app: &App, member: &member::Model) -> Result<String> {
    let phone = app.vault.open_text(&member.phone_cipher)?;
    Ok(Phone::parse(&phone).map_or_else(|_| "***".to_owned(), |phone| phone.masked()))
}

/// One member as lists show him.
pub(super) async fn one(app: &App, caller: &Caller, member: member::Model) -> Result<Listed> {
    let names = Names::load(app.db.read(), caller.committee).await?;
    let bound = bound(app, caller).await?;
    let shown = Reach::of(Operation::MemberUpdate, caller.standings()).is_some()
        || caller.member_id() == Some(member.id);
    let cipher = member.born_on_cipher.as_deref().filter(|_| shown);
    let born_on = app.vault.open_day(cipher)?;
    Ok(Listed {
        born_on,
        ..show(app, caller, member, &names, &bound)?
    })
}

/// The whole phone number; who read whose and why is kept.
pub(super) async fn full_phone(
    app: &App,
    on: &On<op::MemberPhoneRead, member::Model>,
    reason: Option<String>,
) -> Result<String> {
    let own = on.caller.member_id() == Some(on.row.id);
    if reason.is_none() && !own {
        return Err(ApiError::field(
            "reason",
            "required",
            "查看他人完整手机号须写明原因",
        ));
    }
    let phone = app.vault.open_text(&on.row.phone_cipher)?;
    on.write(app, async |write| {
        write.about("member", on.row.id);
        write.detail(json!({ "reason": reason }));
        Ok(())
    })
    .await?;
    Ok(phone)
}
