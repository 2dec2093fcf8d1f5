//! Changing members: a new one, an edit, leaving office.

use chrono::NaiveDate;
use domain::ids::{CommitteeId, GroupId, MemberId, SectorId, TermId};
use domain::people::{MemberStatus, Position};
use domain::text::Phone;
use domain::time::local_date;
use entity::{Scoped, account, group, member, sector, term};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect, Set,
};
use serde_json::json;

use super::catalogue::current_term;
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::found;
use crate::error::{ApiError, Code, Result};
use crate::extract::{Fields, IfMatch};

/// A member to be entered.
#[derive(Debug)]
pub(super) struct NewMember {
    pub name: String,
    pub phone: Phone,
    pub sector: SectorId,
    pub group: GroupId,
    pub position: Position,
    pub joined_on: Option<NaiveDate>,
    pub born_on: Option<NaiveDate>,
    pub employer: Option<String>,
    pub remark: Option<String>,
}

/// What is to be changed; what is absent stays.
#[derive(Debug, Default)]
pub(super) struct Edit {
    pub name: Option<String>,
    pub phone: Option<Phone>,
    pub sector: Option<SectorId>,
    pub group: Option<GroupId>,
    pub position: Option<Position>,
    pub status: Option<MemberStatus>,
    pub joined_on: Option<NaiveDate>,
    pub left_on: Option<NaiveDate>,
    pub born_on: Option<Birth>,
    /// An empty text clears it.
    pub employer: Option<String>,
    /// An empty text clears it.
    pub remark: Option<String>,
}

/// What is to be known of somebody's day of birth.
#[derive(Clone, Copy, Debug)]
pub(super) enum Birth {
    /// It is this one.
    On(NaiveDate),
    /// Nothing any more.
    Unknown,
}

impl Birth {
    fn day(self) -> Option<NaiveDate> {
        match self {
            Self::On(day) => Some(day),
            Self::Unknown => None,
        }
    }
}

/// Enters a member of the current term.
pub(super) async fn create(
    app: &App,
    permit: &Permit<op::MemberCreate>,
    new: NewMember,
) -> Result<member::Model> {
    let cipher = app.vault.seal(new.phone.as_str().as_bytes());
    let index = app.vault.index("phone", new.phone.as_str());
    let born_on = new.born_on.map(|day| app.vault.seal_day(day));
    permit
        .write(app, async |write| {
            let today = local_date(write.at);
            let term = current_term(&write.txn, write.committee, today)
                .await?
                .ok_or_else(|| ApiError::new(Code::TermMissing))?;
            check_places(
                &write.txn,
                write.committee,
                Some(new.group),
                Some(new.sector),
            )
            .await?;
            check_phone(&write.txn, write.committee, term.id, &index, None).await?;
            let row = member::ActiveModel {
                committee_id: Set(write.committee),
                id: Set(MemberId::new(write.at, random())),
                term_id: Set(term.id),
                name: Set(new.name.clone()),
                phone_cipher: Set(cipher.clone()),
                phone_index: Set(index.clone()),
                born_on_cipher: Set(born_on.clone()),
                sector_id: Set(new.sector),
                group_id: Set(new.group),
                position: Set(new.position),
                status: Set(MemberStatus::Active),
                employer: Set(new.employer.clone()),
                joined_on: Set(new.joined_on.unwrap_or(today)),
                left_on: Set(None),
                remark: Set(new.remark.clone()),
                version: Set(1),
                created_at: Set(write.at),
                updated_at: Set(write.at),
            };
            let row = row.insert(&write.txn).await?;
            write.about("member", row.id);
            write.detail(
                json!({ "group": row.group_id, "sector": row.sector_id, "position": row.position }),
            );
            Ok(row)
        })
        .await
}

