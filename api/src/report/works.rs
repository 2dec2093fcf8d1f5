//! What was held and what was done in a period, as an annual work report counts it: activities and
//! the people who came, proposals with their stages, opinion reports with their levels, duty
//! records by kind.
//!
//! Several members can sign one thing; a thing is counted once, and each who signed it as one
//! person-time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveTime;
use domain::activity::{ActivityKind, ActivityStatus};
use domain::attendance::AttendanceStatus;
use domain::authority::Reach;
use domain::duty::DutyStatus;
use domain::ids::{ActivityId, CommitteeId, DutyRecordId, MemberId};
use domain::score::{Attributes, Invitations, Period, Value, Vocabulary};
use domain::time::instant;
use entity::{Scoped, activity, attendance, duty_record};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};

use crate::app::App;
use crate::error::Result;

/// How many activities of a kind were held, and who came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// How many.
    pub held: u32,
    /// What became of the invitations to them.
    pub invitations: Invitations,
}

/// The activities that were held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activities {
    /// All of them.
    pub all: Held,
    /// By kind, in the order of kinds; those of which none was held are left out.
    pub by_kind: Vec<(ActivityKind, Held)>,
}

/// The activities of a period that were held and settled by a group within reach, in two queries.
pub async fn activities(
    app: &App,
    committee: CommitteeId,
    reach: &Reach,
    period: Period,
) -> Result<Activities> {
    let db = app.db.read();
    let rows: Vec<(ActivityId, ActivityKind)> = settled(committee, reach, period)
        .select_only()
        .columns([activity::Column::Id, activity::Column::Kind])
        .order_by_asc(activity::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let of_these = settled(committee, reach, period)
        .select_only()
        .column(activity::Column::Id)
        .into_query();
    let counts: Vec<(ActivityId, AttendanceStatus, i64)> = attendance::Entity::of(committee)
        .filter(attendance::Column::ActivityId.in_subquery(of_these))
        .select_only()
        .columns([attendance::Column::ActivityId, attendance::Column::Status])
        .column_as(attendance::Column::Id.count(), "count")
        .group_by(attendance::Column::ActivityId)
        .group_by(attendance::Column::Status)
        .into_tuple()
        .all(db)
        .await?;
    let kinds: HashMap<ActivityId, ActivityKind> = rows.iter().copied().collect();
    let mut by_kind: BTreeMap<usize, Held> = BTreeMap::new();
    for (_, kind) in &rows {
        by_kind.entry(*kind as usize).or_default().held += 1;
    }
    for (id, status, count) in counts {
        if let Some(kind) = kinds.get(&id) {
            let held = by_kind.entry(*kind as usize).or_default();
            count_in(
                &mut held.invitations,
                status,
                u32::try_from(count).unwrap_or(u32::MAX),
            );
        }
    }
    let mut all = Held::default();
    for one in by_kind.values() {
        all.held += one.held;
        all.invitations.invited += one.invitations.invited;
        all.invitations.attended += one.invitations.attended;
        all.invitations.leave += one.invitations.leave;
        all.invitations.exempt += one.invitations.exempt;
        all.invitations.absent += one.invitations.absent;
    }
    let by_kind = ActivityKind::ALL.iter().filter_map(|kind| {
        let held = by_kind.remove(&(*kind as usize))?;
        Some((*kind, held))
    });
    Ok(Activities {
        all,
        by_kind: by_kind.collect(),
    })
}

fn settled(committee: CommitteeId, reach: &Reach, period: Period) -> Select<activity::Entity> {
    use activity::Column as C;
    let from = instant(period.first, NaiveTime::MIN);
    let until = period.last.succ_opt().unwrap_or(period.last);
    let groups = (!reach.committee).then(|| reach.groups.clone());
    activity::Entity::of(committee)
        .filter(C::Status.eq(ActivityStatus::Closed))
        .filter(C::StartsAt.gte(from))
        .filter(C::StartsAt.lt(instant(until, NaiveTime::MIN)))
        .apply_if(groups, |query, groups| {
            query.filter(C::GroupId.is_in(groups))
        })
}

fn count_in(invitations: &mut Invitations, status: AttendanceStatus, count: u32) {
    invitations.invited += count;
    match status {
        AttendanceStatus::Invited => {}
        AttendanceStatus::Present | AttendanceStatus::Late | AttendanceStatus::LeftEarly => {
            invitations.attended += count;
        }
        AttendanceStatus::Leave => invitations.leave += count,
        AttendanceStatus::Exempt => invitations.exempt += count,
        AttendanceStatus::Absent => invitations.absent += count,
    }
}

/// The verified duty records of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindOfWork {
    /// The kind.
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// How many things.
    pub things: u32,
    /// How many records: each who signed a thing counts.
    pub person_times: u32,
}

/// What became of proposals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proposals {
    /// How many were submitted.
    pub submitted: u32,
    /// How many were filed; a key or excellent one was.
    pub filed: u32,
    /// How many were not.
    pub not_filed: u32,
    /// How many became something else.
    pub converted: u32,
    /// How many were key proposals.
    pub key: u32,
    /// How many were found excellent.
    pub excellent: u32,
}

