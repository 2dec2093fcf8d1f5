//! Two worker nodes in processes of their own, a WeChat that fails in every way it is known to,
//! and one of the nodes killed in the middle: everybody is told once, or it is known why not.
//!
//! Each trouble strikes three calls in ten of its own accounts, all of them those of the mixed
//! ones. Time runs by itself and jumps to what is due next whenever nobody does anything, so that
//! pauses, leases and the minutes of doubt pass at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use api::demo::world::official_account;
use api::notice::{DELIVER, RECONCILE, TURN};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::NoticeId;
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, delivery, job};
use sea_orm::{ColumnTrait, DbErr, PaginatorTrait, QueryFilter};
use tests::TestApp;
use tests::drill::is_chaos;
use tests::node::Node;
use tests::readers::Reader;
use wechat::sim::{Call, Fault, FaultKind, Handle, Moment};

use crate::notice::habits;

const PROGRAM: &str = env!("CARGO_BIN_EXE_xingdong-under-test");
const NODES: i64 = 2;
const SEND: &str = "cgi-bin/message/template/send";
const TOKEN: &str = "cgi-bin/stable_token";

/// How many calls a trouble strikes.
const CHANCE: f64 = 0.3;
/// How many are told by the accounts that meet every trouble; a thousand where
/// `XINGDONG_TEST_READERS` says how many by those that meet one.
const MANY: usize = 400;
/// How many by those that meet one, else.
const FEW: usize = 80;
/// An answer that never comes is waited for so long by each of the five calls an account has on
/// their way: such troubles are shared out among several accounts.
const SHARED: usize = 4;
const MIXED: usize = 5;
/// After so many sends the tokens end, and with them the calls on their way.
const TOKENS_LAST: usize = 5;

/// How long nothing may happen before time jumps, and how long while a call may be on its way.
const STILL: Duration = Duration::from_millis(500);
const HANGING: Duration = Duration::from_secs(6);
/// How far time jumps while a call may be on its way.
const NEAR: TimeDelta = TimeDelta::seconds(10);

/// What goes wrong.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    /// A call is answered wrongly, or not at all.
    Answer(FaultKind, Moment),
    /// Every token of the account ends, again and again (40001, 42001).
    TokensEnd,
    /// The quota of the day is used up before everybody is told (45009).
    DayQuota,
    /// All of them.
    Mixed,
}

const ANSWERS: [(&str, FaultKind, Moment, usize); 10] = {
    use FaultKind::{Drip, Empty, Errcode, HangUp, Html, Reset, Timeout, Truncated};
    use Moment::{After, Before};
    [
        ("hung up before read", HangUp, Before, 1),
        ("hung up after accept", HangUp, After, 1),
        ("reset after accept", Reset, After, 1),
        ("-1 but delivered", Errcode(-1), After, 1),
        ("42001", Errcode(42001), Before, 1),
        ("HTML", Html, After, 1),
        ("half of the JSON", Truncated, After, 1),
        ("an empty 200", Empty, After, 1),
        ("slow drip", Drip { millis: 200 }, After, SHARED),
        ("silence", Timeout { millis: 8000 }, Before, SHARED),
    ]
};

/// One notice, the accounts it goes through and what happens to them.
struct Scene {
    name: &'static str,
    trouble: Trouble,
    accounts: Vec<String>,
    readers: Vec<Reader>,
    notice: NoticeId,
}

impl Scene {
    /// Whether its answers may come in drops.
    fn is_slow(&self) -> bool {
        matches!(
            self.trouble,
            Trouble::Mixed | Trouble::Answer(FaultKind::Drip { .. }, _)
        )
    }

    /// The calls of a path for its accounts.
    fn calls<'a>(&self, calls: &'a [Call], path: &str) -> Vec<&'a Call> {
        let ours = |call: &&Call| {
            let app_id = call.app_id.as_ref();
            call.path == path && app_id.is_some_and(|id| self.accounts.contains(id))
        };
        calls.iter().filter(ours).collect()
    }
}

