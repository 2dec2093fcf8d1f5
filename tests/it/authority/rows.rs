//! The rows the operations are asked about: one of each kind in every place.

use std::collections::{BTreeMap, BTreeSet};

use domain::authority::Scope;
use domain::closing::{AmendmentKind, AmendmentStatus, PeriodStatus};
use domain::content::{ContentField, ContentKind, ContentOutcome};
use domain::follower::LinkConflictState;
use domain::ids::{
    AccountId, ActivityFileId, ActivityId, AmendmentId, BindingRequestId, ContentCheckId,
    CorrectionId, FileId, GroupId, LeaveRequestId, LinkConflictId, MemberId, PauseId, PeriodId,
};
use domain::leave::{LeaveReason, LeaveState};
use domain::notice::Channel;
use domain::notice::pause::Cause;
use domain::people::{AccountKind, BindingState};
use entity::{
    Scoped, account, activity_file, amendment, binding_request, channel_pause, content_check,
    correction, file, leave_request, seat,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use serde_json::json;
use tests::TestApp;
use uuid::Uuid;

use super::reviews::write_review;

/// Where a row of the path lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Of chen, in group 一, which staff1 serves.
    Own,
    /// Of jin, in group 三.
    OtherGroup,
    /// Of x-zhu.
    OtherCommittee,
    /// Nowhere.
    Absent,
}

