//! The check-in desk: whoever was found good at the door waits here, and so does whom a convener
//! found when he called the roll; all that wait are written down together. What a phone kept while
//! it had no network comes by the same way.
//!
//! A check-in written alone costs a transaction of seven statements and holds the end of its
//! committee's chain through a flush of the disk; two hundred written together cost the same seven
//! statements and one flush (docs/performance.md).

mod arrivals;
mod roll_calls;
mod write;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::attendance::AttendanceStatus;
use domain::authority::Reach;
use domain::checkin::{CodeKeys, Policy};
use domain::ids::{ActivityId, CommitteeId, MemberId};
use entity::{activity, checkin, committee};
use moka::Expiry;
use moka::sync::Cache;
use sea_orm::{ColumnTrait, DatabaseBackend, EntityTrait, QueryFilter};
use serde_json::json;

use super::code::keys;
use super::policy::{check_in_policy, check_in_windows};
use super::roll::Called;
use super::service::CheckedIn;
use crate::access::{On, OperationType, op};
use crate::activity::service::sessions_of;
use crate::app::App;
use crate::batch::Batcher;
use crate::db::{Act, Actor, among, found};
use crate::error::{ApiError, Result};
use crate::idempotency::{self, Under};

/// How many are written together: twenty columns each stay far below what a statement may name.
const GROUP: usize = 512;
/// How many may wait for each writer: a few seconds of work, and some megabytes.
const ROOM: usize = 8_192;
/// How old what is known of an activity may be before it is looked up again, at most; half of it at
/// least. What changes in it meanwhile is noticed by its version when the check-in is written, and
/// nobody is refused by what was known; how late a committee takes check-ins from offline counts so
/// much later.
const KNOWN: Duration = Duration::from_secs(10);

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
    /// How many sessions the activity has.
    pub sessions: usize,
    /// The row to be.
    pub row: checkin::Model,
    trace_id: String,
    under: Option<Under>,
}

impl Judged {
    /// A good check-in, asked for by the request of this task.
    pub fn new(actor: Actor, place: &Place, row: checkin::Model) -> Self {
        Self {
            actor,
            version: place.activity.version,
            sessions: place.policy.windows.len(),
            row,
            trace_id: crate::telemetry::trace_id(),
            under: idempotency::current(),
        }
    }

    fn invited(&self) -> Invited {
        let row = &self.row;
        (row.committee_id, row.activity_id, row.member_id)
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

/// What was found of one member when the roll was called.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Whose act it is.
    pub actor: Actor,
    /// Whom he may find.
    pub reach: Reach,
    /// Of whom, and at what.
    invited: Invited,
    /// What he found.
    pub status: AttendanceStatus,
    /// Why it is recorded by hand.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    trace_id: String,
    under: Option<Under>,
}

impl Call {
    /// What the holder of this permit found of a member at `at`, in the request of this task.
    pub fn new(
        on: &On<op::RollCall, activity::Model>,
        member: MemberId,
        (status, reason): (AttendanceStatus, &str),
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            actor: on.caller.actor(),
            reach: on.reach.clone(),
            invited: (on.committee(), on.row.id, member),
            status,
            reason: reason.to_owned(),
            at,
            trace_id: crate::telemetry::trace_id(),
            under: idempotency::current(),
        }
    }

    fn invited(&self) -> Invited {
        self.invited
    }
}

/// What is handed in at the desk.
#[derive(Clone, Debug)]
enum Entry {
    CheckIn(Judged),
    RollCall(Call),
}

impl Entry {
    fn activity(&self) -> Where {
        let (committee, activity, _) = match self {
            Self::CheckIn(judged) => judged.invited(),
            Self::RollCall(call) => call.invited(),
        };
        (committee, activity)
    }

    fn under(&self) -> Option<Under> {
        match self {
            Self::CheckIn(judged) => judged.under,
            Self::RollCall(call) => call.under,
        }
    }
}

/// What became of an entry.
#[derive(Debug)]
enum Written {
    /// What was found stands.
    Called(Box<Called>),
    /// It stands, or another one stood already.
    In(Box<CheckedIn>),
    /// The activity was changed or closed since it was judged, or he is not on its list: judge
    /// again.
    Unfit,
}

