//! A new version comes while members check in: the tables get a step more, then one node after the
//! other is replaced, and no request fails.

use std::time::Duration;

use migration::Migrator;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use tests::drill::is_chaos;
use tests::drill::phones::Rush;
use tests::node::command;
use xtask::servers::Servers;

use crate::{Drill, PROGRAM, configuration, pass};

/// The steps of a version to come.
struct Next;

#[sea_orm_migration::async_trait::async_trait]
impl MigratorTrait for Next {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut steps = Migrator::migrations();
        steps.push(Box::new(AddColumns));
        steps
    }
}

/// Adds, as every step does: columns to the tables a check-in writes, and a table.
struct AddColumns;

impl MigrationName for AddColumns {
    fn name(&self) -> &'static str {
        "m29991231_000001_add_columns"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for AddColumns {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use sea_orm::ConnectionTrait;
        let db = manager.get_connection();
        for statement in [
            "ALTER TABLE checkin ADD COLUMN weather text",
            "ALTER TABLE attendance ADD COLUMN seat_number integer",
            "ALTER TABLE audit ADD COLUMN remark text",
            "CREATE TABLE umbrella (id bigint PRIMARY KEY, lent_at timestamptz)",
            "CREATE INDEX checkin_by_weather ON checkin (committee_id, weather)",
        ] {
            db.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

#[actix_web::test]
async fn a_migration_and_a_rolling_restart_under_load_fail_no_request() {
    let rounds = if is_chaos() { 5 } else { 1 };
    let rush = Rush {
        phones: 16,
        pause: Duration::from_millis(150),
        led: true,
    };
    let mut drill = Drill::begin("update", 3_000 * rounds, rush).await;

    let app = drill.ground.app().await.unwrap();
    Next::up(app.db.migrations(), None).await.unwrap();
    for node in &drill.nodes {
        let ready = reqwest::get(format!("{}/readyz", node.base)).await.unwrap();
        assert_eq!(ready.status(), 200, "the nodes of before are needed still");
    }
    for _ in 0..rounds {
        for node in &mut drill.nodes {
            node.terminate();
            let ended = node.stopped(Duration::from_secs(10)).await;
            assert!(ended.success(), "{ended}: {}", node.log());
            node.start_again().await;
            pass(Duration::from_millis(300)).await;
        }
    }

    drill.busy.venue.until_well(Duration::from_secs(1)).await;
    let told = drill.end(false).await;
    assert_eq!(told.failed(), 0, "{:?}", told.counts());
}

#[actix_web::test]
async fn two_nodes_that_start_at_once_on_an_empty_database_apply_each_step_once() {
    let servers = Servers::for_drill("two_at_once").unwrap();
    let (configuration, folder) = (configuration(&servers), tempfile::tempdir().unwrap());

    let nodes = ["a", "b", "c"].map(|name| {
        let words = ["migrate", "up"];
        let mut node = command(PROGRAM, &words, &configuration, folder.path(), name);
        node.stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    });
    for node in nodes {
        let output = node.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "up to date\n");
    }

    let status = command(
        PROGRAM,
        &["migrate", "status"],
        &configuration,
        folder.path(),
        "a",
    )
    .output()
    .unwrap();
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    let applied = status.lines().filter(|line| line.starts_with("Applied"));
    assert_eq!(applied.count(), Migrator::migrations().len(), "{status}");
}
