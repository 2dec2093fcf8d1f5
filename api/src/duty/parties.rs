//! Whom a declaration is about: a member, a group, or all who signed one thing together; and
//! whether the caller may declare it of them.

use std::collections::HashMap;

use domain::authority::{Operation, Reach, Role, Scope, Standing};
use domain::duty::DutyStatus;
use domain::ids::{CommitteeId, DutyRecordId, GroupId, MemberId, TermId};
use domain::score::{Attributes, Kind, Subject, Value};
use entity::{Scoped, duty_record, group, member};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::filing::{attributes, scope};
use super::recording::is_organ;
use super::service::Declaration;
use super::vocabulary::is_signed;
use crate::access::{Caller, Permit, op};
use crate::app::App;
use crate::error::{ApiError, Code, Result};
use crate::extract::Fields;

/// At most so many sign one thing.
pub(super) const MOST_SIGNERS: usize = 100;

/// Somebody whom a record is about.
#[derive(Clone, Debug)]
pub(super) struct Party {
    /// Who; none where it is the group itself.
    pub member: Option<MemberId>,
    /// His group, or the group itself.
    pub group: GroupId,
    /// The term he is a member in.
    pub term: Option<TermId>,
    /// What he was in it.
    pub role: Option<String>,
    /// His place, from 1.
    pub place: i32,
}

impl Party {
    /// Whom the record is about.
    pub fn subject(&self) -> Subject {
        self.member
            .map_or(Subject::Group(self.group), Subject::Member)
    }

    fn of(member: &member::Model, place: i32) -> Self {
        Self {
            member: Some(member.id),
            group: member.group_id,
            term: Some(member.term_id),
            role: None,
            place,
        }
    }

    fn scope(&self) -> Scope {
        Scope {
            groups: vec![self.group],
            member: self.member,
        }
    }
}

/// Everybody a declaration is about.
#[derive(Clone, Debug)]
pub(super) struct Parties {
    /// By place; one at least.
    pub list: Vec<Party>,
    /// Whether several sign.
    pub joint: bool,
    /// Whether the caller speaks for an organ about all of them.
    pub organ: bool,
    /// The records that became this one, by place.
    pub source: Vec<duty_record::Model>,
}

impl Parties {
    /// What the kind tells of one of them.
    pub fn attributes(&self, kind: Option<&Kind>, party: &Party, told: &Attributes) -> Attributes {
        let mut attributes = told.clone();
        if !self.joint {
            return attributes;
        }
        let count = self.list.len();
        let more = told.get("signers").and_then(|value| match value {
            // Some who signed may be no members of this committee.
            Value::Integer(signers) => usize::try_from(*signers).ok(),
            _ => None,
        });
        let signers = more.unwrap_or(0).max(count);
        let role = party.role.clone();
        let role = role.unwrap_or_else(|| {
            let first = self.list[0].place == party.place;
            if first { "first" } else { "signer" }.to_owned()
        });
        attributes.insert("role".to_owned(), Value::Word(role));
        attributes.insert("place".to_owned(), Value::Integer(party.place.into()));
        let signers = i64::try_from(signers).unwrap_or(i64::MAX);
        attributes.insert("signers".to_owned(), Value::Integer(signers));
        let form = kind.and_then(|kind| kind.attribute("form"));
        if form.is_some_and(|form| form.words.iter().any(|word| word.key == "joint")) {
            let joint = || Value::Word("joint".to_owned());
            attributes.entry("form".to_owned()).or_insert_with(joint);
        }
        attributes
    }
}