/// How long all of it may take.
fn patience() -> Duration {
    Duration::from_mins(if is_chaos() { 45 } else { 4 })
}

/// Name, trouble, accounts, readers.
fn plan() -> Vec<(&'static str, Trouble, usize, usize)> {
    let (many, few) = std::env::var("XINGDONG_TEST_READERS").map_or((MANY, FEW), |few| {
        (
            1_000,
            few.parse().expect("XINGDONG_TEST_READERS is a number"),
        )
    });
    let answers = ANSWERS
        .map(|(name, kind, moment, accounts)| (name, Trouble::Answer(kind, moment), accounts, few));
    let mut plan = vec![("everything", Trouble::Mixed, MIXED, many)];
    plan.extend(answers);
    plan.push(("token storm", Trouble::TokensEnd, 1, few));
    plan.push(("45009", Trouble::DayQuota, 1, few));
    plan
}

/// Everybody follows the accounts of a scene, and every scene has its trouble.
async fn stage(t: &TestApp) -> Vec<Scene> {
    let activity = t.activity("全体学习").await;
    let mut numbers = 0..;
    let mut accounts_of =
        |count| -> Vec<String> { numbers.by_ref().take(count).map(official_account).collect() };
    let plan: Vec<_> = plan()
        .into_iter()
        .map(|(name, trouble, accounts, readers)| (name, trouble, accounts_of(accounts), readers))
        .collect();
    let followed: Vec<String> = plan
        .iter()
        .flat_map(|(_, _, accounts, readers)| accounts.iter().cycle().take(*readers).cloned())
        .collect();
    let mut everybody = t.readers(&followed).await.into_iter();
    let mut scenes = Vec::new();
    for (name, trouble, accounts, readers) in plan {
        let readers: Vec<Reader> = everybody.by_ref().take(readers).collect();
        begin(&t.sim.handle, trouble, &accounts, readers.len());
        let notice = t.announce(&activity, &readers).await;
        scenes.push(Scene {
            name,
            trouble,
            accounts,
            readers,
            notice,
        });
    }
    scenes
}

fn begin(wechat: &Handle, trouble: Trouble, accounts: &[String], readers: usize) {
    let strikes = |kind, moment, chance, app_id: &str| {
        let fault = Fault::new(kind).on(SEND).of(app_id).always();
        wechat.fault(Fault { moment, ..fault }.chance(chance));
    };
    // Somewhat more than two of three are told before midnight.
    let quota = |app_id: &str, readers: usize| {
        let day = u64::try_from(readers * 7 / 10).expect("a small number");
        wechat.set_quota(app_id, SEND, day, 100_000);
    };
    match trouble {
        Trouble::Answer(kind, moment) => {
            for app_id in accounts {
                strikes(kind, moment, CHANCE, app_id);
            }
        }
        Trouble::TokensEnd => accounts
            .iter()
            .for_each(|app_id| end_tokens(wechat, app_id)),
        Trouble::DayQuota => accounts.iter().for_each(|app_id| quota(app_id, readers)),
        Trouble::Mixed => {
            let (one, mut left) = (CHANCE / 10.0, 1.0);
            for (_, kind, moment, _) in ANSWERS {
                // The first that strikes is the only one: those behind it see fewer calls.
                for app_id in accounts {
                    strikes(kind, moment, one / left, app_id);
                }
                left -= one;
            }
            quota(&accounts[0], readers / accounts.len());
        }
    }
}

/// Ends the tokens of an account after every few messages it sends, for as long as the test runs. On
/// a thread of its own: that of the test is busy for seconds where thousands are told.
fn end_tokens(wechat: &Handle, app_id: &str) {
    let (wechat, app_id) = (wechat.clone(), app_id.to_owned());
    std::thread::spawn(move || {
        let (mut seen, mut sent) = (0, 0);
        loop {
            std::thread::sleep(Duration::from_millis(10));
            // Thousands may have been seen before; the machine is there for the nodes.
            let calls = wechat.calls_after(seen);
            seen += calls.len();
            sent += calls.iter().filter(|call| is_sent(call, &app_id)).count();
            if TOKENS_LAST <= sent {
                sent = 0;
                wechat.revoke_tokens(&app_id);
            }
        }
    });
}

