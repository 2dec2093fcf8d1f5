//! The results a review rests on, and what the rules propose from them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::ids::{CommitteeId, GroupId, MemberId, TermId};
use domain::people::Position;
use domain::score::{
    Candidate, Outcome, Period, Places, Proposal, Review, Scheme, Sheet, Subject, Viewer,
};
use entity::{Scoped, group, member, review, review_candidate, term};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::error::{ApiError, Code, Result};
use crate::score::periods;
use crate::score::rulebooks::in_force;
use crate::score::service::{candidates, scheme_of};

/// One person, or group, with everything a review looks at.
#[derive(Clone, Debug)]
pub(super) struct One {
    pub(super) candidate: Candidate,
    pub(super) member_id: Option<MemberId>,
    pub(super) group_id: GroupId,
    pub(super) name: String,
    pub(super) position: Option<Position>,
    pub(super) sheet_hash: String,
}

impl One {
    /// A candidate with his name, and the place of his group in lists. The group is the one he was
    /// in when the period was closed, while there is one of that name.
    fn of(
        candidate: Candidate,
        members: &HashMap<MemberId, member::Model>,
        groups: &[group::Model],
    ) -> Option<(i32, Self)> {
        let person = &candidate.assessed.person;
        let then = person.word("group");
        let named = groups.iter().find(|row| Some(row.name.as_str()) == then);
        let (member_id, name, position, group) = match person.subject {
            Subject::Member(id) => {
                let row = members.get(&id)?;
                let now = || groups.iter().find(|group| group.id == row.group_id);
                (
                    Some(id),
                    row.name.clone(),
                    Some(row.position),
                    named.or_else(now)?,
                )
            }
            Subject::Group(id) => {
                let row = groups.iter().find(|row| row.id == id)?;
                (None, row.name.clone(), None, row)
            }
        };
        let one = Self {
            member_id,
            group_id: group.id,
            name,
            position,
            sheet_hash: digest(&candidate.assessed.sheet),
            candidate,
        };
        Some((group.ordinal, one))
    }

    /// A trait by its name, such as `sector`.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.candidate.assessed.person.word(name)
    }

    /// Who.
    pub(super) fn subject(&self) -> Subject {
        self.candidate.assessed.person.subject
    }

    /// The sheet.
    pub(super) fn sheet(&self) -> &Sheet {
        &self.candidate.assessed.sheet
    }
}

/// The results of a period, with what came before in the term.
#[derive(Clone, Debug)]
pub(super) struct Results {
    pub(super) scheme: Arc<Scheme>,
    pub(super) rulebook_hash: String,
    pub(super) period: Period,
    pub(super) term: TermId,
    /// Whether the period is closed, so that its sheets stand.
    pub(super) closed: bool,
    pub(super) people: Vec<One>,
}

/// What the rules propose.
#[derive(Clone, Debug)]
pub(super) struct Proposed {
    pub(super) rule: Review,
    pub(super) places: BTreeMap<String, Places>,
    pub(super) nominations: BTreeMap<String, Places>,
    pub(super) rows: Vec<Row>,
}

/// What is proposed for one.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) one: One,
    /// Whether he could be picked, were there places enough.
    pub(super) eligible: bool,
    pub(super) proposal: Proposal,
}

impl Results {
    /// The results of a period: the frozen ones where it is closed, those of this moment else.
    pub(super) async fn load(app: &App, committee: CommitteeId, period: Period) -> Result<Self> {
        let db = app.db.read();
        let term = term_of(db, committee, period).await?;
        let closed = periods::closed(app, committee, period).await?;
        let rulebook_hash = match closed.as_ref().and_then(|row| row.rulebook_hash.clone()) {
            Some(frozen) => frozen,
            None => in_force(app, committee, period).await?.hash,
        };
        let members: HashMap<MemberId, member::Model> = member::Entity::of(committee)
            .all(db)
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        let groups = group::Entity::of(committee).all(db).await?;
        let mut people: Vec<(i32, One)> = candidates(app, committee, period)
            .await?
            .into_iter()
            .filter_map(|candidate| One::of(candidate, &members, &groups))
            .collect();
        people.sort_by(|(place, one), (other_place, other)| {
            let by_name = one.name.cmp(&other.name);
            let by_id = one.subject().cmp(&other.subject());
            place.cmp(other_place).then(by_name).then(by_id)
        });
        Ok(Self {
            scheme: scheme_of(app, committee, period).await?,
            rulebook_hash,
            period,
            term: term.id,
            closed: closed.is_some(),
            people: people.into_iter().map(|(_, one)| one).collect(),
        })
    }

