//! The check-in desk: whoever was found good at the door waits here, and all who wait are written
//! down together.
//!
//! A check-in written alone costs a transaction of seven statements and holds the end of its
//! committee's chain through a flush of the disk; two hundred written together cost the same seven
//! statements and one flush (docs/performance.md).

mod write;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use domain::checkin::{CodeKeys, Policy};
use domain::ids::{ActivityId, AttendanceId, CommitteeId, MemberId};
use entity::{activity, attendance, checkin, committee};
use moka::future::Cache;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::code::keys;
use super::policy::{check_in_policy, check_in_windows};
use super::service::CheckedIn;
use crate::access::{OperationType, op};
use crate::activity::service::sessions_of;
use crate::app::App;
use crate::batch::Batcher;
use crate::db::{Act, Actor, among, found};
use crate::error::Result;
use crate::idempotency::{self, Under};

/// How many are written together: twenty columns each stay far below what a statement may name.
const GROUP: usize = 256;
/// How many may wait: a few seconds of work, and some megabytes.
const ROOM: usize = 8_192;
/// How old what is known of an activity may be before it is looked up again. What changes in it
/// meanwhile is noticed by its version when the check-in is written, and nobody is refused by what
/// was known.
const KNOWN: Duration = Duration::from_secs(5);

/// What checking in to an activity asks, ready to be held against an attempt.
#[derive(Debug)]
pub(super) struct Place {
    pub activity: Arc<activity::Model>,
    pub policy: Policy,
    pub keys: CodeKeys,
}

/// A check-in that is good, as far as could be seen before it is written.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    /// Whose act it is.
    pub actor: Actor,
    /// The version of the activity it was judged by.
    pub version: i32,
    /// The attendance it adds to.
    pub attendance: AttendanceId,
    /// The row to be.
    pub row: checkin::Model,
    trace_id: String,
    under: Option<Under>,
}

impl Judged {
    /// A good check-in, asked for by the request of this task.
    pub fn new(actor: Actor, place: &Place, attendance: AttendanceId, row: checkin::Model) -> Self {
        Self {
            actor,
            version: place.activity.version,
            attendance,
            row,
            trace_id: crate::telemetry::trace_id(),
            under: idempotency::current(),
        }
    }

    fn act(&self) -> Act {
        let row = &self.row;
        Act {
            actor: self.actor.clone(),
            operation: op::CheckIn::OPERATION.as_str(),
            at: row.received_at,
            subject: Some(("activity", row.activity_id.to_string())),
            detail: json!({
                "member": row.member_id, "session": row.session, "at": row.at, "late": row.late,
                "offline": row.offline, "needs_review": row.needs_review,
            }),
            trace_id: self.trace_id.clone(),
        }
    }
}

/// What became of a judged check-in.
#[derive(Debug)]
pub(super) enum Written {
    /// It stands, or another one stood already.
    In(Box<CheckedIn>),
    /// The activity was changed since it was judged: judge again.
    Moved,
}

/// Where check-ins are written down, one desk for a node.
#[derive(Clone, Debug)]
pub struct Desk {
    queue: Batcher<Judged, Written>,
    invitations: Batcher<Invited, Option<attendance::Model>>,
    look_up: Batcher<Where, Option<Arc<Place>>>,
    places: Cache<Where, Arc<Place>>,
}

/// An activity.
type Where = (CommitteeId, ActivityId);

/// Who comes to what.
type Invited = (CommitteeId, ActivityId, MemberId);

impl Desk {
    /// Opens the desk on this thread's runtime; it closes when the last handle is gone.
    pub fn open(app: &Arc<App>) -> Self {
        let [writer, reader, guide] = [(); 3].map(|()| Arc::clone(app));
        let queue = Batcher::spawn(ROOM, GROUP, async move |judged: &[Judged]| {
            let group = u32::try_from(judged.len()).expect("at most GROUP are written together");
            writer.metrics.desk_batch.observe(f64::from(group));
            write::write(&writer, judged).await
        });
        let invitations = Batcher::spawn(ROOM, GROUP, async move |invited: &[Invited]| {
            invitations(&reader, invited).await
        });
        let look_up = Batcher::spawn(ROOM, GROUP, async move |asked: &[Where]| {
            places(&guide, asked).await
        });
        let places = Cache::builder().max_capacity(10_000).time_to_live(KNOWN);
        Self {
            queue,
            invitations,
            look_up,
            places: places.build(),
        }
    }

