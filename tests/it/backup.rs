//! Backup while members check in, and restore: whole, proved, and nothing lost on the way.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use api::audit::offline::{Source, verify};
use api::backup::{backup, restore};
use api::config::{Config, Secret};
use api::db::Db;
use base64::Engine;
use entity::{Scoped, checkin};
use futures_util::{StreamExt, stream};
use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde_json::json;
use tests::TestApp;

/// The configuration of the service, with an empty database of the same engine elsewhere.
async fn elsewhere(t: &TestApp, folder: &Path, name: &str) -> Config {
    let mut config = t.app.config.clone();
    let url = if t.app.db.engine() == DatabaseBackend::Sqlite {
        format!("sqlite:{}", folder.join(name).display())
    } else {
        let name = format!("xd_{}", uuid::Uuid::now_v7().simple());
        let create = format!("CREATE DATABASE {name}");
        let db = t.app.db.migrations();
        db.execute_unprepared(&create).await.unwrap();
        let (server, _) = config.database.url.reveal().rsplit_once('/').unwrap();
        format!("{server}/{name}")
    };
    config.database.url = Secret::new(url);
    config
}

async fn open(config: &Config) -> Db {
    Db::open(&config.database)
        .await
        .expect("the database opens")
}

async fn close(db: Db) {
    db.read().clone().close().await.unwrap();
    db.migrations().clone().close().await.unwrap();
}

#[actix_web::test]
async fn a_backup_made_while_members_check_in_holds_every_row_acknowledged_before() {
    let t = TestApp::start().await;
    let crowd = t.crowd(240).await;
    let activity = t.activity("全体学习").await;
    let screen = t.arrive(&activity).await;
    let (tokens, path) = (
        t.crowd_tokens(&crowd),
        format!("/activities/{activity}/check-ins"),
    );
    let acknowledged = RefCell::new(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("night.backup");

    let taps = stream::iter(tokens.iter().enumerate())
        .map(|(index, token)| {
            let id = format!("phone-{index}");
            let body = json!({ "code": screen["code"], "client_id": id });
            let (client, path, acknowledged) = (&t.client, &path, &acknowledged);
            async move {
                let answer = client
                    .call(reqwest::Method::POST, Some(token), path, Some(&body))
                    .await;
                assert_eq!(answer.expect("an answer").status, 201);
                acknowledged.borrow_mut().push(id);
            }
        })
        .buffer_unordered(4)
        .for_each(async |()| {});
    let copying = async {
        while acknowledged.borrow().len() < 60 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let before = acknowledged.borrow().clone();
        let saved = backup(&t.app.config, &file, t.now())
            .await
            .expect("a backup is made");
        (before, acknowledged.borrow().len(), saved)
    };
    let ((), (before, after, saved)) = futures_util::join!(taps, copying);

    assert!(saved.bytes > 10_000);
    assert!(after > before.len(), "nobody checked in meanwhile");
    let config = elsewhere(&t, folder.path(), "elsewhere.sqlite").await;
    let restored = restore(&config, &file, false, t.now())
        .await
        .expect("it is restored");
    assert!(restored.proof.ok() && restored.keys_fit && restored.aside.is_none());
    let db = open(&config).await;
    let there = checkin::Entity::of(t.committee)
        .all(db.read())
        .await
        .unwrap();
    assert!(verify(Source::Database(&db)).await.unwrap().ok());
    close(db).await;
    let there: Vec<_> = there.into_iter().map(|row| row.client_id).collect();
    let lost: Vec<_> = before.iter().filter(|id| !there.contains(id)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert_eq!(t.count_checkins(&activity).await, 240);
    t.stop().await;
}

#[actix_web::test]
async fn nothing_is_written_over_and_what_was_there_is_moved_aside() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.backup");
    backup(&t.app.config, &file, t.now()).await.unwrap();
    let again = backup(&t.app.config, &file, t.now()).await.unwrap_err();
    assert!(format!("{again:#}").contains("is there already"));
    let config = elsewhere(&t, folder.path(), "b.sqlite").await;
    restore(&config, &file, false, t.now()).await.unwrap();

    let refused = restore(&config, &file, false, t.now()).await.unwrap_err();
    assert!(format!("{refused:#}").contains("--force"), "{refused:#}");
    let restored = restore(&config, &file, true, t.now()).await.unwrap();

    let aside = restored.aside.expect("something was there");
    assert!(aside.contains("20260914t010000z"), "{aside}");
    let db = open(&config).await;
    assert!(verify(Source::Database(&db)).await.unwrap().ok());
    close(db).await;
    if t.app.db.engine() == DatabaseBackend::Sqlite {
        let old = Db::open_at_rest(Path::new(&aside)).await.unwrap();
        assert!(verify(Source::Database(&old)).await.unwrap().ok());
    }
    t.stop().await;
}

#[actix_web::test]
async fn a_database_in_use_is_not_replaced() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.backup");
    backup(&t.app.config, &file, t.now()).await.unwrap();

    let refused = restore(&t.app.config, &file, true, t.now())
        .await
        .unwrap_err();

    assert!(
        format!("{refused:#}").contains("stop the service first"),
        "{refused:#}"
    );
    assert_eq!(t.get("alice", "/me").await.0, 200);
    t.draft("照常进行").await;
    t.stop().await;
}

#[actix_web::test]
async fn a_changed_record_is_not_restored_and_what_was_there_stays() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good"), folder.path().join("bad"));
    backup(&t.app.config, &good, t.now()).await.unwrap();
    let config = elsewhere(&t, folder.path(), "b.sqlite").await;
    restore(&config, &good, false, t.now()).await.unwrap();
    t.app
        .db
        .migrations()
        .execute_unprepared("UPDATE audit SET actor = 'nobody' WHERE seq = 1")
        .await
        .unwrap();

    let error = match backup(&t.app.config, &bad, t.now()).await {
        // SQLite's copy is proved at once, PostgreSQL's archive when it is restored.
        Err(error) => error,
        Ok(_) => restore(&config, &bad, true, t.now()).await.unwrap_err(),
    };

    assert!(
        format!("{error:#}").contains("record was changed"),
        "{error:#}"
    );
    std::fs::write(folder.path().join("noise"), vec![7; 4096]).unwrap();
    let noise = folder.path().join("noise");
    restore(&config, &noise, true, t.now()).await.unwrap_err();
    let db = open(&config).await;
    assert!(verify(Source::Database(&db)).await.unwrap().ok());
    close(db).await;
    t.stop().await;
}

#[actix_web::test]
async fn keys_that_do_not_open_the_backup_are_told_at_once() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.backup");
    backup(&t.app.config, &file, t.now()).await.unwrap();
    let mut config = elsewhere(&t, folder.path(), "b.sqlite").await;
    let other = base64::engine::general_purpose::STANDARD.encode([9; 32]);
    for key in &mut config.crypto.field_keys {
        key.secret = Secret::new(other.clone());
    }

    let restored = restore(&config, &file, false, t.now()).await.unwrap();

    assert!(!restored.keys_fit);
    assert!(restored.to_string().contains("WARNING"));
    t.stop().await;
}
