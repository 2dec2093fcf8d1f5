//! Reading duty records: who reaches them, the list, and what is shown beside a record.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::authority::{Operation, Reach, Scope};
use domain::duty::DutyStatus;
use domain::ids::{AccountId, CommitteeId, DutyImportId, DutyRecordId, GroupId, MemberId};
use entity::{Scoped, account, duty_record, group, member};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::{Caller, Guarded};
use crate::app::App;
use crate::error::Result;

impl Guarded for duty_record::Model {
    const PARAM: &'static str = "duty_record_id";
    const READ: Operation = Operation::DutyList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        let key = (committee, DutyRecordId(id));
        Ok(duty_record::Entity::find_by_id(key)
            .one(app.db.read())
            .await?)
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(super::filing::scope(self))
    }
}

/// A record with what a person needs to judge it.
#[derive(Clone, Debug)]
pub struct Record {
    /// The record.
    pub row: duty_record::Model,
    /// The name of the member; none of a record of a group itself.
    pub member_name: Option<String>,
    /// The name of the group.
    pub group_name: String,
    /// Everybody who signed it, by place, where several did.
    pub signers: Vec<Signer>,
    /// The record it became.
    pub converted_to: Option<DutyRecordId>,
    /// The name of who declared it.
    pub declared_by_name: String,
    /// The name of who verified it.
    pub verified_by_name: Option<String>,
    /// Other records of the same member that seem to say the same.
    pub possible_duplicates: Vec<DutyRecordId>,
}

/// One of several who signed one thing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Signer {
    /// His record.
    pub duty_record_id: DutyRecordId,
    /// Who; none where it is a group.
    pub member_id: Option<MemberId>,
    /// His name.
    pub name: String,
    /// What he was in it, such as `first` or `signer`.
    pub role: Option<String>,
    /// His place, from 1.
    pub place: i32,
}

/// Which records.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Where they stand.
    pub status: Option<DutyStatus>,
    /// What they are.
    pub kind: Option<String>,
    /// Whose they are.
    pub member: Option<MemberId>,
    /// Of this group and its members.
    pub group: Option<GroupId>,
    /// Of one list.
    pub import: Option<DutyImportId>,
    /// Done on this day or later.
    pub from: Option<NaiveDate>,
    /// Done on this day or earlier.
    pub to: Option<NaiveDate>,
}

/// One page of the records within reach, the latest first, and how many there are in all.
pub async fn list(
    app: &App,
    committee: CommitteeId,
    reach: &Reach,
    wanted: &Wanted,
    (skip, limit): (u64, u64),
) -> Result<(Vec<Record>, u64)> {
    use duty_record::Column as C;
    let query = duty_record::Entity::of(committee)
        .filter(within(reach))
        .apply_if(wanted.status, |query, status| {
            query.filter(C::Status.eq(status))
        })
        .apply_if(wanted.kind.clone(), |query, kind| {
            query.filter(C::Kind.eq(kind))
        })
        .apply_if(wanted.member, |query, member| {
            query.filter(C::MemberId.eq(member))
        })
        .apply_if(wanted.group, |query, group| {
            query.filter(C::GroupId.eq(group))
        })
        .apply_if(wanted.import, |query, import| {
            query.filter(C::ImportId.eq(import))
        })
        .apply_if(wanted.from, |query, from| query.filter(C::DoneOn.gte(from)))
        .apply_if(wanted.to, |query, to| query.filter(C::DoneOn.lte(to)));
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_desc(C::DoneOn)
        .order_by_desc(C::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    Ok((describe(app, committee, reach, rows).await?, total))
}

/// The records with names, signers and possible duplicates, in five queries however many they are.
pub async fn describe(
    app: &App,
    committee: CommitteeId,
    reach: &Reach,
    rows: Vec<duty_record::Model>,
) -> Result<Vec<Record>> {
    let db = app.db.read();
    let names = account_names(db, committee, &rows).await?;
    let things = of_things(app, committee, rows.iter().map(|row| row.thing_id)).await?;
    let members = member_names(db, committee, &things).await?;
    let groups: HashMap<GroupId, String> = group::Entity::of(committee)
        .all(db)
        .await?
        .into_iter()
        .map(|group| (group.id, group.name))
        .collect();
    let candidates = candidates(db, committee, reach, &rows).await?;
    let name = |account: AccountId| names.get(&account).cloned().unwrap_or_default();
    let member = |row: &duty_record::Model| row.member_id.and_then(|id| members.get(&id).cloned());
    let group = |row: &duty_record::Model| groups.get(&row.group_id).cloned().unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|row| {
            let thing = || things.iter().filter(|other| other.thing_id == row.thing_id);
            let mut signers: Vec<Signer> = thing()
                .filter(|other| other.kind == row.kind)
                .map(|other| Signer {
                    duty_record_id: other.id,
                    member_id: other.member_id,
                    name: member(other).unwrap_or_else(|| group(other)),
                    role: other.attributes["role"].as_str().map(str::to_owned),
                    place: other.place,
                })
                .collect();
            signers.sort_by_key(|signer| signer.place);
            if signers.len() == 1 {
                signers.clear();
            }
            let converted = thing().find(|other| {
                other.kind != row.kind
                    && other.converted_from.is_some()
                    && row.converted_from.is_none()
            });
            Record {
                member_name: member(&row),
                group_name: group(&row),
                signers,
                converted_to: converted.map(|other| other.id),
                declared_by_name: name(row.declared_by),
                verified_by_name: row.verified_by.map(name),
                possible_duplicates: candidates
                    .iter()
                    .filter(|other| other.resembles(&row))
                    .map(|other| other.id)
                    .collect(),
                row,
            }
        })
        .collect())
}

