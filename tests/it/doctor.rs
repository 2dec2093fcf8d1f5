//! `xingdong doctor` on installations that are well and on broken ones.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use api::app::App;
use api::clock::Clock;
use api::config::{self, Config};
use api::doctor::{self, Finding, Verdict};
use api::upkeep::{self, Upkeep};
use domain::notice::pause::Cause;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use tests::TestApp;

const PROGRAM: &str = env!("CARGO_BIN_EXE_xingdong-under-test");

/// Writes a configuration that only we can read.
fn write(folder: &Path, configuration: &Value) -> PathBuf {
    let file = folder.join("xingdong.toml");
    let text = toml::to_string(configuration).expect("a configuration is TOML");
    std::fs::write(&file, text).unwrap();
    close_to_others(&file);
    file
}

fn close_to_others(file: &Path) {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn open_to_others(file: &Path) {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let folder = file.parent().unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The findings of a check.
fn of<'a>(findings: &'a [Finding], check: &str) -> Vec<&'a Finding> {
    let found: Vec<_> = findings.iter().filter(|it| it.check == check).collect();
    assert!(!found.is_empty(), "nothing about {check}: {findings:#?}");
    found
}

/// The gravest verdict of a check.
fn verdict(findings: &[Finding], check: &str) -> Verdict {
    let verdicts = of(findings, check).into_iter().map(|it| it.verdict);
    verdicts.max().unwrap()
}

/// Whether a check says something with these words, as gravely as that.
fn says(findings: &[Finding], check: &str, verdict: Verdict, words: &str) -> bool {
    let found = of(findings, check);
    let says = |it: &&Finding| it.verdict == verdict && it.text.contains(words);
    found.iter().any(says)
}

/// What the doctor finds of a service that runs.
async fn examined(t: &TestApp, folder: &Path, change: impl FnOnce(&mut Value)) -> Vec<Finding> {
    let mut configuration = t.configuration.clone();
    change(&mut configuration);
    doctor::examine(Some(&write(folder, &configuration)), &t.app.clock).await
}

/// A new installation of SQLite whose clock is the machine's.
async fn installation(folder: &Path, date: &str) -> PathBuf {
    let text = config::example();
    let mut value: Value = toml::from_str(&text).unwrap();
    let database = folder.join("xingdong.sqlite");
    value["database"]["url"] = json!(format!("sqlite:{}", database.display()));
    value["wechat"]["base_url"] = json!(date);
    value["server"]["metrics_token"] = json!("d8f0c1f6c3a94a6f8f52");
    let file = write(folder, &value);
    let app = App::open(Config::load(Some(&file)).unwrap(), Clock::System).await;
    let app = app.unwrap();
    app.migrate().await.unwrap();
    let now = app.clock.now();
    upkeep::note(&app.db, Upkeep::Backup, now, &folder.join("a.backup")).await;
    upkeep::note(&app.db, Upkeep::Checkpoint, now, &folder.join("seals")).await;
    for file in [
        "xingdong.sqlite",
        "xingdong.sqlite-wal",
        "xingdong.sqlite-shm",
    ] {
        close_to_others(&folder.join(file));
    }
    file
}

fn run(file: &Path) -> (bool, String) {
    let output = Command::new(PROGRAM)
        .args(["doctor", "--config"])
        .arg(file)
        .current_dir(file.parent().unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), said)
}

#[actix_web::test]
async fn a_sound_installation_ends_well_and_a_broken_one_with_an_error() {
    let t = TestApp::bare(tests::monday(), 1).await;
    let folder = tempfile::tempdir().unwrap();
    let file = installation(folder.path(), &t.base).await;

    let (well, said) = run(&file);
    assert!(well && !said.contains("[错误]"), "{said}");
    assert!(said.contains("[正常] clock_http"), "{said}");

    open_to_others(&file);
    let (well, said) = run(&file);
    assert!(!well, "{said}");
    assert!(said.contains("[错误] file_permissions"), "{said}");
    assert!(said.contains("chmod 0600"), "{said}");
    t.stop().await;
}

#[actix_web::test]
async fn a_configuration_that_cannot_be_read_is_said_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("xingdong.toml");
    std::fs::write(&file, "[database]\nurl = \"sqlite:new.sqlite\"\n").unwrap();
    close_to_others(&file);

    let (well, said) = run(&file);

    assert!(!well);
    assert!(
        said.contains("auth.keys") && said.contains("crypto.index_key"),
        "{said}"
    );
    assert!(!folder.path().join("new.sqlite").exists());
}