    /// What the review of this key proposes.
    ///
    /// # Errors
    /// `validation_failed` where the rulebook has no such review.
    pub(super) fn propose(&self, key: &str) -> Result<Proposed> {
        let reviews = &self.scheme.rulebook().reviews;
        let rule = reviews.iter().find(|rule| rule.key == key).ok_or_else(|| {
            let known: Vec<_> = reviews.iter().map(|rule| rule.key.as_str()).collect();
            let message = format!("现行办法中没有这项评议；可选：{}", known.join("、"));
            ApiError::field("/key", "unknown_review", message)
        })?;
        let candidates: Vec<Candidate> = self
            .people
            .iter()
            .map(|one| one.candidate.clone())
            .collect();
        let proposals = self.scheme.propose(rule, &candidates);
        // Were there places enough: whoever is proposed by the same rule without places.
        let without_places = Review {
            pick: None,
            ..rule.clone()
        };
        let eligible = self.scheme.propose(&without_places, &candidates).proposals;
        let rows = self
            .people
            .iter()
            .zip(proposals.proposals)
            .zip(eligible)
            .filter_map(|((one, proposal), eligible)| {
                Some(Row {
                    one: one.clone(),
                    eligible: eligible?.outcome == Outcome::In,
                    proposal: proposal?,
                })
            })
            .collect();
        Ok(Proposed {
            rule: rule.clone(),
            places: proposals.places,
            nominations: proposals.nominations,
            rows,
        })
    }

    /// Whether the rulebook lets every member see everybody's points.
    pub(super) fn shows_points(&self) -> bool {
        let viewers = &self.scheme.rulebook().visibility.ranking;
        viewers.contains(&Viewer::AllMembers)
    }
}

/// The term in which a period ends.
async fn term_of(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    period: Period,
) -> Result<term::Model> {
    term::Entity::of(committee)
        .filter(term::Column::StartsOn.lte(period.last))
        .filter(term::Column::EndsOn.gte(period.first))
        .order_by_desc(term::Column::StartsOn)
        .one(db)
        .await?
        .ok_or_else(|| {
            let detail = format!("没有覆盖{}的届次", period.zh());
            ApiError::with(Code::TermMissing, detail)
        })
}

/// The SHA-256 of a sheet, the same for the same sheet.
fn digest(sheet: &Sheet) -> String {
    let json = serde_json::to_vec(sheet).expect("a sheet has only strings, numbers and lists");
    hex::encode(Sha256::digest(json))
}

/// The SHA-256 over the sheets of a review, in the order of its candidates.
pub(super) fn digest_of_all<'a>(hashes: impl Iterator<Item = &'a str>) -> String {
    let mut all = Sha256::new();
    for hash in hashes {
        all.update(hash.as_bytes());
        all.update(b"\n");
    }
    hex::encode(all.finalize())
}

/// Why a review no longer says what the results say; `None` while it does.
///
/// A closed period is held to its sheets, of everybody. The results of an open one move every day:
/// there only what the rules propose must still be the same.
pub(super) fn outdated(
    review: &review::Model,
    stored: &[review_candidate::Model],
    results: &Results,
) -> Result<Option<String>> {
    if results.rulebook_hash != review.rulebook_hash {
        return Ok(Some("考核办法已变化".to_owned()));
    }
    match (review.provisional, results.closed) {
        (false, false) => return Ok(Some("考核期已重新打开".to_owned())),
        (true, true) => return Ok(Some("考核期已结账，暂定结果已不适用".to_owned())),
        _ => {}
    }
    let now = results.propose(&review.key)?;
    let mut left: HashMap<_, _> = stored.iter().map(|row| (subject_of(row), row)).collect();
    let mut changed: Vec<&str> = Vec::new();
    for row in &now.rows {
        let same = left.remove(&row.one.subject()).is_some_and(|before| {
            if review.provisional {
                says_the_same(before, &row.proposal)
            } else {
                before.sheet_hash == row.one.sheet_hash
            }
        });
        if !same {
            changed.push(&row.one.name);
        }
    }
    changed.extend(
        left.values()
            .filter(|row| row.eligible)
            .map(|row| row.name.as_str()),
    );
    if changed.is_empty() {
        return Ok(None);
    }
    let more = if 10 < changed.len() { "等" } else { "" };
    let number = changed.len();
    changed.truncate(10);
    Ok(Some(format!(
        "{number} 人的结果已变化：{}{more}",
        changed.join("、")
    )))
}

fn says_the_same(before: &review_candidate::Model, now: &Proposal) -> bool {
    let json = |value: &_| serde_json::to_value(value).ok();
    let rung = now
        .rung
        .as_ref()
        .and_then(|rung| serde_json::to_value(rung).ok());
    before.outcome == now.outcome
        && before.rung == rung
        && Some(&before.reasons) == json(&now.reasons).as_ref()
}

/// Whom a row of a review is about.
pub(super) fn subject_of(row: &review_candidate::Model) -> Subject {
    row.member_id
        .map_or(Subject::Group(row.group_id), Subject::Member)
}

/// The members in office, for telling them something.
pub(super) async fn active_members(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
) -> Result<Vec<MemberId>> {
    use domain::people::MemberStatus;
    use sea_orm::QuerySelect;
    Ok(member::Entity::of(committee)
        .filter(member::Column::Status.eq(MemberStatus::Active))
        .select_only()
        .column(member::Column::Id)
        .into_tuple()
        .all(db)
        .await?)
}