/// Whom a declaration is about.
///
/// # Errors
/// `not_found` for a member the caller may not know, `forbidden` for one he may not declare for,
/// `validation_failed` for signers, groups and records that do not fit.
pub(super) async fn resolve(
    app: &App,
    permit: &Permit<op::DutyDeclare>,
    new: &Declaration,
    kind: Option<&Kind>,
) -> Result<Parties> {
    let caller = &permit.caller;
    let source = match new.converted_from {
        Some(id) => source(app, permit, id, new).await?,
        None => Vec::new(),
    };
    let (list, joint) = if let Some(id) = new.group {
        (vec![own_group(app, permit, id, new).await?], false)
    } else if !new.signers.is_empty() {
        check_signers(new, kind)?;
        (signers(app, caller, new).await?, true)
    } else if new.member.is_none() && !source.is_empty() {
        let joint = 1 < source.len();
        (signers_of(app, caller.committee, &source).await?, joint)
    } else {
        let wanted = new.member.or_else(|| caller.member_id());
        let id = wanted.ok_or_else(|| ApiError::field("/member_id", "required", "请选择委员"))?;
        let row = member::Entity::find_by_id((caller.committee, id))
            .one(app.db.read())
            .await?
            .ok_or_else(ApiError::not_found)?;
        let party = Party::of(&row, 1);
        reaches(caller, &party)?;
        (vec![party], false)
    };
    let organ = list.iter().all(|party| is_organ(caller, &party.scope()));
    Ok(Parties {
        list,
        joint,
        organ,
        source,
    })
}

/// Proves that the caller may declare for the member: he himself, the office, the staff that
/// serves him. A convener declares for the group and not for its members.
fn reaches(caller: &Caller, party: &Party) -> Result<()> {
    let scope = party.scope();
    let standings: Vec<Standing> = caller
        .standings()
        .iter()
        .filter(|standing| !matches!(standing, Standing::Convener(_)))
        .cloned()
        .collect();
    let covers = |operation, standings: &[Standing]| {
        Reach::of(operation, standings).is_some_and(|reach| reach.covers(&scope))
    };
    if covers(Operation::DutyDeclare, &standings) {
        return Ok(());
    }
    Err(if covers(Operation::MemberRead, caller.standings()) {
        let roles = [Role::Member, Role::Staff, Role::Office];
        let names: Vec<&str> = roles.into_iter().map(Role::zh).collect();
        let detail = format!(
            "委员的履职由本人填报，或由以下身份登记：{}",
            names[1..].join("、")
        );
        ApiError::with(Code::Forbidden, detail)
    } else {
        ApiError::not_found()
    })
}

async fn own_group(
    app: &App,
    permit: &Permit<op::DutyDeclare>,
    id: GroupId,
    new: &Declaration,
) -> Result<Party> {
    if new.member.is_some() || !new.signers.is_empty() || new.converted_from.is_some() {
        let message = "活动组的事项不能同时填委员、联名人或转换来源";
        return Err(ApiError::field("/group_id", "not_with_member", message));
    }
    let row = group::Entity::find_by_id((permit.caller.committee, id))
        .one(app.db.read())
        .await?;
    let unknown = || ApiError::field("/group_id", "unknown_group", "没有这个活动组");
    let row = row.ok_or_else(unknown)?;
    let party = Party {
        member: None,
        group: row.id,
        term: None,
        role: None,
        place: 1,
    };
    // `own` is about members: a group is nobody's own.
    if !permit.reach.covers(&party.scope()) {
        let detail = "活动组的事项由本组召集人、联系该组的专委会或办公室登记";
        return Err(ApiError::with(Code::Forbidden, detail));
    }
    Ok(party)
}

fn check_signers(new: &Declaration, kind: Option<&Kind>) -> Result<()> {
    let mut fields = Fields::default();
    let signed = kind.is_none_or(is_signed);
    fields.check(signed, "/signers", "not_signed", "这一类事项没有联名人");
    let few = (2..=MOST_SIGNERS).contains(&new.signers.len());
    fields.check(few, "/signers", "wrong_count", "联名人应为 2 至 100 人");
    let mut members = Vec::new();
    let mut places = Vec::new();
    for (index, signer) in new.signers.iter().enumerate() {
        let pointer = format!("/signers/{index}");
        let twice = members.contains(&signer.member);
        fields.check(
            !twice,
            &format!("{pointer}/member_id"),
            "duplicate",
            "同一委员只填一次",
        );
        let twice = places.contains(&signer.place);
        fields.check(
            !twice,
            &format!("{pointer}/place"),
            "duplicate",
            "署名次序重复",
        );
        let fits = (1..=1000).contains(&signer.place);
        fields.check(
            fits,
            &format!("{pointer}/place"),
            "invalid_number",
            "应是 1 到 1000 的整数",
        );
        members.push(signer.member);
        places.push(signer.place);
    }
    let outside = new.member.is_some_and(|member| !members.contains(&member));
    fields.check(
        !outside,
        "/member_id",
        "not_a_signer",
        "该委员不在联名人之中",
    );
    fields.finish()
}

