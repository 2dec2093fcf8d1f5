//! A replica that reports are read from: while it is near enough, and never for anything else.

use std::time::{Duration, Instant};

use api::app::App;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use tests::drill::Ground;
use xtask::servers::{Postgres, Servers};

use crate::{PROGRAM, configuration};

const PATIENCE: Duration = Duration::from_secs(20);

/// Whether what is read now comes from the replica.
async fn from_replica(app: &App) -> bool {
    let db = app.db.read();
    let ask = "SELECT pg_is_in_recovery() AS replica";
    let ask = Statement::from_string(db.get_database_backend(), ask);
    let row = db.query_one_raw(ask).await.unwrap().unwrap();
    row.try_get("", "replica").unwrap()
}

/// Whether a report made now comes from the replica; how far behind it is told to be.
async fn reported(app: &App) -> (bool, Option<Duration>) {
    app.db.report(from_replica(app)).await
}

async fn until_reported_by(app: &App, replica: bool) {
    let began = Instant::now();
    while reported(app).await.0 != replica {
        assert!(began.elapsed() < PATIENCE, "still the other one");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Something to replay.
fn write(postgres: &Postgres, number: u32) {
    let table = format!("create table something_{number} (id int)");
    postgres.ask(&table).unwrap();
}

#[actix_web::test]
async fn reports_come_from_the_replica_while_it_is_near_enough() {
    let servers = Servers::for_drill("replica").unwrap();
    let configuration = configuration(&servers);
    let mut ground = Ground::prepare(PROGRAM, configuration, 20, 1)
        .await
        .unwrap();
    let mut standby = servers.standby().unwrap();
    let database = ground.configuration["database"]["url"].as_str().unwrap();
    let (_, database) = database.rsplit_once('/').unwrap();
    ground.configuration["database"]["replica"] =
        json!({ "url": standby.url(database), "most_behind_seconds": 1 });
    let app = ground.app().await.unwrap();

    until_reported_by(&app, true).await;
    let (_, behind) = reported(&app).await;
    assert!(behind.unwrap() <= Duration::from_secs(1), "{behind:?}");
    assert!(!from_replica(&app).await, "only reports are");
    let node = ground.node("a").await;
    let token = ground.office(&node).await.unwrap();
    let asked = reqwest::Client::new()
        .get(format!("{}/api/v1/statistics?period=2026", node.base))
        .bearer_auth(token);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let figures: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(figures["all"]["members"], 20, "{figures}");
    assert!(figures["as_of"].is_string(), "{figures}");

    // It replays nothing more, and what it has not seen grows old.
    standby.ask("select pg_wal_replay_pause()").unwrap();
    write(&servers.postgres, 1);
    until_reported_by(&app, false).await;
    assert_eq!(reported(&app).await, (false, None));
    standby.ask("select pg_wal_replay_resume()").unwrap();
    until_reported_by(&app, true).await;

    standby.kill().unwrap();
    until_reported_by(&app, false).await;
}