    /// How many check-ins wait to be written.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// What checking in to an activity asks, as it was at most [`KNOWN`] ago.
    pub(super) async fn place(&self, committee: CommitteeId, id: ActivityId) -> Result<Arc<Place>> {
        if let Some(place) = self.places.get(&(committee, id)).await {
            return Ok(place);
        }
        self.place_now(committee, id).await
    }

    /// The same as it is now.
    pub(super) async fn place_now(
        &self,
        committee: CommitteeId,
        id: ActivityId,
    ) -> Result<Arc<Place>> {
        let key = (committee, id);
        let place = found(self.look_up.ask(key).await?)?;
        self.places.insert(key, Arc::clone(&place)).await;
        Ok(place)
    }

    /// What the list of an activity says of a member, if he is on it.
    pub(super) async fn attendance(
        &self,
        committee: CommitteeId,
        activity: ActivityId,
        member: MemberId,
    ) -> Result<Option<attendance::Model>> {
        self.invitations.ask((committee, activity, member)).await
    }

    /// Writes a check-in down, together with all that wait.
    ///
    /// # Errors
    /// `checkin_not_open` when the activity was closed or cancelled meanwhile; `unavailable` when
    /// too many wait.
    pub(super) async fn write(&self, judged: Judged) -> Result<Written> {
        self.queue.ask(judged).await
    }
}

/// What the activities ask of who comes, in two queries.
async fn places(app: &App, asked: &[Where]) -> Result<Vec<Result<Option<Arc<Place>>>>> {
    let db = app.db.read();
    let backend = db.get_database_backend();
    let wanted: HashSet<Where> = asked.iter().copied().collect();
    let keys = wanted.iter().map(|(committee, id)| (*committee, [id.0]));
    let activities = activity::Entity::find()
        .filter(among::<activity::Entity, 1>(
            backend,
            [activity::Column::Id],
            keys,
        ))
        .all(db)
        .await?;
    let theirs: HashSet<CommitteeId> = activities.iter().map(|row| row.committee_id).collect();
    let committees: HashMap<CommitteeId, committee::Model> = committee::Entity::find()
        .filter(committee::Column::Id.is_in(theirs))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let mut found = HashMap::with_capacity(activities.len());
    for activity in activities {
        let key = (activity.committee_id, activity.id);
        if wanted.contains(&key)
            && let Some(committee) = committees.get(&key.0)
        {
            found.insert(key, place(app, activity, committee)?);
        }
    }
    Ok(asked
        .iter()
        .map(|key| Ok(found.get(key).cloned()))
        .collect())
}

fn place(app: &App, activity: activity::Model, row: &committee::Model) -> Result<Arc<Place>> {
    let windows = check_in_windows(&sessions_of(&activity)?);
    Ok(Arc::new(Place {
        policy: check_in_policy(&activity, windows, row),
        keys: keys(app, row)?,
        activity: Arc::new(activity),
    }))
}

/// The attendances of all who ask, in one query.
async fn invitations(
    app: &App,
    invited: &[Invited],
) -> Result<Vec<Result<Option<attendance::Model>>>> {
    use attendance::Column as C;
    let db = app.db.read();
    let keys = invited
        .iter()
        .map(|(committee, activity, member)| (*committee, [activity.0, member.0]));
    let rows = attendance::Entity::find()
        .filter(among::<attendance::Entity, 2>(
            db.get_database_backend(),
            [C::ActivityId, C::MemberId],
            keys,
        ))
        .all(db)
        .await?;
    let found: HashMap<Invited, attendance::Model> = rows
        .into_iter()
        .map(|row| ((row.committee_id, row.activity_id, row.member_id), row))
        .collect();
    Ok(invited
        .iter()
        .map(|one| Ok(found.get(one).cloned()))
        .collect())
}
