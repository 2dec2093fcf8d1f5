//! Nodes that are told to stop while they send: nothing panics, nobody is told twice, and what was
//! not sent is sent by the node that comes after.

use std::time::{Duration, Instant};

use api::demo::world::official_account;
use api::worker::Worker;
use domain::ids::NoticeId;
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, delivery};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use tests::TestApp;
use tests::node::Node;
use tests::readers::Reader;
use wechat::sim::{Fault, FaultKind, Moment};

const PROGRAM: &str = env!("CARGO_BIN_EXE_xingdong-under-test");
const SEND: &str = "cgi-bin/message/template/send";

/// Many enough that a node is still sending when it is told to stop.
const READERS: usize = 200;
/// The pause between two bytes of an answer: a message takes about a quarter of a second.
const PAUSE: u64 = 3;
const PATIENCE: Duration = Duration::from_mins(1);

/// A notice to many through two accounts of a WeChat that takes its time.
async fn stage(readers: usize) -> (TestApp, Vec<Reader>, NoticeId) {
    let t = TestApp::start_running(3).await;
    let accounts: Vec<String> = (0..readers).map(|at| official_account(at % 2)).collect();
    let activity = t.activity("全体学习").await;
    t.run_jobs().await;
    let readers = t.readers(&accounts).await;
    let notice = t.announce(&activity, &readers).await;
    (t, readers, notice)
}

/// How many messages each of these readers saw.
fn shown(t: &TestApp, readers: &[Reader]) -> Vec<usize> {
    let all = t.sim.handle.all_shown();
    let of = |reader: &Reader| all.iter().filter(|one| one.person == reader.person).count();
    readers.iter().map(of).collect()
}

fn told(t: &TestApp, readers: &[Reader]) -> usize {
    shown(t, readers)
        .into_iter()
        .filter(|seen| 0 < *seen)
        .count()
}

async fn until_told(t: &TestApp, readers: &[Reader], count: usize, node: &Node) {
    let began = Instant::now();
    while told(t, readers) < count {
        let log = || node.log();
        assert!(
            began.elapsed() < PATIENCE,
            "{}: {}",
            told(t, readers),
            log()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Messages that are not at WeChat and not at their end.
async fn unsettled(t: &TestApp, notice: NoticeId) -> u64 {
    let open = [DeliveryState::Pending, DeliveryState::Sending];
    delivery::Entity::of(t.committee)
        .filter(delivery::Column::NoticeId.eq(notice))
        .filter(delivery::Column::Channel.eq(Channel::OfficialAccount))
        .filter(delivery::Column::State.is_in(open))
        .count(t.app.db.read())
        .await
        .expect("messages can be counted")
}

#[actix_web::test]
async fn a_node_that_is_stopped_while_it_sends_ends_well_and_another_goes_on() {
    for command in ["worker", "serve"] {
        let (t, readers, notice) = stage(READERS).await;
        let slow = Fault::new(FaultKind::Drip { millis: PAUSE }).on(SEND);
        t.sim.handle.fault(
            Fault {
                moment: Moment::After,
                ..slow
            }
            .always(),
        );
        let folder = tempfile::tempdir().unwrap();
        let mut stopped = Node::run(&t, command, PROGRAM, folder.path(), "stopped");
        until_told(&t, &readers, 20, &stopped).await;

        stopped.terminate();
        let asked = Instant::now();
        let ended = stopped.ended_within(Duration::from_secs(14)).await;
        let took = asked.elapsed();

        let log = stopped.log();
        let ended = ended.unwrap_or_else(|| panic!("{command} goes on: {log}"));
        assert_eq!(ended.code(), Some(0), "{command}: {log}");
        assert!(!log.contains("panicked"), "{command}: {log}");
        assert!(!log.contains("cut off"), "{command}: {log}");
        let before = told(&t, &readers);
        assert!(before < READERS * 9 / 10, "{command} had told {before}");
        eprintln!("{command} told {before} of {READERS} and ended in {took:.1?}");

        t.sim.handle.clear_faults();
        let mut next = Node::run(&t, command, PROGRAM, folder.path(), "next");
        until_told(&t, &readers, READERS, &next).await;
        let began = Instant::now();
        while 0 < unsettled(&t, notice).await {
            assert!(began.elapsed() < PATIENCE, "{command}: {}", next.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }

        let seen = shown(&t, &readers);
        assert!(seen.iter().all(|seen| *seen == 1), "{command}: {seen:?}");
        next.terminate();
        let ended = next.ended_within(Duration::from_secs(14)).await;
        assert_eq!(ended.and_then(|ended| ended.code()), Some(0));
        assert!(!next.log().contains("panicked"), "{}", next.log());
        t.stop().await;
    }
}

#[actix_web::test]
async fn what_does_not_end_in_time_is_cut_off_and_taken_up_when_its_lease_is_over() {
    let (t, readers, notice) = stage(20).await;
    let silence = FaultKind::Timeout { millis: 8000 };
    t.sim.handle.fault(Fault::new(silence).on(SEND).always());
    let worker = Worker::spawn(t.app.clone());
    let sends = || {
        let calls = t.sim.handle.calls();
        calls.iter().filter(|call| call.path == SEND).count()
    };
    let began = Instant::now();
    while sends() == 0 {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let asked = Instant::now();
    let in_time = worker.stop(Duration::from_millis(200)).await;

    assert!(!in_time);
    assert!(asked.elapsed() < Duration::from_secs(2));
    t.sim.handle.clear_faults();
    let again = api::app::App::open(t.app.config.clone(), t.app.clock.clone())
        .await
        .unwrap();
    let run = async || api::worker::run_due(&again).await.unwrap();
    assert_eq!(run().await, 0, "its lease is not over");
    for _ in 0..10 {
        t.pass_minutes(1);
        run().await;
    }
    assert_eq!(unsettled(&t, notice).await, 0);
    let seen = shown(&t, &readers);
    assert!(seen.iter().all(|seen| *seen <= 1), "{seen:?}");
    assert_eq!(told(&t, &readers), readers.len());
    t.stop().await;
}
