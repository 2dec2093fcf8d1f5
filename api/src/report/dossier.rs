//! What a member's dossier (履职档案) holds: of every period his result with all its lines, what he
//! was invited to, what he did outside activities, and what was decided of him. It is written on
//! paper in [`super::dossier_paper`].

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::duty::DutyStatus;
use domain::ids::{ActivityId, CommitteeId};
use domain::score::{Attributes, Holds, Period, Rank, Value, Vocabulary};
use domain::time::local_date;
use entity::{Scoped, activity, attendance, committee, duty_record, member, term};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::dossier_paper;
use crate::access::{On, op};
use crate::app::App;
use crate::cache::limits;
use crate::db::found;
use crate::error::{ApiError, Result};
use crate::review;
use crate::review::service::DossierEntry;
use crate::score;
use crate::score::places::Places;
use crate::score::service::{Assessed, Filter};
use crate::sheet::Watermark;

/// Everything that stands in a dossier.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// The name of the committee.
    pub committee: String,
    /// Whose it is.
    pub member: member::Model,
    /// The names of his sector, his group and the special committee that serves it.
    pub places: [Option<String>; 3],
    /// The term he is a member of.
    pub term: term::Model,
    /// The days it covers.
    pub days: (NaiveDate, NaiveDate),
    /// His results, the oldest first.
    pub results: Vec<PeriodResult>,
    /// To what he was invited, by date.
    pub invitations: Vec<(activity::Model, attendance::Model)>,
    /// What he did, by date.
    pub duties: Vec<Duty>,
    /// What was decided of him.
    pub reviews: Vec<DossierEntry>,
}

/// The result of one period.
#[derive(Clone, Debug)]
pub struct PeriodResult {
    /// The period.
    pub period: Period,
    /// The title of the rulebook.
    pub rulebook: String,
    /// His sheet and his place, the latter where whoever asks may see it; nothing where he was
    /// not assessed.
    pub result: Option<(Assessed, Option<Rank>)>,
}

/// A duty record in words.
#[derive(Clone, Debug)]
pub struct Duty {
    /// The record.
    pub row: duty_record::Model,
    /// What people call its kind.
    pub kind: String,
    /// What it tells of itself, such as stages and levels.
    pub told: String,
}

/// Makes the dossier of a member, of one period or of his term up to today. That it was taken out
/// is in the audit log before anybody has it.
pub async fn dossier(
    app: &App,
    on: &On<op::DossierExport, member::Model>,
    period: Option<&str>,
) -> Result<Vec<u8>> {
    let caller = &on.caller;
    let at = app.clock.now();
    let own = caller.member_id() == Some(on.row.id);
    // What an office takes out must not keep its people from seeing their own.
    let limit = if own {
        limits::OWN_EXPORT
    } else {
        limits::EXPORT
    };
    let account = caller.account_id().to_string();
    app.cache.take(limit, &account, at).await?;
    let dossier = gather(app, on, period, local_date(at)).await?;
    let watermark = Watermark {
        name: caller.account().display_name.clone(),
        at,
    };
    let frozen: BTreeMap<String, String> = dossier
        .results
        .iter()
        .filter_map(|one| {
            let (assessed, _) = one.result.as_ref()?;
            let frozen = assessed.frozen.as_ref()?;
            Some((one.period.to_string(), frozen.hash.clone()))
        })
        .collect();
    let detail = json!({
        "format": "docx", "own": own, "from": dossier.days.0, "to": dossier.days.1,
        "periods": dossier.results.len(), "frozen": frozen,
    });
    let written = tokio::task::spawn_blocking(move || dossier_paper::written(&dossier, &watermark));
    let bytes = written.await.map_err(ApiError::internal)??;
    on.write(app, async |write| {
        write.about("member", on.row.id);
        write.detail(detail);
        Ok(())
    })
    .await?;
    Ok(bytes)
}

async fn gather(
    app: &App,
    on: &On<op::DossierExport, member::Model>,
    period: Option<&str>,
    today: NaiveDate,
) -> Result<Dossier> {
    let db = app.db.read();
    let committee = on.committee();
    let member = on.row.clone();
    let term = found(
        term::Entity::find_by_id((committee, member.term_id))
            .one(db)
            .await?,
    )?;
    let periods = match period {
        Some(text) => vec![score::service::period(app, committee, Some(text)).await?],
        None => periods_of(app, &member, &term, today).await?,
    };
    let days = match (period, periods.first(), periods.last()) {
        (Some(_), Some(first), Some(last)) => (first.first, last.last),
        _ => (term.starts_on, term.ends_on),
    };
    let mut results = Vec::with_capacity(periods.len());
    for period in periods {
        results.push(result(app, on, period).await?);
    }
    let vocabulary = score::rulebooks::in_force_on(app, committee, today)
        .await?
        .scheme;
    let mut reviews = review::service::of_member(app, committee, member.id).await?;
    if period.is_some() {
        reviews.retain(|one| {
            let named = |result: &PeriodResult| result.period.to_string() == one.review.period;
            results.iter().any(named)
        });
    }
    let person = Places::load(app, committee).await?.person(&member);
    Ok(Dossier {
        committee: name_of(app, committee).await?,
        places: ["sector", "group", "special_committee"]
            .map(|name| person.word(name).map(str::to_owned)),
        invitations: invitations(app, &member, days).await?,
        duties: duties(app, &member, days, vocabulary.vocabulary()).await?,
        term,
        days,
        results,
        reviews,
        member,
    })
}