/// Ids of the rows, by path parameter and place, and the scope of each place.
pub(super) struct Rows {
    pub(super) ids: BTreeMap<(&'static str, Place), String>,
    pub(super) scopes: BTreeMap<Place, Scope>,
}

pub(super) const PLACES: [Place; 4] = [
    Place::Own,
    Place::OtherGroup,
    Place::OtherCommittee,
    Place::Absent,
];

/// Writes the rows of every place.
pub(super) async fn rows(t: &TestApp) -> Rows {
    let mut ids = BTreeMap::new();
    let places = [
        (Place::Own, "alice", "staff1", "chen", "office", t.committee),
        (
            Place::OtherGroup,
            "hu",
            "staff2",
            "jin",
            "office",
            t.committee,
        ),
        (
            Place::OtherCommittee,
            "x-yan",
            "x-staff",
            "x-zhu",
            "x-office",
            t.other,
        ),
    ];
    let mut scopes = BTreeMap::new();
    for (place, convener, staff, member, office, committee) in places {
        let person = t.see(member, "/me").await;
        let member_id: MemberId = t.members[member];
        let members = t.see(office, &format!("/members/{member_id}")).await;
        let group = members["group_id"]
            .as_str()
            .or(members["group"]["id"].as_str())
            .unwrap_or_else(|| panic!("{members} {person}"))
            .to_owned();
        let activity = publish_activity(t, convener, staff, &group).await;
        let plan = draft_plan(t, convener, &group, member_id).await;
        let record = declare(t, member).await;
        let rulebook = draft_rulebook(t, office, place).await;
        let (leave, correction, request, file_id, account_id) =
            write_rows(t, committee, &activity, member_id).await;
        let delivery = entity::delivery::Entity::of(committee)
            .filter(entity::delivery::Column::MemberId.eq(member_id))
            .one(t.app.db.read())
            .await
            .expect("deliveries")
            .expect("a delivery");
        let seat = seat::Entity::of(committee)
            .filter(seat::Column::MemberId.is_not_null())
            .filter(seat::Column::MemberId.ne(t.members["alice"]))
            .order_by_desc(seat::Column::Id)
            .one(t.app.db.read())
            .await
            .expect("seats")
            .expect("a seat");
        let amendment = amendment_row(t, committee, place, member_id).await;
        let conflict = link_conflict_row(t, committee, member_id).await;
        let content = content_check_row(t, committee, leave, member_id).await;
        scopes.insert(
            place,
            Scope {
                groups: vec![GroupId(group.parse().expect("an id"))],
                member: Some(member_id),
            },
        );
        let group_id = GroupId(group.parse().expect("an id"));
        for (name, id) in write_review(t, committee, group_id, member_id).await {
            ids.insert((name, place), id);
        }
        for (name, id) in [
            ("activity_id", activity),
            ("group_id", group),
            ("amendment_id", amendment),
            ("conflict_id", conflict),
            ("content_check_id", content),
            ("plan_id", plan),
            ("rulebook_id", rulebook),
            ("member_id", member_id.to_string()),
            ("leave_request_id", leave.to_string()),
            ("correction_id", correction.to_string()),
            ("delivery_id", delivery.id.to_string()),
            ("notice_id", delivery.notice_id.to_string()),
            ("pause_id", pause_row(t, committee, place).await),
            ("duty_record_id", record),
            ("seat_id", seat.id.to_string()),
            ("request_id", request.to_string()),
            ("file_id", file_id.to_string()),
            ("account_id", account_id.to_string()),
        ] {
            ids.insert((name, place), id);
        }
    }
    for name in ids.keys().map(|(name, _)| *name).collect::<BTreeSet<_>>() {
        ids.insert((name, Place::Absent), Uuid::now_v7().to_string());
    }
    Rows { ids, scopes }
}

/// An activity of that group, submitted, approved and published.
async fn publish_activity(t: &TestApp, convener: &str, staff: &str, group: &str) -> String {
    let starts = t.now() + chrono::TimeDelta::days(5);
    let body = json!({ "group_id": group, "kind": "study", "mode": "annual_plan", "title": "学习", "content": "", "venue": "驿站",
                       "starts_at": starts.to_rfc3339(), "ends_at": (starts + chrono::TimeDelta::hours(2)).to_rfc3339() });
    let activity = t.act(convener, "/activities", body).await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    t.act(
        convener,
        &format!("/activities/{activity}/submit"),
        json!({}),
    )
    .await;
    t.act(staff, &format!("/activities/{activity}/approve"), json!({}))
        .await;
    t.act(
        convener,
        &format!("/activities/{activity}/publish"),
        json!({}),
    )
    .await;
    activity
}

/// An account that had to stop.
async fn pause_row(t: &TestApp, committee: domain::ids::CommitteeId, place: Place) -> String {
    let id = PauseId(Uuid::now_v7());
    let pause = channel_pause::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        app_id: Set(format!("wx{place:?}")),
        channel: Set(Channel::OfficialAccount),
        template_id: Set(String::new()),
        cause: Set(Cause::Configuration),
        code: Set(Some(40164)),
        message: Set(None),
        rid: Set(None),
        seen_ip: Set(None),
        since: Set(t.now()),
        until: Set(None),
        strikes: Set(1),
        resumed_by: Set(None),
        resumed_at: Set(None),
    };
    let written = t.app.db.housekeeping(async |txn| {
        channel_pause::Entity::insert(pause.clone())
            .exec_without_returning(txn)
            .await?;
        Ok(())
    });
    written.await.expect("a pause");
    id.to_string()
}

