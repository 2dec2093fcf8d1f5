//! Reading reviews: the list, one review as somebody may see it, objections, and what a dossier
//! takes over.

use std::collections::{HashMap, HashSet};

use domain::authority::{Operation, Reach};
use domain::content::{ContentField, ContentKind};
use domain::ids::{AccountId, CommitteeId, MemberId, ReviewCandidateId, ReviewId};
use domain::review::{ReviewStatus, Verdict};
use domain::score::ReviewKind;
use entity::{Scoped, account, nomination, objection, review, review_candidate, review_document};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use super::service::{candidates_of, staleness};
use super::sight::Sight;
use crate::access::Caller;
use crate::app::App;
use crate::content;
use crate::error::Result;

/// Which reviews.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this kind.
    pub kind: Option<ReviewKind>,
    /// Of this period.
    pub period: Option<String>,
    /// Where they stand.
    pub status: Option<ReviewStatus>,
}

/// The reviews the caller may know of, the newest first, and how many there are.
pub async fn list(
    app: &App,
    caller: &Caller,
    wanted: &Wanted,
    (skip, limit): (u64, u64),
) -> Result<(Vec<review::Model>, u64)> {
    use review::Column as C;
    let reach = Reach::of(Operation::ReviewList, caller.standings()).unwrap_or_default();
    let nominates = Reach::of(Operation::ReviewNominate, caller.standings()).is_some();
    let public = [
        ReviewStatus::Published,
        ReviewStatus::Deciding,
        ReviewStatus::Decided,
    ];
    // The same as `Sight::of`, in the words of the database.
    let known = if reach.committee {
        Condition::all()
    } else {
        Condition::any()
            .add(
                Condition::all()
                    .add(C::Status.is_in(public))
                    .add(C::PublishedAt.is_not_null()),
            )
            .add_option(nominates.then(|| C::Status.eq(ReviewStatus::Nominating)))
    };
    let query = review::Entity::of(caller.committee)
        .filter(known)
        .apply_if(wanted.kind, |query, kind| query.filter(C::Kind.eq(kind)))
        .apply_if(wanted.period.as_ref(), |query, period| {
            query.filter(C::Period.eq(period))
        })
        .apply_if(wanted.status, |query, status| {
            query.filter(C::Status.eq(status))
        });
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_desc(C::CreatedAt)
        .order_by_desc(C::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    Ok((rows, total))
}

/// A review as somebody may see it.
#[derive(Clone, Debug)]
pub struct Described {
    /// The review.
    pub row: review::Model,
    /// How much of it he sees.
    pub(super) sight: Sight,
    /// The candidates he may see.
    pub candidates: Vec<review_candidate::Model>,
    /// His own row, where he is assessed and the list is published or he sees everything.
    pub own: Option<review_candidate::Model>,
    /// The nominations of those candidates that stand.
    pub nominations: HashMap<ReviewCandidateId, nomination::Model>,
    /// What was carried out about them.
    pub documents: Vec<review_document::Model>,
    /// The objections he may see.
    pub objections: Vec<objection::Model>,
    /// Why the review no longer says what the results say.
    pub stale: Option<String>,
    /// The names of the accounts in it.
    pub names: HashMap<AccountId, String>,
}

/// A review as the caller may see it.
pub async fn describe(app: &App, caller: &Caller, row: review::Model) -> Result<Described> {
    let db = app.db.read();
    let committee = row.committee_id;
    let sight = Sight::of(caller, &row);
    let all = candidates_of(db, committee, row.id).await?;
    let whole = sight == Sight::Whole;
    let stale = if whole {
        staleness(app, &row, &all).await?
    } else {
        None
    };
    let is_own = |one: &review_candidate::Model| {
        one.member_id.is_some() && one.member_id == caller.member_id()
    };
    let own = match sight {
        Sight::Whole | Sight::Published => all.iter().find(|one| is_own(one)).cloned(),
        Sight::Groups(_) | Sight::Nothing => None,
    };
    let candidates: Vec<_> = match &sight {
        Sight::Whole => all,
        Sight::Published => all.into_iter().filter(|one| one.listed).collect(),
        Sight::Groups(groups) => all
            .into_iter()
            .filter(|one| groups.contains(&one.group_id))
            .collect(),
        Sight::Nothing => Vec::new(),
    };
    let mut nominations = if sight == Sight::Published {
        HashMap::new()
    } else {
        nominations_of(db, committee, row.id).await?
    };
    cover_reasons(app, caller, &mut nominations).await?;
    let documents = if whole {
        documents_of(db, committee, row.id).await?
    } else {
        Vec::new()
    };
    let objections = objections(app, caller, &row).await?;
    let names = names(db, &row, &candidates, &nominations, &documents, &objections).await?;
    Ok(Described {
        row,
        sight,
        candidates,
        own,
        nominations,
        documents,
        objections,
        stale,
        names,
    })
}

/// Covers the reasons that the caller may not read.
async fn cover_reasons(
    app: &App,
    caller: &Caller,
    nominations: &mut HashMap<ReviewCandidateId, nomination::Model>,
) -> Result<()> {
    if nominations.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = nominations.values().map(|row| row.id.0).collect();
    let read = content::Sight::of(app, caller, ContentKind::Nomination, ids).await?;
    for row in nominations.values_mut() {
        // Whom a convener writes about reads the reason no more than others do.
        read.cover(None, (row.id.0, ContentField::Reason), &mut row.reason);
    }
    Ok(())
}

/// The nominations of a review that stand.
pub(super) async fn nominations_of(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    review: ReviewId,
) -> Result<HashMap<ReviewCandidateId, nomination::Model>> {
    let rows = nomination::Entity::of(committee)
        .filter(nomination::Column::ReviewId.eq(review))
        .filter(nomination::Column::WithdrawnAt.is_null())
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.candidate_id, row))
        .collect())
}