/// The name of a committee.
pub(super) async fn name_of(app: &App, committee: CommitteeId) -> Result<String> {
    let row = committee::Entity::find_by_id(committee)
        .one(app.db.read())
        .await?;
    Ok(found(row)?.name)
}

/// The periods of a member's time in office that have begun, each by the rulebook that was in
/// force when it began and with the days that the office fixed.
async fn periods_of(
    app: &App,
    member: &member::Model,
    term: &term::Model,
    today: NaiveDate,
) -> Result<Vec<Period>> {
    let committee = member.committee_id;
    let mut fixed = Vec::new();
    for row in score::periods::list(app, committee).await? {
        fixed.push(score::periods::span_of(&row)?);
    }
    let until = member
        .left_on
        .map_or(term.ends_on, |left| left.min(term.ends_on));
    let until = until.min(today);
    let mut day = member.joined_on.max(term.starts_on);
    let mut periods: Vec<Period> = Vec::new();
    while day <= until {
        let in_force = score::rulebooks::in_force_on(app, committee, day).await?;
        let rule = &in_force.scheme.rulebook().period;
        let by_hand = fixed
            .iter()
            .find(|period| period.unit == rule.unit && period.contains(day));
        let period = by_hand.copied().unwrap_or_else(|| rule.around(day));
        let next = period.last.max(day).succ_opt();
        if periods.last() != Some(&period) {
            periods.push(period);
        }
        let Some(next) = next else { break };
        day = next;
    }
    Ok(periods)
}

async fn result(
    app: &App,
    on: &On<op::DossierExport, member::Model>,
    period: Period,
) -> Result<PeriodResult> {
    let committee = on.committee();
    let scheme = score::service::scheme_of(app, committee, period).await?;
    let sight = score::service::sight_of_ranking(&scheme, &on.caller);
    let placed = score::service::sees_places(&scheme, &sight);
    let filter = Filter::one(on.row.id);
    let all = score::service::ranking(app, committee, period, &filter).await?;
    let result = all
        .into_iter()
        .next()
        .map(|one| (one.assessed, placed.then_some(one.place)));
    Ok(PeriodResult {
        period,
        rulebook: scheme.rulebook().title.clone(),
        result,
    })
}

async fn invitations(
    app: &App,
    member: &member::Model,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(activity::Model, attendance::Model)>> {
    let db = app.db.read();
    let rows = attendance::Entity::of(member.committee_id)
        .filter(attendance::Column::MemberId.eq(member.id))
        .all(db)
        .await?;
    let mut activities: HashMap<ActivityId, activity::Model> = HashMap::new();
    let ids: Vec<ActivityId> = rows.iter().map(|row| row.activity_id).collect();
    // SQLite takes 32,766 parameters in a statement.
    for ids in ids.chunks(500) {
        let found = activity::Entity::of(member.committee_id)
            .filter(activity::Column::Id.is_in(ids.iter().copied()))
            .all(db)
            .await?;
        activities.extend(found.into_iter().map(|row| (row.id, row)));
    }
    let mut pairs: Vec<_> = rows
        .into_iter()
        .filter_map(|row| Some((activities.remove(&row.activity_id)?, row)))
        .filter(|(activity, _)| (from..=to).contains(&local_date(activity.starts_at)))
        .collect();
    pairs.sort_by_key(|(activity, _)| (activity.starts_at, activity.id));
    Ok(pairs)
}

async fn duties(
    app: &App,
    member: &member::Model,
    (from, to): (NaiveDate, NaiveDate),
    vocabulary: &Vocabulary,
) -> Result<Vec<Duty>> {
    use duty_record::Column as C;
    // A draft is nobody's but its writer's.
    let rows = duty_record::Entity::of(member.committee_id)
        .filter(C::MemberId.eq(member.id))
        .filter(C::Status.ne(DutyStatus::Draft))
        .filter(C::DoneOn.between(from, to))
        .order_by_asc(C::DoneOn)
        .order_by_asc(C::Id)
        .all(app.db.read())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Duty {
            kind: vocabulary
                .kind(&row.kind)
                .map_or_else(|| row.kind.clone(), |kind| kind.title.clone()),
            told: told(vocabulary, &row),
            row,
        })
        .collect())
}

/// What a record tells of itself, in the words of the rulebook.
fn told(vocabulary: &Vocabulary, row: &duty_record::Model) -> String {
    let Ok(attributes) = serde_json::from_value::<Attributes>(row.attributes.clone()) else {
        return String::new();
    };
    let Some(kind) = vocabulary.kind(&row.kind) else {
        return String::new();
    };
    let parts: Vec<String> = kind
        .attributes
        .iter()
        .filter_map(|attribute| {
            let value = attributes.get(&attribute.key)?;
            let words = || -> Vec<&str> {
                value
                    .words()
                    .iter()
                    .map(|word| vocabulary.title(&row.kind, &attribute.key, word))
                    .collect()
            };
            let text = match (attribute.holds, value) {
                (Holds::Flag, Value::Flag(true)) => return Some(attribute.title.clone()),
                (Holds::Flag, _) => return None,
                (_, Value::Integer(number)) => number.to_string(),
                _ => words().join("、"),
            };
            (!text.is_empty()).then(|| format!("{}：{text}", attribute.title))
        })
        .collect();
    parts.join("；")
}