/// Where check-ins are written down, one desk for a node.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Each committee has its own place in one of them, so that none waits for another's chain.
    queues: Arc<[Batcher<Entry, Written>]>,
    look_up: Batcher<Where, Option<Arc<Place>>>,
    places: Cache<Where, Arc<Place>>,
}

/// An activity.
type Where = (CommitteeId, ActivityId);

/// Who comes to what.
type Invited = (CommitteeId, ActivityId, MemberId);

/// Lets what is known of different activities grow old at different times: those that thousands come
/// to at the same moment are first looked up at the same moment, and not ever after.
struct Spread;

impl Expiry<Where, Arc<Place>> for Spread {
    fn expire_after_create(&self, key: &Where, _: &Arc<Place>, _: Instant) -> Option<Duration> {
        // The end of an id is random.
        let part = u32::from(key.1.0.as_bytes()[15]);
        Some(KNOWN / 2 + KNOWN / 2 * part / 256)
    }

    fn expire_after_update(
        &self,
        key: &Where,
        place: &Arc<Place>,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, place, now)
    }
}

impl Desk {
    /// Opens the desk on this thread's runtime; it closes when the last handle is gone.
    pub fn open(app: &Arc<App>) -> Self {
        let guide = Arc::clone(app);
        let queues = (0..writers(app)).map(|_| {
            let writer = Arc::clone(app);
            Batcher::spawn(ROOM, GROUP, async move |entries: &[Entry]| {
                let group = u32::try_from(entries.len()).expect("at most GROUP are together");
                writer.metrics.desk_batch.observe(f64::from(group));
                write::write(&writer, entries).await
            })
        });
        let look_up = Batcher::spawn(ROOM, GROUP, async move |asked: &[Where]| {
            places(&guide, asked).await
        });
        let places = Cache::builder().max_capacity(10_000).expire_after(Spread);
        Self {
            queues: queues.collect(),
            look_up,
            places: places.build(),
        }
    }

    /// How many entries wait to be written.
    pub fn waiting(&self) -> usize {
        self.queues.iter().map(Batcher::waiting).sum()
    }

    fn queue(&self, committee: CommitteeId) -> &Batcher<Entry, Written> {
        // The end of an id is random.
        let end = usize::from(committee.0.as_bytes()[15]);
        &self.queues[end % self.queues.len()]
    }

    /// What checking in to an activity asks, as it was at most [`KNOWN`] ago.
    pub(super) async fn place(&self, committee: CommitteeId, id: ActivityId) -> Result<Arc<Place>> {
        if let Some(place) = self.places.get(&(committee, id)) {
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
        self.places.insert(key, Arc::clone(&place));
        Ok(place)
    }

    /// Writes a check-in down, together with all that wait; nothing when the activity was changed
    /// or closed since it was judged or the member is not on its list: it is to be judged again.
    ///
    /// # Errors
    /// `unavailable` when too many wait.
    pub(super) async fn check_in(&self, judged: Judged) -> Result<Option<CheckedIn>> {
        let queue = self.queue(judged.row.committee_id);
        match queue.ask(Entry::CheckIn(judged)).await? {
            Written::In(done) => Ok(Some(*done)),
            Written::Unfit => Ok(None),
            Written::Called(_) => Err(misfiled()),
        }
    }

    /// Writes down what was found when the roll was called, together with all that wait.
    ///
    /// # Errors
    /// `not_invited` and `forbidden` for whom the caller cannot find, `conflict` when a correction
    /// was approved or the activity is not on, `checkin_too_early`; `unavailable` when too many wait.
    pub(super) async fn call(&self, call: Call) -> Result<Called> {
        let queue = self.queue(call.invited.0);
        match queue.ask(Entry::RollCall(call)).await? {
            Written::Called(called) => Ok(*called),
            Written::In(_) | Written::Unfit => Err(misfiled()),
        }
    }
}

/// How many write at the same time: while one waits for the flush of the disk, another may write;
/// SQLite has one writer anyhow.
fn writers(app: &App) -> usize {
    match app.db.engine() {
        DatabaseBackend::Sqlite => 1,
        _ => 2,
    }
}

fn misfiled() -> ApiError {
    ApiError::internal(anyhow::anyhow!(
        "an entry was taken for one of another kind"
    ))
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