#[actix_web::test]
async fn a_database_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let text = config::example();
    let mut value: Value = toml::from_str(&text).unwrap();
    let database = folder.path().join("new.sqlite");
    value["database"]["url"] = json!(format!("sqlite:{}", database.display()));
    value["wechat"]["base_url"] = json!("http://127.0.0.1:1");
    let file = write(folder.path(), &value);

    let findings = doctor::examine(Some(&file), &Clock::System).await;

    assert!(
        says(&findings, "database", Verdict::Wrong, "不存在"),
        "{findings:#?}"
    );
    assert_eq!(verdict(&findings, "clock_http"), Verdict::Note);
    assert!(!database.exists());
    value["database"]["url"] = json!("postgres://nobody:secret@127.0.0.1:1/none");
    let findings = doctor::examine(Some(&write(folder.path(), &value)), &Clock::System).await;
    assert_eq!(verdict(&findings, "database"), Verdict::Wrong);
    assert!(!format!("{findings:?}").contains("secret"), "{findings:#?}");
}

#[actix_web::test]
async fn a_database_of_another_user_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = installation(folder.path(), "http://127.0.0.1:1").await;
    let database = folder.path().join("xingdong.sqlite");
    // Only root can give a file away.
    if std::os::unix::fs::chown(&database, Some(65_534), None).is_err() {
        return;
    }

    let findings = doctor::examine(Some(&file), &Clock::System).await;

    assert!(
        says(&findings, "database", Verdict::Wrong, "另一个账号"),
        "{findings:#?}"
    );
}

#[actix_web::test]
async fn keys_that_are_weak_or_shared_are_found() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let weak = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    let sound = examined(&t, folder.path(), |_| {}).await;
    let broken = examined(&t, folder.path(), |value| {
        let index_key = value["crypto"]["index_key"].clone();
        value["auth"]["keys"][0]["secret"] = index_key;
        let keys = value["crypto"]["field_keys"].as_array_mut().unwrap();
        keys.push(json!({ "id": 9, "secret": weak }));
        value["server"]["metrics_token"] = json!("short");
    })
    .await;

    assert_eq!(verdict(&sound, "keys"), Verdict::Fine);
    assert_eq!(verdict(&sound, "sealed_fields"), Verdict::Fine);
    assert!(
        says(&broken, "keys", Verdict::Wrong, "field_keys 9 不像"),
        "{broken:#?}"
    );
    assert!(
        says(&broken, "keys", Verdict::Wrong, "同一个密钥"),
        "{broken:#?}"
    );
    assert_eq!(verdict(&broken, "metrics"), Verdict::Wrong);
    assert!(
        says(&broken, "sealed_fields", Verdict::Note, "密钥 9 已没有内容"),
        "{broken:#?}"
    );
    assert!(!format!("{broken:?}").contains(weak));
    t.stop().await;
}

#[actix_web::test]
async fn a_key_that_rows_still_need_is_missed() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let other = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        api::crypto::random::<32>(),
    );

    let gone = examined(&t, folder.path(), |value| {
        value["crypto"]["field_keys"] = json!([{ "id": 7, "secret": other }]);
    })
    .await;
    let id = t.configuration["crypto"]["field_keys"][0]["id"].clone();
    let swapped = examined(&t, folder.path(), |value| {
        value["crypto"]["field_keys"] = json!([{ "id": id, "secret": other }]);
    })
    .await;

    assert!(
        says(&gone, "sealed_fields", Verdict::Wrong, "委员手机号"),
        "{gone:#?}"
    );
    assert!(
        says(&swapped, "sealed_fields", Verdict::Wrong, "打不开"),
        "{swapped:#?}"
    );
    t.stop().await;
}

#[actix_web::test]
async fn tables_that_are_behind_or_ahead_are_told_apart_and_a_newer_one_is_no_outage() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let db = t.app.db.migrations();
    let newer =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_future', 0)";
    db.execute_unprepared(newer).await.unwrap();

    let ahead = examined(&t, folder.path(), |_| {}).await;
    let ready = reqwest::get(format!("{}/readyz", t.base)).await.unwrap();
    assert_eq!(verdict(&ahead, "tables"), Verdict::Note);
    assert!(
        says(&ahead, "tables", Verdict::Note, "future"),
        "{ahead:#?}"
    );
    assert_eq!(ready.status(), 200);

    let last = api::db::Tables::known().pop().unwrap();
    let undo = format!("DELETE FROM seaql_migrations WHERE version = '{last}'");
    db.execute_unprepared(&undo).await.unwrap();
    let behind = examined(&t, folder.path(), |_| {}).await;
    let ready = reqwest::get(format!("{}/readyz", t.base)).await.unwrap();
    assert!(
        says(&behind, "tables", Verdict::Wrong, &last),
        "{behind:#?}"
    );
    assert_eq!(ready.status(), 503);
    t.stop().await;
}

