//! How fast a node carries notices: a backlog is drained against a simulated WeChat that takes its
//! time, then one more notice is published and timed. Prints one line of JSON.
//!
//! `drain DELIVERIES RECIPIENTS ACCOUNTS MILLISECONDS`; without arguments 20,000 deliveries to 1,000
//! recipients through 5 accounts at 20 ms an answer. The engine is that of the tests:
//! `XINGDONG_TEST_ENGINE`.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use api::app::App;
use api::clock::Clock;
use api::config::Config;
use api::db::Actor;
use api::demo::world::{self, COMMITTEE, official_account};
use api::founding::{self, Founding, Group, Term};
use api::notice::{Announcement, announce};
use api::worker::{GRACE, Worker};
use chrono::{NaiveDate, TimeDelta};
use domain::activity::{ActivityKind, ActivityMode, ActivityStatus};
use domain::ids::{AccountId, ActivityId, CommitteeId, IdentityId, MemberId};
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use entity::{Scoped, activity, delivery, group, identity, member, notice, term};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set};
use serde_json::json;
use tests::crowd;
use tests::engine::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;
use wechat::sim::PersonSpec;

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

/// Passes everything on to `server`, what comes back a little later.
async fn slow(server: SocketAddr, pause: Duration) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    actix_web::rt::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            actix_web::rt::spawn(async move {
                let Ok(server) = tokio::net::TcpStream::connect(server).await else {
                    return;
                };
                let (mut asks, mut hears) = client.into_split();
                let (mut answers, mut asked) = server.into_split();
                let there = tokio::io::copy(&mut asks, &mut asked);
                let back = async {
                    let mut buffer = [0; 16_384];
                    while let Ok(length @ 1..) = answers.read(&mut buffer).await {
                        tokio::time::sleep(pause).await;
                        if hears.write_all(&buffer[..length]).await.is_err() {
                            break;
                        }
                    }
                };
                // Whichever side ends first ends the connection.
                tokio::select! { _ = there => {}, () = back => {} }
            });
        }
    });
    Ok(address)
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

/// Everybody follows one of the accounts.
async fn follow(
    app: &App,
    sim: &wechat::sim::Sim,
    committee: CommitteeId,
    accounts: usize,
) -> Result<Vec<MemberId>> {
    for number in 0..accounts {
        sim.handle.set_callback(&official_account(number), None);
    }
    let members = member::Entity::of(committee).all(app.db.read()).await?;
    let ids: Vec<MemberId> = members.into_iter().map(|member| member.id).collect();
    let now = app.clock.now();
    let mut identities = Vec::with_capacity(ids.len());
    for (number, &member) in ids.iter().enumerate() {
        let (key, app_id) = (format!("p{number}"), official_account(number % accounts));
        let phone = format!("139{number:08}");
        sim.handle.add_person(PersonSpec {
            key: &key,
            phone: &phone,
        });
        sim.handle.follow(&app_id, &key);
        identities.push(identity::ActiveModel {
            committee_id: Set(committee),
            id: Set(IdentityId(Uuid::now_v7())),
            openid: Set(sim.handle.openid(&app_id, &key)),
            app_id: Set(app_id),
            unionid: Set(None),
            unionid_seen_at: Set(None),
            account_id: Set(None),
            member_id: Set(Some(member)),
            following: Set(true),
            following_at: Set(now.timestamp()),
            refused_code: Set(None),
            created_at: Set(now),
        });
    }
    app.db
        .housekeeping(async |txn| {
            for chunk in identities.chunks(200) {
                identity::Entity::insert_many(chunk.to_vec())
                    .exec_without_returning(txn)
                    .await?;
            }
            Ok(())
        })
        .await?;
    Ok(ids)
}

/// A meeting in a week.
async fn meeting(app: &App, committee: CommitteeId) -> Result<activity::Model> {
    let (db, now) = (app.db.read(), app.clock.now());
    let term = term::Entity::of(committee)
        .one(db)
        .await?
        .context("a term")?;
    let group = group::Entity::of(committee)
        .order_by_asc(group::Column::Ordinal)
        .one(db)
        .await?
        .context("a group")?;
    let starts_at = now + TimeDelta::days(7);
    let ends_at = starts_at + TimeDelta::hours(2);
    let row = activity::Model {
        committee_id: committee,
        id: ActivityId(Uuid::now_v7()),
        term_id: term.id,
        group_id: group.id,
        kind: ActivityKind::Study,
        mode: ActivityMode::AnnualPlan,
        title: "季度学习".to_owned(),
        content: String::new(),
        venue: "第一驿站".to_owned(),
        latitude: None,
        longitude: None,
        radius_m: None,
        starts_at,
        ends_at,
        opens_at: starts_at - TimeDelta::minutes(30),
        closes_at: ends_at,
        late_after: starts_at,
        reply_by: starts_at - TimeDelta::days(1),
        sessions: None,
        min_share_percent: None,
        lead_reason: None,
        audience: json!({ "groups": [], "members": [] }),
        status: ActivityStatus::Published,
        status_reason: None,
        created_by: AccountId(Uuid::now_v7()),
        submitted_by: None,
        approved_by: None,
        published_at: Some(now),
        closed_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    app.db
        .housekeeping(async |txn| {
            activity::Entity::insert(activity::ActiveModel::from(row.clone()))
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await?;
    Ok(row)
}

async fn publish(
    app: &Arc<App>,
    activity: &activity::Model,
    members: &[MemberId],
) -> Result<domain::ids::NoticeId> {
    let actor = Actor::service(activity.committee_id);
    let now = app.clock.now();
    app.db
        .write(&actor, "activity_publish", now, async |write| {
            write.about("activity", activity.id);
            let announcement = Announcement {
                activity,
                purpose: NoticePurpose::ActivityPublished,
                members: members.to_vec(),
                reason: None,
            };
            announce(app, write, announcement).await
        })
        .await?;
    app.work.notify_one();
    let last = notice::Entity::of(activity.committee_id)
        .order_by_desc(notice::Column::Id)
        .one(app.db.read())
        .await?;
    Ok(last.context("a notice")?.id)
}