/// Everything that is recorded of these things, by place.
pub(super) async fn of_things(
    app: &App,
    committee: CommitteeId,
    things: impl IntoIterator<Item = DutyRecordId>,
) -> Result<Vec<duty_record::Model>> {
    Ok(duty_record::Entity::of(committee)
        .filter(duty_record::Column::ThingId.is_in(things))
        .order_by_asc(duty_record::Column::Place)
        .order_by_asc(duty_record::Column::Id)
        .all(app.db.read())
        .await?)
}

async fn member_names(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    rows: &[duty_record::Model],
) -> Result<HashMap<MemberId, String>> {
    let names: Vec<(MemberId, String)> = member::Entity::of(committee)
        .filter(member::Column::Id.is_in(rows.iter().filter_map(|row| row.member_id)))
        .select_only()
        .columns([member::Column::Id, member::Column::Name])
        .into_tuple()
        .all(db)
        .await?;
    Ok(names.into_iter().collect())
}

async fn account_names(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    rows: &[duty_record::Model],
) -> Result<HashMap<AccountId, String>> {
    let ids: Vec<AccountId> = rows
        .iter()
        .flat_map(|row| [Some(row.declared_by), row.verified_by])
        .flatten()
        .collect();
    let names: Vec<(AccountId, String)> = account::Entity::of(committee)
        .filter(account::Column::Id.is_in(ids))
        .select_only()
        .columns([account::Column::Id, account::Column::DisplayName])
        .into_tuple()
        .all(db)
        .await?;
    Ok(names.into_iter().collect())
}

/// What of a record tells whether another says the same.
struct Candidate {
    id: DutyRecordId,
    thing: DutyRecordId,
    member: Option<MemberId>,
    group: GroupId,
    kind: String,
    title: String,
    reference_no: Option<String>,
}

impl Candidate {
    fn resembles(&self, row: &duty_record::Model) -> bool {
        let same_number = row.reference_no.is_some() && self.reference_no == row.reference_no;
        let group = row.member_id.is_none().then_some(row.group_id);
        self.thing != row.thing_id
            && (self.member, &self.kind) == (row.member_id, &row.kind)
            && group.is_none_or(|group| group == self.group)
            && (same_number || self.title == normal_title(&row.title))
    }
}

async fn candidates(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    reach: &Reach,
    rows: &[duty_record::Model],
) -> Result<Vec<Candidate>> {
    use duty_record::Column as C;
    let mut kinds: Vec<String> = rows.iter().map(|row| row.kind.clone()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let members = rows.iter().filter_map(|row| row.member_id);
    let groups = rows.iter().filter(|row| row.member_id.is_none());
    let whose = Condition::any().add(C::MemberId.is_in(members)).add(
        Condition::all()
            .add(C::MemberId.is_null())
            .add(C::GroupId.is_in(groups.map(|row| row.group_id))),
    );
    let found = duty_record::Entity::of(committee)
        .filter(within(reach))
        .filter(whose)
        .filter(C::Kind.is_in(kinds))
        .order_by_asc(C::Id)
        .all(db)
        .await?;
    Ok(found
        .into_iter()
        .map(|row| Candidate {
            id: row.id,
            thing: row.thing_id,
            member: row.member_id,
            group: row.group_id,
            title: normal_title(&row.title),
            kind: row.kind,
            reference_no: row.reference_no,
        })
        .collect())
}

/// The title without what two clerks write differently: width, spaces, punctuation and case.
pub(super) fn normal_title(title: &str) -> String {
    let half_width = domain::text::half_width(title);
    let letters: String = half_width
        .chars()
        .filter(|char| char.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if letters.is_empty() {
        half_width
    } else {
        letters
    }
}

/// The records that lie within reach. An empty list of groups matches nothing.
pub(super) fn within(reach: &Reach) -> Condition {
    if reach.committee {
        return Condition::all();
    }
    Condition::any()
        .add(duty_record::Column::GroupId.is_in(reach.groups.iter().copied()))
        .add_option(
            reach
                .member
                .map(|member| duty_record::Column::MemberId.eq(member)),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_that_differ_in_spaces_and_punctuation_only_are_the_same() {
        let titles = [
            "关于加强“一老一小”服务的建议",
            "关于加强一老一小服务 的建议。",
            "关于加强「一老一小」服务的建议",
        ];
        assert_eq!(titles.map(normal_title), ["关于加强一老一小服务的建议"; 3]);
        assert_ne!(normal_title("第一号提案"), normal_title("第二号提案"));
        assert_ne!(normal_title("——"), normal_title("……"));
    }
}