#[actix_web::test]
async fn work_that_nobody_does_and_accounts_that_may_not_send_are_found() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    t.run_jobs().await;
    let sound = examined(&t, folder.path(), |_| {}).await;
    assert_eq!(verdict(&sound, "jobs"), Verdict::Fine);
    assert_eq!(verdict(&sound, "pauses"), Verdict::Fine);

    t.overdue_job("ready", 3).await;
    let soon = examined(&t, folder.path(), |_| {}).await;
    assert_eq!(verdict(&soon, "jobs"), Verdict::Fine);
    t.overdue_job("ready", 7).await;
    t.overdue_job("dead", 60).await;
    t.paused_account("wx-station", Cause::Configuration).await;

    let broken = examined(&t, folder.path(), |_| {}).await;

    assert!(
        says(&broken, "jobs", Verdict::Wrong, "等了 7 分钟"),
        "{broken:#?}"
    );
    assert!(
        says(&broken, "jobs", Verdict::Wrong, "it broke"),
        "{broken:#?}"
    );
    assert!(
        says(&broken, "pauses", Verdict::Wrong, "wx-station"),
        "{broken:#?}"
    );
    t.stop().await;
}

#[actix_web::test]
async fn a_chain_that_does_not_end_at_its_head_is_found() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let sound = examined(&t, folder.path(), |_| {}).await;
    assert_eq!(verdict(&sound, "chains"), Verdict::Fine);
    assert_eq!(verdict(&sound, "backup"), Verdict::Wrong);

    let cut = "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit a WHERE a.committee_id = audit.committee_id)";
    t.app.db.migrations().execute_unprepared(cut).await.unwrap();
    upkeep::note(&t.app.db, Upkeep::Backup, t.now(), &folder.path().join("b")).await;
    let broken = examined(&t, folder.path(), |_| {}).await;

    assert_eq!(verdict(&broken, "chains"), Verdict::Wrong);
    assert_eq!(verdict(&broken, "backup"), Verdict::Fine);
    t.stop().await;
}

#[actix_web::test]
async fn the_engine_the_clock_and_redis_are_looked_at() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();

    let sound = examined(&t, folder.path(), |_| {}).await;
    let lonely = examined(&t, folder.path(), |value| {
        value["redis"] = json!({ "url": "redis://127.0.0.1:1/" });
    })
    .await;

    for check in ["database", "tables", "redis", "deliveries"] {
        assert_eq!(verdict(&sound, check), Verdict::Fine, "{sound:#?}");
    }
    assert!(verdict(&sound, "engine") <= Verdict::Note, "{sound:#?}");
    // The test's clock stands on a Monday in September; the simulator's machine does not.
    assert_eq!(verdict(&sound, "clock_http"), Verdict::Wrong, "{sound:#?}");
    if t.app.cache.is_shared() {
        assert_eq!(verdict(&sound, "clock_database"), Verdict::Wrong);
        let system = examined_by(&t, folder.path(), &Clock::System).await;
        assert_eq!(
            verdict(&system, "clock_database"),
            Verdict::Fine,
            "{system:#?}"
        );
    }
    assert_eq!(verdict(&lonely, "redis"), Verdict::Note);
    t.stop().await;
}

async fn examined_by(t: &TestApp, folder: &Path, clock: &Clock) -> Vec<Finding> {
    doctor::examine(Some(&write(folder, &t.configuration)), clock).await
}

/// On PostgreSQL, what an operator set for one database alone.
#[actix_web::test]
async fn a_database_that_answers_before_it_has_written_is_wrong() {
    let t = TestApp::start().await;
    if t.app.db.engine() != sea_orm::DatabaseBackend::Postgres {
        t.stop().await;
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let url = t.configuration["database"]["url"].as_str().unwrap();
    let (_, name) = url.rsplit_once('/').unwrap();
    let set = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    t.app
        .db
        .migrations()
        .execute_unprepared(&set)
        .await
        .unwrap();

    let findings = examined(&t, folder.path(), |_| {}).await;

    assert!(
        says(
            &findings,
            "engine",
            Verdict::Wrong,
            "synchronous_commit = off"
        ),
        "{findings:#?}"
    );
    t.stop().await;
}

#[actix_web::test]
async fn looking_changes_nothing() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let entries = async || {
        let rows = entity::audit::Entity::find().all(t.app.db.read()).await;
        rows.unwrap().len()
    };
    let before = entries().await;

    examined(&t, folder.path(), |_| {}).await;

    assert_eq!(entries().await, before);
    t.stop().await;
}
