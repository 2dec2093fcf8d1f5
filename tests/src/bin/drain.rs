//! How fast a node carries notices: a backlog is drained against a simulated WeChat that takes its
//! time, then one more notice is published and timed. Prints one line of JSON.
//!
//! `drain DELIVERIES RECIPIENTS ACCOUNTS MILLISECONDS`; without arguments 20,000 deliveries to 1,000
//! recipients through 5 accounts at 20 ms an answer. The engine is that of the tests:
//! `XINGDONG_TEST_ENGINE`.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use api::app::App;
use api::clock::Clock;
use api::config::Config;
use api::demo::world::{self, COMMITTEE, official_account};
use api::founding::{self, Founding, Group, Term};
use api::worker::{GRACE, Worker};
use chrono::NaiveDate;
use domain::ids::CommitteeId;
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, delivery};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use tests::crowd;
use tests::engine::Engine;
use tests::notices::{follow, meeting, publish, slow};

/// How long we look for the end at most.
const PATIENCE: Duration = Duration::from_mins(15);

fn main() -> Result<()> {
    let given: Vec<usize> = std::env::args()
        .skip(1)
        .map(|word| {
            word.parse()
                .context("drain DELIVERIES RECIPIENTS ACCOUNTS MILLISECONDS")
        })
        .collect::<Result<_>>()?;
    let or = |place: usize, usual| given.get(place).copied().unwrap_or(usual);
    let (deliveries, recipients) = (or(0, 20_000), or(1, 1_000));
    let (accounts, millis) = (or(2, 5), or(3, 20));
    ensure!(
        0 < recipients && 0 < accounts,
        "somebody must be told by something"
    );
    let system = actix_web::rt::System::new();
    let drained = system.block_on(drain(deliveries, recipients, accounts, millis));
    if let Err(error) = drained {
        eprintln!("Error: {error:?}");
        std::process::exit(1);
    }
    // A worker ends with the process: its connections must not outlive the runtime they belong to.
    std::process::exit(0)
}

async fn drain(deliveries: usize, recipients: usize, accounts: usize, millis: usize) -> Result<()> {
    let world = world::world(accounts, "http://127.0.0.1:9");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let options = wechat::sim::Options {
        seed: 7,
        now: Clock::System.as_fn(),
        apps: world.sim_apps.clone(),
    };
    let sim = wechat::sim::start(options, listener)?;
    let server = sim.base_url().trim_start_matches("http://").parse()?;
    let slow = slow(server, Duration::from_millis(u64::try_from(millis)?)).await?;
    let engine = Engine::prepare().await;
    let keys = world::Keys::draw();
    let mut value = world::config(&world, &keys, engine.file(), &format!("http://{slow}"));
    engine.configure(&mut value);
    let app = App::open(Config::from_value(value)?, Clock::System).await?;
    engine.must_be(&app);
    app.migrate().await?;
    let (committee, _) = founding::found(&app, &founding(accounts)).await?;
    crowd::gather(&app, committee, recipients).await?;
    let members = follow(&app, &sim, committee, accounts).await?;
    let meeting = meeting(&app, committee).await?;

    let notices = deliveries.div_ceil(recipients);
    for _ in 0..notices {
        publish(&app, &meeting, &members).await?;
    }
    let begun = Instant::now();
    let worker = Worker::spawn(app.clone());
    let accepted = drained(&app, committee).await?;
    let seconds = begun.elapsed().as_secs_f64();

    let published = app.clock.now();
    let last = publish(&app, &meeting, &members).await?;
    drained(&app, committee).await?;
    let mut waits: Vec<i64> = delivery::Entity::of(committee)
        .filter(delivery::Column::NoticeId.eq(last))
        .filter(delivery::Column::Channel.eq(Channel::OfficialAccount))
        .all(app.db.read())
        .await?
        .into_iter()
        .filter_map(|row| Some((row.accepted_at? - published).num_milliseconds()))
        .collect();
    waits.sort_unstable();
    ensure!(
        waits.len() == recipients,
        "{} of {recipients} were accepted",
        waits.len()
    );
    let shown = sim.handle.all_shown().len();
    println!(
        "{}",
        json!({
            "engine": format!("{:?}", app.db.engine()),
            "accounts": accounts, "answer_ms": millis,
            "deliveries": accepted, "seconds": seconds,
            "per_second": f64::from(u32::try_from(accepted)?) / seconds,
            "published_to": recipients,
            "accepted_ms_median": waits[recipients / 2],
            "accepted_ms_p99": waits[(recipients * 99).div_ceil(100) - 1],
            "shown": shown,
        })
    );
    ensure!(
        shown == (notices + 1) * recipients,
        "phones show {shown} messages"
    );
    ensure!(worker.stop(GRACE).await, "the worker stops");
    app.db.close().await;
    Ok(())
}

/// Waits until nothing is left to be sent; tells how much was accepted.
async fn drained(app: &Arc<App>, committee: CommitteeId) -> Result<u64> {
    let of = |states: &[DeliveryState]| {
        delivery::Entity::of(committee)
            .filter(delivery::Column::Channel.eq(Channel::OfficialAccount))
            .filter(delivery::Column::State.is_in(states.iter().copied()))
    };
    let begun = Instant::now();
    loop {
        let left = of(&[DeliveryState::Pending, DeliveryState::Sending]);
        if left.count(app.db.read()).await? == 0 {
            return Ok(of(&[DeliveryState::Accepted]).count(app.db.read()).await?);
        }
        ensure!(begun.elapsed() < PATIENCE, "the backlog is not drained");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn founding(accounts: usize) -> Founding {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).expect("a day");
    Founding {
        code: COMMITTEE.to_owned(),
        name: "负载测试".to_owned(),
        term: Term {
            name: "第五届".to_owned(),
            starts_on: day(2022, 1, 1),
            ends_on: day(2056, 12, 31),
        },
        sectors: vec!["经济界".to_owned()],
        special_committees: vec!["提案委员会".to_owned()],
        groups: (0..accounts)
            .map(|number| Group {
                name: format!("第{number}活动组"),
                special_committee: "提案委员会".to_owned(),
                station: format!("第{number}驿站"),
                address: None,
                latitude: None,
                longitude: None,
                app_id: Some(official_account(number)),
            })
            .collect(),
        accounts: Vec::new(),
    }
}