/// Those who signed. A member names himself and others he may know; a stranger sounds like nobody.
async fn signers(app: &App, caller: &Caller, new: &Declaration) -> Result<Vec<Party>> {
    let ids = new.signers.iter().map(|signer| signer.member);
    let members: HashMap<MemberId, member::Model> = member::Entity::of(caller.committee)
        .filter(member::Column::Id.is_in(ids))
        .all(app.db.read())
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let own = caller.member_id();
    let signs = new.signers.iter().any(|signer| Some(signer.member) == own);
    let knows = Reach::of(Operation::MemberRead, caller.standings()).unwrap_or_default();
    let mut fields = Fields::default();
    let mut list = Vec::with_capacity(new.signers.len());
    for (index, signer) in new.signers.iter().enumerate() {
        let party = members.get(&signer.member).map(|row| Party {
            role: signer.role.clone(),
            ..Party::of(row, signer.place)
        });
        let party = party.filter(|party| knows.covers(&party.scope()));
        let Some(party) = party else {
            let pointer = format!("/signers/{index}/member_id");
            fields.wrong(
                pointer,
                "unknown_member",
                "没有这位委员，或不在您可见的范围内",
            );
            continue;
        };
        if !signs {
            reaches(caller, &party)?;
        }
        list.push(party);
    }
    fields.finish()?;
    list.sort_by_key(|party| party.place);
    Ok(list)
}

/// Those who signed what became this record.
async fn signers_of(
    app: &App,
    committee: CommitteeId,
    source: &[duty_record::Model],
) -> Result<Vec<Party>> {
    let terms: HashMap<MemberId, TermId> = member::Entity::of(committee)
        .filter(member::Column::Id.is_in(source.iter().filter_map(|row| row.member_id)))
        .all(app.db.read())
        .await?
        .into_iter()
        .map(|row| (row.id, row.term_id))
        .collect();
    source
        .iter()
        .map(|row| {
            let role = attributes(row)?
                .get("role")
                .and_then(|role| role.words().first().cloned());
            Ok(Party {
                member: row.member_id,
                group: row.group_id,
                term: row.member_id.and_then(|id| terms.get(&id).copied()),
                role,
                place: row.place,
            })
        })
        .collect()
}

/// What this is converted from: a record that the caller may declare for, with all who signed it.
async fn source(
    app: &App,
    permit: &Permit<op::DutyDeclare>,
    id: DutyRecordId,
    new: &Declaration,
) -> Result<Vec<duty_record::Model>> {
    let wrong = |code, message: &str| ApiError::field("/converted_from", code, message);
    let unknown = || wrong("unknown_record", "没有这条记录");
    let committee = permit.caller.committee;
    let row = duty_record::Entity::find_by_id((committee, id))
        .one(app.db.read())
        .await?
        .filter(|row| permit.reach.covers(&scope(row)))
        .ok_or_else(unknown)?;
    if row.kind == new.kind || row.converted_from.is_some() {
        return Err(wrong("same_kind", "只能由另一类未经转换的记录转来"));
    }
    let rows = duty_record::Entity::of(committee)
        .filter(duty_record::Column::ThingId.eq(row.thing_id))
        .order_by_asc(duty_record::Column::Place)
        .all(app.db.read())
        .await?;
    if let Some(other) = rows.iter().find(|other| other.kind == new.kind) {
        let detail = format!("该记录已转为「{}」", other.title);
        return Err(ApiError::with(Code::Conflict, detail));
    }
    if row.status == DutyStatus::Draft {
        return Err(wrong("not_submitted", "草稿不能转换，请先提交"));
    }
    Ok(rows
        .into_iter()
        .filter(|other| other.kind == row.kind)
        .collect())
}
