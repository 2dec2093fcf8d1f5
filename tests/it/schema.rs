//! The tables: what the migrations made is what the entities describe, and the committee leads
//! every key.

use std::collections::{BTreeMap, BTreeSet};

use migration::Migrator;
use sea_orm::{
    ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, EntityName, Schema, Statement,
};
use sea_orm_migration::MigratorTrait;
use tests::{TestApp, monday};

/// Column to type and whether it may be empty.
type Columns = BTreeMap<String, (String, bool)>;

/// The table of each entity and the statement that makes it, as the entity describes it.
macro_rules! described {
    ($schema:expr, $backend:expr; $($name:ident)+) => {
        vec![$((
            entity::$name::Entity.table_name().to_owned(),
            $backend.build(&$schema.create_table_from_entity(entity::$name::Entity)).to_string(),
        ),)+]
    };
}

macro_rules! every_entity {
    ($schema:expr, $backend:expr) => {
        described!($schema, $backend; account activity activity_day activity_file amendment attendance audit binding_request callback channel_pause checkin committee content_check
            correction delivery duty_import duty_record fact file group idempotency identity inbox_message invite_code job
            leave_request ledger_head link_conflict link_token media_check member message_template notice period plan plan_item roster_import rulebook seat sector session sheet special_committee
            station subscription_credit term upkeep wechat_account
            nomination objection review review_candidate review_document)
    };
}

async fn rows(db: &DatabaseConnection, sql: &str) -> Vec<sea_orm::QueryResult> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .expect("the catalogue can be read")
}

async fn columns(db: &DatabaseConnection, schema: &str, table: &str) -> Columns {
    let sql = match db.get_database_backend() {
        DatabaseBackend::Sqlite => {
            format!(
                r#"SELECT name, type AS kind, ("notnull" = 0) AS empty FROM pragma_table_info('{table}')"#
            )
        }
        _ => format!(
            "SELECT column_name::text AS name, udt_name::text AS kind, (is_nullable = 'YES') AS empty \
             FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name = '{table}'"
        ),
    };
    let text =
        |row: &sea_orm::QueryResult, column: &str| row.try_get::<String>("", column).expect("text");
    rows(db, &sql)
        .await
        .iter()
        .map(|row| {
            (
                text(row, "name"),
                (
                    text(row, "kind"),
                    row.try_get("", "empty").expect("a truth value"),
                ),
            )
        })
        .collect()
}

#[actix_web::test]
async fn the_migrated_tables_are_the_ones_the_entities_describe() {
    let t = TestApp::bare(monday(), 1).await;
    let migrated = t.app.db.migrations();
    let backend = migrated.get_database_backend();
    let schema = Schema::new(backend);
    let described: Vec<(String, String)> = every_entity!(schema, backend);
    let (beside, place) = match backend {
        DatabaseBackend::Sqlite => (
            Database::connect("sqlite::memory:")
                .await
                .expect("a database beside"),
            "main",
        ),
        _ => (migrated.clone(), "described"),
    };
    if place == "described" {
        beside
            .execute_unprepared("CREATE SCHEMA described")
            .await
            .expect("a schema beside");
    }

    for (table, statement) in &described {
        let statement = match place {
            "described" => statement.replacen(
                &format!("\"{table}\""),
                &format!("\"described\".\"{table}\""),
                1,
            ),
            _ => statement.clone(),
        };
        beside
            .execute_unprepared(&statement)
            .await
            .expect("an entity is a table");
        let described = columns(&beside, place, table).await;
        assert_eq!(
            columns(migrated, "public", table).await,
            described,
            "table {table}"
        );
        assert!(!described.is_empty(), "table {table}");
    }
    let known: BTreeSet<_> = described.into_iter().map(|(table, _)| table).collect();
    assert_eq!(
        tables(migrated)
            .await
            .difference(&known)
            .collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "tables without entity"
    );
}

async fn tables(db: &DatabaseConnection) -> BTreeSet<String> {
    let sql = match db.get_database_backend() {
        DatabaseBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        _ => {
            "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'"
        }
    };
    let names = rows(db, sql)
        .await
        .into_iter()
        .map(|row| row.try_get::<String>("", "name").expect("text"));
    names.filter(|name| name != "seaql_migrations").collect()
}

#[actix_web::test]
async fn the_committee_leads_every_unique_key_and_every_foreign_key() {
    let t = TestApp::bare(monday(), 1).await;
    let db = t.app.db.migrations();
    let (unique, foreign) = match db.get_database_backend() {
        DatabaseBackend::Sqlite => (
            r#"SELECT m.name AS "table", il.name AS "key", ii.name AS lead FROM sqlite_master m
               JOIN pragma_index_list(m.name) il JOIN pragma_index_info(il.name) ii
               WHERE m.type = 'table' AND il."unique" = 1 AND ii.seqno = 0"#,
            r#"SELECT m.name AS "table", fk."table" AS "key", fk."from" AS lead FROM sqlite_master m
               JOIN pragma_foreign_key_list(m.name) fk WHERE m.type = 'table' AND fk.seq = 0"#,
        ),
        _ => (
            r#"SELECT t.relname::text AS "table", i.relname::text AS "key", a.attname::text AS lead FROM pg_index x
               JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
               JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
               JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0] WHERE x.indisunique"#,
            r#"SELECT t.relname::text AS "table", c.conname::text AS "key", a.attname::text AS lead FROM pg_constraint c
               JOIN pg_class t ON t.oid = c.conrelid
               JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'"#,
        ),
    };
    let mut seen = 0;
    for sql in [unique, foreign] {
        for row in rows(db, sql).await {
            let [table, key, lead] = ["table", "key", "lead"]
                .map(|column| row.try_get::<String>("", column).expect("text"));
            // The committee's own table is what the others lead with; the migrations' is not ours.
            if table != "committee" && table != "seaql_migrations" {
                assert_eq!(lead, "committee_id", "{key} of {table}");
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "only {seen} keys were found");
}

#[actix_web::test]
async fn the_migrations_can_be_taken_back_and_applied_again() {
    let t = TestApp::bare(monday(), 1).await;
    let db = t.app.db.migrations();
    let before = tables(db).await;

    Migrator::down(db, None)
        .await
        .expect("every step can be taken back");
    assert_eq!(tables(db).await, BTreeSet::new());
    t.app
        .migrate()
        .await
        .expect("every step can be applied again");

    assert_eq!(tables(db).await, before);
}