fn is_sent(call: &Call, app_id: &str) -> bool {
    call.app_id.as_deref() == Some(app_id) && call.path == SEND && call.errcode == Some(0)
}

/// How many messages each reader's phone shows.
fn shown(t: &TestApp) -> HashMap<String, usize> {
    let mut shown = HashMap::new();
    for message in t.sim.handle.all_shown() {
        *shown.entry(message.person).or_default() += 1;
    }
    shown.retain(|person: &String, _| person.starts_with("reader"));
    shown
}

async fn until_shown(t: &TestApp, node: &mut Node, count: usize) {
    let began = Instant::now();
    while shown(t).len() < count {
        assert!(node.runs(), "the worker ended: {}", node.log());
        assert!(
            began.elapsed() < patience(),
            "{} are told: {}",
            shown(t).len(),
            node.log()
        );
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

fn still_open(t: &TestApp, scenes: &[Scene]) -> sea_orm::Select<delivery::Entity> {
    use DeliveryState::{Accepted, Pending, Sending};
    delivery::Entity::of(t.committee)
        .filter(delivery::Column::NoticeId.is_in(scenes.iter().map(|scene| scene.notice)))
        .filter(delivery::Column::Channel.ne(Channel::Phone))
        .filter(delivery::Column::State.is_in([Pending, Sending, Accepted]))
}

/// When the next thing is to be done, if nothing is now. While a job is held by a worker, a call
/// may still be on its way: then time jumps only to what is near, unless nobody can be `hanging`.
fn next_due(jobs: &[job::Model], now: DateTime<Utc>, hanging: bool) -> Option<DateTime<Utc>> {
    let held_until = |job: &job::Model| job.lease_until.filter(|until| now < *until);
    let hanging = hanging && jobs.iter().any(|job| held_until(job).is_some());
    let due = jobs.iter().map(|job| held_until(job).unwrap_or(job.run_at));
    let at = due.min()?;
    (now < at && (!hanging || at < now + NEAR)).then_some(at)
}

/// How many messages have not come to their end, and the jobs that wait.
async fn left(t: &TestApp, scenes: &[Scene]) -> Result<(u64, Vec<job::Model>), DbErr> {
    let db = t.app.db.read();
    let open = still_open(t, scenes).count(db).await?;
    let jobs = job::Entity::of(t.committee)
        .filter(job::Column::State.eq("ready"))
        .filter(job::Column::Kind.is_in([DELIVER, TURN, RECONCILE]))
        .all(db)
        .await?;
    Ok((open, jobs))
}

/// Lets time pass until every message has come to its end; tells how often it jumped.
async fn until_quiet(t: &TestApp, node: &mut Node, scenes: &[Scene]) -> usize {
    let (began, mut since) = (Instant::now(), Instant::now());
    let (mut before, mut jumps) = (None, 0);
    // When a call last came that may hang.
    let (mut counted, mut hung) = (0, Instant::now());
    let drips = |call: &Call| {
        let mut slow = scenes.iter().filter(|scene| scene.is_slow());
        slow.any(|scene| {
            call.app_id
                .as_ref()
                .is_some_and(|id| scene.accounts.contains(id))
        })
    };
    loop {
        assert!(node.runs(), "the worker ended: {}", node.log());
        let (open, jobs) = match left(t, scenes).await {
            Ok((0, _)) => return jumps,
            Ok(left) => left,
            // Thousands of reports of WeChat's wait for the same few connections.
            Err(DbErr::ConnectionAcquire(_)) if began.elapsed() < patience() => continue,
            Err(error) => panic!("what is left can be read: {error}"),
        };
        assert!(
            began.elapsed() < patience(),
            "{open} are open, {jobs:#?}: {}",
            node.log()
        );
        let fences: i32 = jobs.iter().map(|job| job.fence).sum();
        let new = t.sim.handle.calls_after(counted);
        if new.iter().any(|call| call.status.is_none() || drips(call)) {
            hung = Instant::now();
        }
        counted += new.len();
        let seen = Some((open, counted, jobs.len(), fences));
        if before != seen {
            (before, since) = (seen, Instant::now());
        } else if STILL < since.elapsed()
            && let Some(at) = next_due(&jobs, t.now(), hung.elapsed() < HANGING)
        {
            t.app.clock.set(at + TimeDelta::milliseconds(1));
            (jumps, since) = (jumps + 1, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What is wrong with the end of a scene, and how many came to which end.
///
/// Of whom WeChat's report was not taken (`unheard`) it may stay unconfirmed that he was told.
async fn judge(
    t: &TestApp,
    scene: &Scene,
    unheard: &BTreeSet<&str>,
) -> (Vec<String>, BTreeMap<String, usize>) {
    let rows = delivery::Entity::of(t.committee)
        .filter(delivery::Column::NoticeId.eq(scene.notice))
        .all(t.app.db.read())
        .await
        .expect("deliveries can be read");
    let (shown, mut wrong, mut ends) = (shown(t), Vec::new(), BTreeMap::new());
    for reader in &scene.readers {
        let seen = shown.get(&reader.person).copied().unwrap_or(0);
        let by = |channel| {
            let mut rows = rows.iter().filter(|row| row.member_id == reader.member);
            rows.find(|row| row.channel == channel)
        };
        let Some(row) = by(Channel::OfficialAccount) else {
            wrong.push(format!("{} was never to be told", reader.person));
            continue;
        };
        let settled = match row.state {
            DeliveryState::Delivered => {
                seen == 1 && (row.reason.is_none() || unheard.contains(reader.person.as_str()))
            }
            // To be told by phone as well would be to be told twice.
            DeliveryState::Unknown => row.reason.is_some() && by(Channel::Phone).is_none(),
            DeliveryState::Failed => {
                row.reason.is_some() && seen == 0 && by(Channel::Phone).is_some()
            }
            DeliveryState::Skipped => row.reason.is_some() && seen == 0,
            DeliveryState::Pending
            | DeliveryState::Sending
            | DeliveryState::Accepted
            | DeliveryState::Phoned => false,
        };
        if 1 < seen || !settled {
            let (state, reason) = (row.state, row.reason.as_deref());
            wrong.push(format!("{} saw {seen}, {state} {reason:?}", reader.person));
        }
        let reason = row.reason.as_deref().unwrap_or("-");
        *ends.entry(format!("{} {reason}", row.state)).or_default() += 1;
    }
    (wrong, ends)
}

/// A token is asked for when the one before it ended (`ended` of them) or grew old, and once by
/// each node.
fn tokens_are_asked_for_once(t: &TestApp, calls: &[Call], app_id: &str, ended: usize) {
    let tokens = t.sim.handle.tokens();
    let minted: Vec<_> = tokens
        .iter()
        .filter(|token| token.app_id == app_id)
        .collect();
    let asked: Vec<_> = calls
        .iter()
        .filter(|call| call.app_id.as_deref() == Some(app_id) && call.path == TOKEN)
        .map(|call| call.at)
        .collect();
    let elapsed = (t.now() - tests::monday()).num_seconds();
    let by_age = usize::try_from(elapsed / 6_900).expect("time runs forwards");

    assert!(
        minted.len() <= 1 + ended + by_age,
        "{app_id}: {} tokens",
        minted.len()
    );
    for (place, token) in minted.iter().enumerate() {
        let until = minted.get(place + 1).map_or(t.now(), |next| next.issued_at);
        let of_token = |at: &&DateTime<Utc>| token.issued_at <= **at && **at < until;
        let asked: Vec<_> = asked.iter().filter(of_token).collect();
        // A node uses a token for five minutes without asking whether it changed.
        let span = asked.last().zip(asked.first());
        let terms = span.map_or(0, |(last, first)| (**last - **first).num_seconds() / 300);
        let at_most = NODES * (1 + terms);
        let asked = i64::try_from(asked.len()).expect("a small number");
        assert!(
            asked <= at_most,
            "{app_id}: token {place} was asked for {asked} times"
        );
    }
}

#[actix_web::test]
async fn every_fault_and_a_killed_node_leave_everybody_told_once_or_on_record() {
    let accounts = plan().iter().map(|(_, _, accounts, _)| accounts).sum();
    let t = TestApp::start_running(accounts).await;
    t.sim.handle.set_push_habits(habits());
    let scenes = stage(&t).await;
    let everybody: usize = scenes.iter().map(|scene| scene.readers.len()).sum();
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();

    let mut killed = Node::start(&t, PROGRAM, folder.path(), "killed");
    until_shown(&t, &mut killed, everybody / 20).await;
    let mut node = Node::start(&t, PROGRAM, folder.path(), "left");
    until_shown(&t, &mut killed, everybody * 2 / 5).await;
    assert!(killed.runs() && node.runs());
    assert_eq!(killed.kill().code(), None, "it ended by itself");
    let told = shown(&t).len();
    assert!(
        told < everybody * 4 / 5,
        "{told} were told before the node was killed"
    );
    let jumps = until_quiet(&t, &mut node, &scenes).await;
    let took = began.elapsed();

    let quiet = shown(&t);
    t.pass_minutes(60);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(shown(&t), quiet, "somebody was told after all had ended");
    let calls = t.sim.handle.calls();
    let pushes = t.sim.handle.pushes();
    let unheard = pushes.iter().filter(|push| !push.delivered);
    let unheard: BTreeSet<&str> = unheard.map(|push| push.person.as_str()).collect();
    eprintln!(
        "{everybody} readers, {} calls, {jumps} jumps, {} reports not taken, {took:.1?}",
        calls.len(),
        unheard.len()
    );
    for scene in &scenes {
        let (wrong, ends) = judge(&t, scene, &unheard).await;
        let sends = scene.calls(&calls, SEND);
        let (readers, sent) = (scene.readers.len(), sends.len());
        let asked = scene.calls(&calls, TOKEN).len();
        eprintln!(
            "{:<22} {sent:>5} sends {asked:>4} tokens {ends:?}",
            scene.name
        );
        assert!(wrong.is_empty(), "{}: {wrong:#?}", scene.name);
        let told = scene
            .readers
            .iter()
            .filter(|reader| quiet.contains_key(&reader.person));
        assert!(readers * 9 / 10 <= told.count(), "{}: {ends:?}", scene.name);
        // A trouble that struck nobody proves nothing.
        let refused = |code| {
            sends
                .iter()
                .filter(|call| call.errcode == Some(code))
                .count()
        };
        match scene.trouble {
            Trouble::DayQuota => assert!(0 < refused(45009)),
            Trouble::TokensEnd => assert!(readers / 10 < refused(40001), "{}", refused(40001)),
            Trouble::Answer(..) | Trouble::Mixed => {
                assert!(readers * 11 / 10 < sent, "{sent} sends");
            }
        }
        // Where 42001 is said of good tokens, each refusal asks for another.
        let tokens_are_believed = scene.trouble != Trouble::Mixed && refused(42001) == 0;
        if tokens_are_believed {
            for app_id in &scene.accounts {
                let ended = calls.iter().filter(|call| is_sent(call, app_id)).count() / TOKENS_LAST;
                let ended = if scene.trouble == Trouble::TokensEnd {
                    ended
                } else {
                    0
                };
                tokens_are_asked_for_once(&t, &calls, app_id, ended);
            }
        }
    }
    t.stop().await;
}