/// Edits a member.
pub(super) async fn update(
    app: &App,
    on: &On<op::MemberUpdate, member::Model>,
    seen: IfMatch,
    edit: Edit,
) -> Result<member::Model> {
    let phone = edit.phone.as_ref().map(|phone| {
        (
            app.vault.seal(phone.as_str().as_bytes()),
            app.vault.index("phone", phone.as_str()),
        )
    });
    let born_on = edit
        .born_on
        .map(Birth::day)
        .map(|day| (day, day.map(|day| app.vault.seal_day(day))));
    let row = on
        .write(app, async |write| {
            let row = found(
                member::Entity::find_by_id((write.committee, on.row.id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            seen.check(row.version)?;
            check_places(&write.txn, write.committee, edit.group, edit.sector).await?;
            let mut next = row.clone();
            if let Some((cipher, index)) = &phone
                && row.phone_index != *index
            {
                check_phone(
                    &write.txn,
                    write.committee,
                    row.term_id,
                    index,
                    Some(row.id),
                )
                .await?;
                (next.phone_cipher, next.phone_index) = (cipher.clone(), index.clone());
            }
            if let Some((day, cipher)) = &born_on
                && app.vault.open_day(row.born_on_cipher.as_deref())? != *day
            {
                next.born_on_cipher.clone_from(cipher);
            }
            apply(&mut next, &edit, local_date(write.at))?;
            let changed = changes(&row, &next);
            if changed.is_empty() {
                write.unchanged();
                return Ok(row);
            }
            next.version = row.version + 1;
            next.updated_at = write.at;
            let renamed = next.name != row.name;
            let next = next
                .into_active_model()
                .reset_all()
                .update(&write.txn)
                .await?;
            if renamed {
                rename_account(&write.txn, &next).await?;
            }
            write.about("member", next.id);
            // Names of fields and no values: those are personal data.
            write.detail(json!({
                "changed": changed,
                "group": next.group_id,
                "status": next.status,
                "version": next.version,
            }));
            Ok(next)
        })
        .await?;
    app.standings.forget();
    Ok(row)
}

/// Calls the account of a member as the member is called now.
pub async fn rename_account(txn: &impl ConnectionTrait, member: &member::Model) -> Result<()> {
    account::Entity::update_many()
        .set(account::ActiveModel {
            display_name: Set(member.name.clone()),
            ..Default::default()
        })
        .filter(account::Column::CommitteeId.eq(member.committee_id))
        .filter(account::Column::MemberId.eq(member.id))
        .exec(txn)
        .await?;
    Ok(())
}

fn apply(next: &mut member::Model, edit: &Edit, today: NaiveDate) -> Result<()> {
    let emptied = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    if let Some(name) = &edit.name {
        next.name.clone_from(name);
    }
    next.sector_id = edit.sector.unwrap_or(next.sector_id);
    next.group_id = edit.group.unwrap_or(next.group_id);
    next.position = edit.position.unwrap_or(next.position);
    next.joined_on = edit.joined_on.unwrap_or(next.joined_on);
    next.status = edit.status.unwrap_or(next.status);
    next.left_on = match next.status {
        MemberStatus::Active => None,
        MemberStatus::Left => Some(edit.left_on.or(next.left_on).unwrap_or(today)),
    };
    if let Some(employer) = &edit.employer {
        next.employer = emptied(employer);
    }
    if let Some(remark) = &edit.remark {
        next.remark = emptied(remark);
    }
    let mut fields = Fields::default();
    let leaves_in_office = next.status == MemberStatus::Active && edit.left_on.is_some();
    fields.check(
        !leaves_in_office,
        "/left_on",
        "still_active",
        "在任委员不能填写离任日期",
    );
    fields.check(
        next.left_on.is_none_or(|left_on| next.joined_on <= left_on),
        "/left_on",
        "before_joined",
        "离任日期不能早于任职日期",
    );
    fields.finish()
}

fn changes(before: &member::Model, after: &member::Model) -> Vec<&'static str> {
    let fields = [
        ("name", before.name != after.name),
        ("phone", before.phone_index != after.phone_index),
        ("sector", before.sector_id != after.sector_id),
        ("group", before.group_id != after.group_id),
        ("position", before.position != after.position),
        ("status", before.status != after.status),
        ("born_on", before.born_on_cipher != after.born_on_cipher),
        ("joined_on", before.joined_on != after.joined_on),
        ("left_on", before.left_on != after.left_on),
        ("employer", before.employer != after.employer),
        ("remark", before.remark != after.remark),
    ];
    fields
        .into_iter()
        .filter_map(|(name, changed)| changed.then_some(name))
        .collect()
}

async fn check_places(
    txn: &impl ConnectionTrait,
    committee: CommitteeId,
    group: Option<GroupId>,
    sector: Option<SectorId>,
) -> Result<()> {
    let mut fields = Fields::default();
    if let Some(group) = group {
        let known = group::Entity::find_by_id((committee, group))
            .count(txn)
            .await?
            > 0;
        fields.check(known, "/group_id", "unknown", "没有这个活动组");
    }
    if let Some(sector) = sector {
        let known = sector::Entity::find_by_id((committee, sector))
            .count(txn)
            .await?
            > 0;
        fields.check(known, "/sector_id", "unknown", "没有这个界别");
    }
    fields.finish()
}

/// Refuses a number somebody else of the term has.
async fn check_phone(
    txn: &impl ConnectionTrait,
    committee: CommitteeId,
    term: TermId,
    index: &str,
    own: Option<MemberId>,
) -> Result<()> {
    // The term's row is the lock: two clerks with one number would run into `member_phone`, whose
    // violation ends the transaction on PostgreSQL.
    term::Entity::find_by_id((committee, term))
        .lock_exclusive()
        .one(txn)
        .await?;
    let holder = member::Entity::of(committee)
        .filter(member::Column::TermId.eq(term))
        .filter(member::Column::PhoneIndex.eq(index))
        .one(txn)
        .await?;
    if holder.is_some_and(|holder| Some(holder.id) != own) {
        return Err(ApiError::new(Code::DuplicatePhone));
    }
    Ok(())
}