/// A level with how many reports reached it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The word.
    pub word: String,
    /// What people call it.
    pub title: String,
    /// How many; one that reached several counts at each.
    pub reports: u32,
}

/// What became of opinion reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpinionReports {
    /// How many were submitted.
    pub submitted: u32,
    /// How many were adopted at any level.
    pub adopted: u32,
    /// At which.
    pub adopted_by_level: Vec<Level>,
    /// How many a leader wrote instructions on.
    pub instructed: u32,
    /// At which level.
    pub instructed_by_level: Vec<Level>,
}

/// What was done outside activities and verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Works {
    /// By kind.
    pub kinds: Vec<KindOfWork>,
    /// The proposals.
    pub proposals: Proposals,
    /// The opinion reports.
    pub opinion_reports: OpinionReports,
    /// Every member with a verified record, also those beyond reach.
    pub(super) members: HashSet<MemberId>,
}

/// One thing with everything that its records say of it.
#[derive(Debug, Default)]
struct Thing {
    records: u32,
    words: BTreeMap<String, BTreeSet<String>>,
    flags: BTreeSet<String>,
}

impl Thing {
    fn add(&mut self, attributes: Attributes) {
        self.records += 1;
        for (name, value) in attributes {
            match value {
                Value::Flag(true) => {
                    self.flags.insert(name);
                }
                Value::Word(word) => {
                    self.words.entry(name).or_default().insert(word);
                }
                Value::Words(words) => self.words.entry(name).or_default().extend(words),
                Value::Flag(false) | Value::Integer(_) => {}
            }
        }
    }

    fn has(&self, attribute: &str, word: &str) -> bool {
        self.words
            .get(attribute)
            .is_some_and(|words| words.contains(word))
    }

    fn has_any(&self, attribute: &str) -> bool {
        self.words
            .get(attribute)
            .is_some_and(|words| !words.is_empty())
    }
}

/// The verified duty records of a period within reach, in one query.
pub async fn of(
    app: &App,
    committee: CommitteeId,
    reach: &Reach,
    period: Period,
    vocabulary: &Vocabulary,
) -> Result<Works> {
    use duty_record::Column as C;
    let rows = duty_record::Entity::of(committee)
        .filter(C::Status.eq(DutyStatus::Verified))
        .filter(C::DoneOn.between(period.first, period.last))
        .all(app.db.read())
        .await?;
    let mut members = HashSet::new();
    let mut things: BTreeMap<String, BTreeMap<DutyRecordId, Thing>> = BTreeMap::new();
    for row in rows {
        members.extend(row.member_id);
        if reach.committee || reach.groups.contains(&row.group_id) {
            // What cannot be read is counted all the same; it only says nothing of itself.
            let attributes = serde_json::from_value(row.attributes).unwrap_or_default();
            let of_kind = things.entry(row.kind).or_default();
            of_kind.entry(row.thing_id).or_default().add(attributes);
        }
    }
    let of_kind = |kind: &str| -> Vec<&Thing> {
        let things = things.get(kind).into_iter();
        things.flat_map(BTreeMap::values).collect()
    };
    Ok(Works {
        proposals: proposals(&of_kind("proposal")),
        opinion_reports: opinion_reports(&of_kind("opinion_report"), vocabulary),
        kinds: things
            .iter()
            .map(|(kind, things)| KindOfWork {
                title: vocabulary
                    .kind(kind)
                    .map_or_else(|| kind.clone(), |known| known.title.clone()),
                kind: kind.clone(),
                things: count(things.len()),
                person_times: things.values().map(|thing| thing.records).sum(),
            })
            .collect(),
        members,
    })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn proposals(all: &[&Thing]) -> Proposals {
    let of = |stages: &[&str]| {
        let reached = |thing: &&&Thing| stages.iter().any(|word| thing.has("stage", word));
        count(all.iter().filter(reached).count())
    };
    Proposals {
        submitted: count(all.len()),
        filed: of(&["filed", "key", "excellent"]),
        not_filed: of(&["not_filed"]),
        converted: of(&["converted"]),
        key: of(&["key"]),
        excellent: of(&["excellent"]),
    }
}

fn opinion_reports(all: &[&Thing], vocabulary: &Vocabulary) -> OpinionReports {
    let by_level = |attribute: &str| -> Vec<Level> {
        let known = vocabulary.kind("opinion_report");
        let known = known.and_then(|kind| kind.attribute(attribute));
        let words = known
            .map(|known| known.words.as_slice())
            .unwrap_or_default();
        words
            .iter()
            .map(|word| Level {
                reports: count(
                    all.iter()
                        .filter(|one| one.has(attribute, &word.key))
                        .count(),
                ),
                word: word.key.clone(),
                title: word.title.clone(),
            })
            .collect()
    };
    // Whoever names a level need not say that it was adopted as well.
    let adopted = |one: &&&Thing| one.flags.contains("adopted") || one.has_any("level");
    OpinionReports {
        submitted: count(all.len()),
        adopted: count(all.iter().filter(adopted).count()),
        adopted_by_level: by_level("level"),
        instructed: count(all.iter().filter(|one| one.has_any("instructed")).count()),
        instructed_by_level: by_level("instructed"),
    }
}