async fn documents_of(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    review: ReviewId,
) -> Result<Vec<review_document::Model>> {
    Ok(review_document::Entity::of(committee)
        .filter(review_document::Column::ReviewId.eq(review))
        .order_by_asc(review_document::Column::DoneOn)
        .order_by_asc(review_document::Column::Id)
        .all(db)
        .await?)
}

/// The objections against a review: all of them for those who answer for all, the caller's own
/// else.
pub async fn objections(
    app: &App,
    caller: &Caller,
    row: &review::Model,
) -> Result<Vec<objection::Model>> {
    use objection::Column as C;
    let reach = Reach::of(Operation::ObjectionList, caller.standings()).unwrap_or_default();
    let known = if reach.committee {
        Condition::all()
    } else {
        Condition::any().add(C::MemberId.is_in(reach.member))
    };
    Ok(objection::Entity::of(row.committee_id)
        .filter(C::ReviewId.eq(row.id))
        .filter(known)
        .order_by_asc(C::CreatedAt)
        .order_by_asc(C::Id)
        .all(app.db.read())
        .await?)
}

async fn names(
    db: &impl ConnectionTrait,
    row: &review::Model,
    candidates: &[review_candidate::Model],
    nominations: &HashMap<ReviewCandidateId, nomination::Model>,
    documents: &[review_document::Model],
    objections: &[objection::Model],
) -> Result<HashMap<AccountId, String>> {
    let mut ids: HashSet<AccountId> = HashSet::from([row.created_by]);
    let acts = [
        row.settled_by,
        row.confirmed_by,
        row.published_by,
        row.presented_by,
        row.decided_by,
    ];
    ids.extend(acts.into_iter().flatten());
    ids.extend(candidates.iter().filter_map(|one| one.settled_by));
    ids.extend(nominations.values().map(|one| one.nominated_by));
    ids.extend(documents.iter().map(|one| one.recorded_by));
    ids.extend(objections.iter().filter_map(|one| one.answered_by));
    ids.extend(objections.iter().map(|one| one.raised_by));
    let rows: Vec<(AccountId, String)> = account::Entity::of(row.committee_id)
        .filter(account::Column::Id.is_in(ids))
        .select_only()
        .columns([account::Column::Id, account::Column::DisplayName])
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// A review as a member's dossier tells of it.
#[derive(Clone, Debug)]
pub struct DossierEntry {
    /// The review.
    pub review: review::Model,
    /// What it says of him.
    pub candidate: review_candidate::Model,
    /// What was decided of him, in words.
    pub consequence: Option<String>,
    /// What was carried out.
    pub documents: Vec<review_document::Model>,
}

/// The decided reviews on whose list a member stood, the oldest first: what his dossier holds.
pub async fn of_member(
    app: &App,
    committee: CommitteeId,
    member: MemberId,
) -> Result<Vec<DossierEntry>> {
    let db = app.db.read();
    let candidates = review_candidate::Entity::of(committee)
        .filter(review_candidate::Column::MemberId.eq(member))
        .filter(review_candidate::Column::Verdict.is_not_null())
        .all(db)
        .await?;
    let reviews = review::Entity::of(committee)
        .filter(review::Column::Id.is_in(candidates.iter().map(|one| one.review_id)))
        .filter(review::Column::Status.eq(ReviewStatus::Decided))
        .order_by_asc(review::Column::DecidedOn)
        .order_by_asc(review::Column::Id)
        .all(db)
        .await?;
    let mut documents: HashMap<ReviewId, Vec<review_document::Model>> = HashMap::new();
    for row in review_document::Entity::of(committee)
        .filter(review_document::Column::MemberId.eq(member))
        .order_by_asc(review_document::Column::DoneOn)
        .order_by_asc(review_document::Column::Id)
        .all(db)
        .await?
    {
        documents.entry(row.review_id).or_default().push(row);
    }
    let mut by_review: HashMap<ReviewId, review_candidate::Model> = candidates
        .into_iter()
        .map(|one| (one.review_id, one))
        .collect();
    Ok(reviews
        .into_iter()
        .filter_map(|review| {
            let candidate = by_review.remove(&review.id)?;
            let rejected = candidate.verdict == Some(Verdict::Rejected);
            let consequence = super::service::consequence(&candidate);
            Some(DossierEntry {
                documents: documents.remove(&review.id).unwrap_or_default(),
                consequence: consequence.filter(|_| !rejected),
                candidate,
                review,
            })
        })
        .collect())
}
