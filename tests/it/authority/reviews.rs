//! A published review of every committee, with what hangs on it.

use domain::ids::{
    AccountId, CommitteeId, GroupId, MemberId, NominationId, ObjectionId, ReviewCandidateId,
    ReviewId,
};
use domain::review::{ObjectionState, ReviewStatus};
use domain::score::{Outcome, ReviewKind};
use entity::{Scoped, account, nomination, objection, review, review_candidate, term};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tests::TestApp;
use uuid::Uuid;

/// Writes a published review on whose list the member stands, nominated and objecting; tells the
/// ids by path parameter.
pub(super) async fn write_review(
    t: &TestApp,
    committee: CommitteeId,
    group: GroupId,
    member: MemberId,
) -> [(&'static str, String); 4] {
    let (review, candidate) = (ReviewId(Uuid::now_v7()), ReviewCandidateId(Uuid::now_v7()));
    let (nomination, objection) = (NominationId(Uuid::now_v7()), ObjectionId(Uuid::now_v7()));
    let db = t.app.db.read();
    let term = term::Entity::of(committee).one(db).await.expect("terms");
    let account = account::Entity::of(committee)
        .filter(account::Column::MemberId.eq(member))
        .one(db)
        .await
        .expect("accounts")
        .expect("he signed in")
        .id;
    let now = t.now();
    let row = published(t, committee, review, term.expect("a term").id, account);
    let listed = review_candidate::Model {
        committee_id: committee,
        id: candidate,
        review_id: review,
        ordinal: 1,
        member_id: Some(member),
        group_id: group,
        name: "某人".to_owned(),
        group_name: "某组".to_owned(),
        sector_name: None,
        special_committee_name: None,
        position: None,
        total: 0,
        grade: None,
        sheet_hash: String::new(),
        eligible: true,
        outcome: Outcome::In,
        rung: None,
        reasons: json!([]),
        listed: true,
        settled_by: None,
        settled_reason: None,
        settled_basis: None,
        settled_at: None,
        verdict: None,
        consequence: None,
        verdict_reason: None,
    };
    let named = nomination::Model {
        committee_id: committee,
        id: nomination,
        review_id: review,
        candidate_id: candidate,
        member_id: member,
        group_id: group,
        reason: "履职积极".to_owned(),
        nominated_by: account,
        created_at: now,
        withdrawn_by: None,
        withdrawn_at: None,
    };
    let against = objection::Model {
        committee_id: committee,
        id: objection,
        review_id: review,
        candidate_id: None,
        member_id: member,
        raised_by: account,
        text: "有异议".to_owned(),
        evidence: json!([]),
        state: ObjectionState::Raised,
        due_on: None,
        answer: None,
        remedy: None,
        answered_by: None,
        answered_at: None,
        created_at: now,
    };
    t.app
        .db
        .housekeeping(async |txn| {
            review::Entity::insert(review::ActiveModel::from(row))
                .exec_without_returning(txn)
                .await?;
            review_candidate::Entity::insert(review_candidate::ActiveModel::from(listed))
                .exec_without_returning(txn)
                .await?;
            nomination::Entity::insert(nomination::ActiveModel::from(named))
                .exec_without_returning(txn)
                .await?;
            objection::Entity::insert(objection::ActiveModel::from(against))
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await
        .expect("a review is written");
    [
        ("review_id", review.to_string()),
        ("candidate_id", candidate.to_string()),
        ("nomination_id", nomination.to_string()),
        ("objection_id", objection.to_string()),
    ]
}

fn published(
    t: &TestApp,
    committee: CommitteeId,
    id: ReviewId,
    term: domain::ids::TermId,
    account: AccountId,
) -> review::Model {
    let now = t.now();
    let rule = json!({
        "key": "model", "kind": "commendation", "title": "优秀委员", "clause": "第一条",
        "text": "评选优秀委员。", "decided_by": "主席会议", "publication_workdays": 5,
    });
    review::Model {
        committee_id: committee,
        id,
        term_id: term,
        // One review for a key and a period: each of these is one of its own.
        key: id.to_string(),
        kind: ReviewKind::Commendation,
        title: "优秀委员".to_owned(),
        period: "2026".to_owned(),
        round: 1,
        rule,
        rulebook_key: "six_ones".to_owned(),
        rulebook_version: 1,
        rulebook_hash: String::new(),
        sheets_hash: String::new(),
        provisional: false,
        shows_points: true,
        computed_at: now,
        places: json!({}),
        nominations: json!({}),
        status: ReviewStatus::Published,
        status_reason: None,
        created_by: account,
        settled_by: None,
        settled_at: None,
        confirmed_by: None,
        confirmed_at: None,
        published_by: Some(account),
        published_at: Some(now),
        published_until: Some(domain::time::local_date(now)),
        until_reason: None,
        presented_by: None,
        presented_at: None,
        decided_by: None,
        decided_at: None,
        deciding_body: None,
        decided_document: None,
        decided_on: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
