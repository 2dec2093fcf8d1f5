//! What Prometheus is told: every figure that an alert or the dashboard asks for is there, and says
//! what happened.

#![expect(clippy::float_cmp, reason = "what is compared are whole numbers")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use api::telemetry::Metrics;
use api::upkeep::{self, Upkeep};
use domain::notice::pause::Cause;
use sea_orm::DatabaseBackend;
use serde_json::{Value, json};
use tests::TestApp;

/// Figures that are there only where something is set up that the tests of one engine have not.
const SELDOM: [&str; 2] = ["redis_up", "replica_lag_seconds"];

fn operator_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/operate")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every name of ours in a text.
fn names(text: &str) -> BTreeSet<String> {
    text.match_indices("xingdong_")
        .map(|(at, _)| {
            let name = text[at..].chars();
            name.take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect()
        })
        .collect()
}

/// Samples by name and labels.
async fn figures(t: &TestApp) -> BTreeMap<String, f64> {
    let answer = t.client.http().get(format!("{}/metrics", t.base));
    let answer = answer.bearer_auth("figures").send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert_eq!(text.matches("# EOF").count(), 1);
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect()
}

fn value(figures: &BTreeMap<String, f64>, name: &str) -> f64 {
    let value = figures.get(name);
    *value.unwrap_or_else(|| panic!("no {name} in {figures:#?}"))
}

/// A service at which something of every kind happened.
async fn busy() -> TestApp {
    let t = TestApp::start().await;
    let activity = t.activity("全体学习").await;
    t.run_jobs().await;
    let screen = t.arrive(&activity).await;
    let tap = json!({ "code": screen["code"], "client_id": "tap" });
    for _ in 0..2 {
        t.act(
            "chen",
            &format!("/activities/{activity}/check-ins"),
            tap.clone(),
        )
        .await;
    }
    let folder = Path::new("/tmp/backup");
    upkeep::note(&t.app.db, Upkeep::Backup, t.now(), folder).await;
    upkeep::note(&t.app.db, Upkeep::Checkpoint, t.now(), folder).await;
    // WeChat does nothing in this test.
    Metrics::count(&t.app.metrics.pauses, "token");
    Metrics::count(&t.app.metrics.deliveries, "delivered");
    t
}

#[actix_web::test]
async fn every_figure_of_the_alerts_and_the_dashboard_is_there() {
    let t = busy().await;
    t.paused_account("wx-station", Cause::Token).await;
    let there: BTreeSet<String> = figures(&t)
        .await
        .into_keys()
        .map(|name| name.split('{').next().unwrap().to_owned())
        .collect();
    let source = include_str!("../../api/src/telemetry/gauges.rs");

    let mut asked_for = 0;
    for file in [
        "prometheus/alerts.yaml",
        "prometheus/alerts-test.yaml",
        "grafana/xingdong.json",
    ] {
        for name in names(&operator_file(file)) {
            let seldom = SELDOM.iter().any(|it| {
                name == format!("xingdong_{it}") && source.contains(&format!("\"{it}\""))
            });
            assert!(
                seldom || there.contains(&name),
                "{file} asks for {name}: {there:#?}"
            );
            asked_for += 1;
        }
    }
    assert!(20 < asked_for, "only {asked_for} names");
    // What nobody looks at need not be counted.
    let looked_at: BTreeSet<String> = ["prometheus/alerts.yaml", "grafana/xingdong.json"]
        .iter()
        .flat_map(|file| names(&operator_file(file)))
        .collect();
    let family = |name: &String| {
        let of = |end: &str| name.strip_suffix(end).map(str::to_owned);
        let histogram = of("_bucket")
            .or_else(|| of("_sum"))
            .or_else(|| of("_count"));
        histogram.unwrap_or_else(|| name.clone())
    };
    let families: BTreeSet<String> = looked_at.iter().map(family).collect();
    let unseen: Vec<_> = there
        .iter()
        .filter(|name| !families.contains(&family(name)))
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    t.stop().await;
}

#[actix_web::test]
async fn the_figures_say_what_happened() {
    let t = busy().await;
    let before = figures(&t).await;
    assert_eq!(
        value(&before, r#"xingdong_checkins_total{word="first"}"#),
        1.0
    );
    assert_eq!(
        value(&before, r#"xingdong_checkins_total{word="again"}"#),
        1.0
    );
    // The second tap is found at the desk to stand there already.
    assert_eq!(value(&before, "xingdong_desk_batch_count"), 2.0);
    assert_eq!(value(&before, "xingdong_desk_waiting"), 0.0);
    assert_eq!(value(&before, "xingdong_jobs_dead"), 0.0);
    assert_eq!(value(&before, "xingdong_database_up"), 1.0);
    let backup = value(
        &before,
        r#"xingdong_upkeep_done_timestamp_seconds{word="backup"}"#,
    );
    assert_eq!(format!("{backup:.0}"), t.now().timestamp().to_string());
    assert!(value(&before, r#"xingdong_chain_entries{word="audit"}"#) > 5.0);
    let route = r#"xingdong_http_request_seconds_count{method="POST",route="/api/v1/activities/{activity_id}/check-ins"}"#;
    assert_eq!(value(&before, route), 2.0, "{before:#?}");
    assert!(
        before
            .keys()
            .any(|name| name.starts_with("xingdong_wechat_tokens_total{app_id="))
    );

    for (state, minutes) in [("ready", 7), ("ready", 1), ("dead", 60)] {
        t.overdue_job(state, minutes).await;
    }
    t.paused_account("wx-station", Cause::Token).await;
    let after = figures(&t).await;

    let due = value(&after, "xingdong_jobs_due") - value(&before, "xingdong_jobs_due");
    assert_eq!(due, 2.0);
    assert!(420.0 <= value(&after, "xingdong_jobs_oldest_due_seconds"));
    assert_eq!(value(&after, "xingdong_jobs_dead"), 1.0);
    assert_eq!(
        value(&after, r#"xingdong_accounts_paused{word="token"}"#),
        1.0
    );
    let shared = after.contains_key("xingdong_redis_up");
    assert_eq!(shared, t.app.db.engine() == DatabaseBackend::Postgres);
    t.stop().await;
}

#[actix_web::test]
async fn figures_come_also_when_the_database_is_gone() {
    let t = TestApp::start().await;
    t.see("alice", "/me").await;
    t.app.db.read().clone().close().await.unwrap();

    let figures = figures(&t).await;

    assert_eq!(value(&figures, "xingdong_database_up"), 0.0);
    assert!(
        figures
            .keys()
            .any(|name| name.starts_with("xingdong_http_requests_total"))
    );
    assert!(!figures.contains_key("xingdong_jobs_dead"));
    t.stop().await;
}

#[test]
fn the_dashboard_is_one_that_grafana_reads() {
    let dashboard: Value = serde_json::from_str(&operator_file("grafana/xingdong.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels
        .iter()
        .map(|panel| panel["id"].as_u64().unwrap())
        .collect();

    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        let title = &panel["title"];
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{title}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        let place = &panel["gridPos"];
        let right = place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap();
        assert!(right <= 24, "{title}");
    }
}