/// An amendment of a member's facts in a closed period of that place's own.
async fn amendment_row(
    t: &TestApp,
    committee: domain::ids::CommitteeId,
    place: Place,
    member: MemberId,
) -> String {
    let (period, id) = (PeriodId(Uuid::now_v7()), AmendmentId(Uuid::now_v7()));
    let (now, day) = (t.now(), domain::time::local_date(t.now()));
    let closed = entity::period::ActiveModel {
        committee_id: Set(committee),
        id: Set(period),
        key: Set(format!("{place:?}")),
        unit: Set("year".to_owned()),
        year: Set(2000),
        number: Set(1),
        first: Set(day),
        last: Set(day),
        status: Set(PeriodStatus::Open),
        closings: Set(0),
        row_version: Set(1),
        created_at: Set(now),
        ..Default::default()
    };
    let amendment = amendment::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        period_id: Set(period),
        closing: Set(1),
        kind: Set(AmendmentKind::Reversal),
        member_id: Set(Some(member)),
        reason: Set("误记".to_owned()),
        document: Set("1".to_owned()),
        status: Set(AmendmentStatus::Proposed),
        proposed_by: Set(AccountId(Uuid::now_v7())),
        proposed_at: Set(now),
        ..Default::default()
    };
    t.app
        .db
        .housekeeping(async |txn| {
            entity::period::Entity::insert(closed)
                .exec_without_returning(txn)
                .await?;
            amendment::Entity::insert(amendment)
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await
        .expect("rows are written");
    id.to_string()
}

/// Somebody asks for the follower this member signs in as.
async fn link_conflict_row(
    t: &TestApp,
    committee: domain::ids::CommitteeId,
    member: MemberId,
) -> String {
    let follower = entity::identity::Entity::of(committee)
        .filter(entity::identity::Column::MemberId.eq(member))
        .one(t.app.db.read())
        .await
        .expect("identities")
        .expect("he signed in");
    let id = LinkConflictId(Uuid::now_v7());
    let row = entity::link_conflict::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        identity_id: Set(follower.id),
        member_id: Set(member),
        state: Set(LinkConflictState::Open),
        asked_at: Set(t.now()),
        ..Default::default()
    };
    t.app
        .db
        .housekeeping(async |txn| {
            entity::link_conflict::Entity::insert(row)
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await
        .expect("a row is written");
    id.to_string()
}

/// What was found of the words in which a member asks for leave.
async fn content_check_row(
    t: &TestApp,
    committee: domain::ids::CommitteeId,
    leave: LeaveRequestId,
    member: MemberId,
) -> String {
    let writer = account::Entity::of(committee)
        .filter(account::Column::MemberId.eq(member))
        .one(t.app.db.read())
        .await
        .expect("accounts")
        .expect("he signed in");
    let id = ContentCheckId(Uuid::now_v7());
    let row = content_check::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        kind: Set(ContentKind::LeaveRequest),
        subject_id: Set(leave.0),
        field: Set(ContentField::Reason),
        text_hash: Set("00".to_owned()),
        account_id: Set(writer.id),
        written_at: Set(t.now()),
        outcome: Set(ContentOutcome::Review),
        ..Default::default()
    };
    t.app
        .db
        .housekeeping(async |txn| {
            content_check::Entity::insert(row)
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await
        .expect("a row is written");
    id.to_string()
}

/// A duty record of a member, by himself.
async fn declare(t: &TestApp, member: &str) -> String {
    let record = json!({ "kind": "proposal", "title": "提案", "content": "内容", "done_on": "2026-09-01", "evidence_ids": [] });
    let record = t.act(member, "/duty-records", record).await;
    record["id"].as_str().expect("an id").to_owned()
}

/// A version of the rules of the committee, one for each place.
async fn draft_rulebook(t: &TestApp, office: &str, place: Place) -> String {
    let text =
        domain::score::SIX_ONES.replace("version = 1", &format!("version = {}", place as u32 + 1));
    let draft = t.act(office, "/rulebooks", json!({ "text": text })).await;
    draft["id"].as_str().expect("an id").to_owned()
}

/// The plan of a group, by its convener; a member of the group sees to its item.
async fn draft_plan(t: &TestApp, convener: &str, group: &str, owner: MemberId) -> String {
    let item = json!({ "quarter": 4, "mode": "lecture_hall", "kind": "study", "topic": "大讲堂", "owner_member_id": owner });
    let plan = json!({ "group_id": group, "year": 2026, "items": [item] });
    let plan = t.act(convener, "/plans", plan).await;
    plan["id"].as_str().expect("an id").to_owned()
}

/// An account with a password that nobody uses.
fn spare(
    committee: domain::ids::CommitteeId,
    id: AccountId,
    now: chrono::DateTime<chrono::Utc>,
) -> account::ActiveModel {
    account::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        kind: Set(AccountKind::Password),
        member_id: Set(None),
        username: Set(Some(id.to_string())),
        display_name: Set("备用".to_owned()),
        password_hash: Set(None),
        totp_cipher: Set(None),
        totp_step: Set(None),
        session_version: Set(1),
        failed_attempts: Set(0),
        locked_until: Set(None),
        disabled_at: Set(None),
        created_at: Set(now),
    }
}

/// A file of `owner`, shown with an activity so that it lies where the activity lies.
fn shown_file(
    committee: domain::ids::CommitteeId,
    id: FileId,
    owner: AccountId,
    activity: ActivityId,
    now: chrono::DateTime<chrono::Utc>,
) -> (file::ActiveModel, activity_file::ActiveModel) {
    let picture = file::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        owner_id: Set(owner),
        media_type: Set("image/png".to_owned()),
        size: Set(1),
        sha256: Set("00".to_owned()),
        data: Set(vec![0]),
        created_at: Set(now),
    };
    let shown = activity_file::ActiveModel {
        committee_id: Set(committee),
        id: Set(ActivityFileId(Uuid::now_v7())),
        activity_id: Set(activity),
        file_id: Set(id),
        name: Set("议程.png".to_owned()),
        ordinal: Set(1),
    };
    (picture, shown)
}

async fn write_rows(
    t: &TestApp,
    committee: domain::ids::CommitteeId,
    activity: &str,
    member: MemberId,
) -> (
    LeaveRequestId,
    CorrectionId,
    BindingRequestId,
    FileId,
    AccountId,
) {
    let now = t.now();
    let account: AccountId = account::Entity::of(committee)
        .filter(account::Column::MemberId.eq(member))
        .one(t.app.db.read())
        .await
        .expect("accounts")
        .expect("he signed in")
        .id;
    let ids = (
        LeaveRequestId(Uuid::now_v7()),
        CorrectionId(Uuid::now_v7()),
        BindingRequestId(Uuid::now_v7()),
        FileId(Uuid::now_v7()),
        AccountId(Uuid::now_v7()),
    );
    let activity = ActivityId(activity.parse().expect("an id"));
    let leave = leave_request::ActiveModel {
        committee_id: Set(committee),
        id: Set(ids.0),
        activity_id: Set(activity),
        member_id: Set(member),
        reason_code: Set(LeaveReason::Sick),
        reason: Set("病".to_owned()),
        state: Set(LeaveState::Requested),
        registered_by: Set(None),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
        created_at: Set(now),
    };
    let mend = correction::ActiveModel {
        committee_id: Set(committee),
        id: Set(ids.1),
        activity_id: Set(activity),
        member_id: Set(member),
        reason_code: Set("phone_dead".to_owned()),
        reason: Set("没电".to_owned()),
        evidence: Set(json!([])),
        state: Set(domain::attendance::CorrectionState::Requested),
        original_status: Set(domain::attendance::AttendanceStatus::Absent),
        requested_by: Set(account),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
        created_at: Set(now),
    };
    let binding = binding_request::ActiveModel {
        committee_id: Set(committee),
        id: Set(ids.2),
        account_id: Set(account),
        member_id: Set(member),
        state: Set(BindingState::Pending),
        created_at: Set(now),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
    };
    let (picture, shown) = shown_file(committee, ids.3, account, activity, now);
    t.app
        .db
        .housekeeping(async |txn| {
            account::Entity::insert(spare(committee, ids.4, now))
                .exec_without_returning(txn)
                .await?;
            leave_request::Entity::insert(leave)
                .exec_without_returning(txn)
                .await?;
            correction::Entity::insert(mend)
                .exec_without_returning(txn)
                .await?;
            binding_request::Entity::insert(binding)
                .exec_without_returning(txn)
                .await?;
            file::Entity::insert(picture)
                .exec_without_returning(txn)
                .await?;
            activity_file::Entity::insert(shown)
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await
        .expect("rows are written");
    ids
}
