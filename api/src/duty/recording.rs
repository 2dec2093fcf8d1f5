//! Who records what, in this committee and by the rules in force on the day: seats held against
//! the rulebook's recorders (S35).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use domain::authority::{Operation, Reach, Standing};
use domain::duty::Desk;
use domain::ids::CommitteeId;
use domain::score::{Attributes, Person, Scheme, Subject};
use entity::{Scoped, duty_record, member, special_committee};
use sea_orm::{ColumnTrait, QueryFilter};

use crate::access::Caller;
use crate::app::App;
use crate::error::{ApiError, Code, Result};
use crate::score::places::Places;
use crate::score::rulebooks::in_force_on;

/// What is needed to say for which organ a caller records.
#[derive(Debug)]
pub(super) struct Recording {
    desk: Desk,
    persons: HashMap<Subject, Person>,
    schemes: BTreeMap<NaiveDate, Arc<Scheme>>,
}

impl Recording {
    /// Of these subjects on these days. It reads before a change begins; what it reads is a
    /// rulebook and a seat, which no duty record changes.
    pub async fn of(
        app: &App,
        caller: &Caller,
        days: impl IntoIterator<Item = NaiveDate>,
        subjects: impl IntoIterator<Item = Subject>,
    ) -> Result<Self> {
        let committee = caller.committee;
        Ok(Self {
            desk: desk(app, caller).await?,
            persons: persons(app, committee, subjects).await?,
            schemes: schemes(app, committee, days).await?,
        })
    }

    /// Of rows that are there.
    pub async fn of_rows(app: &App, caller: &Caller, rows: &[duty_record::Model]) -> Result<Self> {
        let days = rows.iter().map(|row| row.done_on);
        Self::of(
            app,
            caller,
            days,
            rows.iter().map(duty_record::Model::subject),
        )
        .await
    }

    /// The rules in force on a day.
    ///
    /// # Errors
    /// `conflict` for a day that was not asked about: the record changed meanwhile.
    pub fn scheme(&self, day: NaiveDate) -> Result<&Scheme> {
        let scheme = self.schemes.get(&day).map(Arc::as_ref);
        scheme.ok_or_else(changed_meanwhile)
    }

    /// The organ for which the caller records this; none where the rules leave it to anybody.
    ///
    /// # Errors
    /// `forbidden`, naming the organs that may.
    pub fn recorder(
        &self,
        day: NaiveDate,
        subject: Subject,
        kind: &str,
        attributes: &Attributes,
    ) -> Result<Option<String>> {
        let scheme = self.scheme(day)?;
        let person = self.persons.get(&subject).ok_or_else(changed_meanwhile)?;
        let organ = self.desk.recorder(scheme, kind, attributes, person);
        organ.map(|key| key.map(str::to_owned)).map_err(|refused| {
            let known = scheme.vocabulary().kind(kind);
            let title = known.map_or(kind, |kind| kind.title.as_str());
            let organs = refused.organs.join("」「");
            let detail =
                format!("按考核办法，「{title}」由「{organs}」记录，您的席位不能登记或核实");
            ApiError::with(Code::Forbidden, detail)
        })
    }

    /// Whether the rules give this record to that organ.
    pub fn gives_it_to(
        &self,
        organ: &str,
        row: &duty_record::Model,
        attributes: &Attributes,
    ) -> Result<bool> {
        let person = self
            .persons
            .get(&row.subject())
            .ok_or_else(changed_meanwhile)?;
        let organs = self
            .scheme(row.done_on)?
            .recorders_of(&row.kind, attributes, person);
        Ok(organs.iter().any(|one| one.key == organ))
    }
}

fn changed_meanwhile() -> ApiError {
    ApiError::with(Code::Conflict, "内容刚被他人修改，请刷新后重试")
}

/// Whether the caller speaks for an organ in whatever lies there: the office, or staff that
/// serves the group. What a convener or a member says is a declaration.
pub(super) fn is_organ(caller: &Caller, scope: &domain::authority::Scope) -> bool {
    let organs: Vec<Standing> = caller
        .standings()
        .iter()
        .filter(|standing| matches!(standing, Standing::Office | Standing::Staff(..)))
        .cloned()
        .collect();
    let reach = Reach::of(Operation::DutyDeclare, &organs);
    reach.is_some_and(|reach| reach.covers(scope))
}

/// Where the caller sits.
pub(super) async fn desk(app: &App, caller: &Caller) -> Result<Desk> {
    let rows = special_committee::Entity::of(caller.committee)
        .all(app.db.read())
        .await?;
    let name = |id| {
        let row = rows.iter().find(|row| row.id == id);
        row.map(|row| row.name.clone())
    };
    let mut desk = Desk {
        all_special_committees: rows.iter().map(|row| row.name.clone()).collect(),
        ..Desk::default()
    };
    for standing in caller.standings() {
        match standing {
            Standing::Office => desk.office = true,
            Standing::Staff(special, _) => desk.special_committees.extend(name(*special)),
            _ => {}
        }
    }
    Ok(desk)
}

/// The rules in force on each of these days. No period is split by two versions, so that one look
/// is enough for all days of a period.
pub(super) async fn schemes(
    app: &App,
    committee: CommitteeId,
    days: impl IntoIterator<Item = NaiveDate>,
) -> Result<BTreeMap<NaiveDate, Arc<Scheme>>> {
    let mut days: Vec<NaiveDate> = days.into_iter().collect();
    days.sort_unstable();
    days.dedup();
    let mut schemes = BTreeMap::new();
    let mut last: Option<(NaiveDate, Arc<Scheme>)> = None;
    for day in days {
        let scheme = match &last {
            Some((until, scheme)) if day <= *until => Arc::clone(scheme),
            _ => in_force_on(app, committee, day).await?.scheme,
        };
        let until = scheme.rulebook().period.around(day).last;
        last = Some((until, Arc::clone(&scheme)));
        schemes.insert(day, scheme);
    }
    Ok(schemes)
}

async fn persons(
    app: &App,
    committee: CommitteeId,
    subjects: impl IntoIterator<Item = Subject>,
) -> Result<HashMap<Subject, Person>> {
    let places = Places::load(app, committee).await?;
    let mut persons = HashMap::new();
    let mut members = Vec::new();
    for subject in subjects {
        match subject {
            Subject::Member(id) => members.push(id),
            Subject::Group(id) => persons.extend(places.group(id).map(|person| (subject, person))),
        }
    }
    let rows = member::Entity::of(committee)
        .filter(member::Column::Id.is_in(members))
        .all(app.db.read())
        .await?;
    for row in rows {
        persons.insert(Subject::Member(row.id), places.person(&row));
    }
    Ok(persons)
}
