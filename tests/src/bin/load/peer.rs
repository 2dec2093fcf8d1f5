//! What peers need beside our own tables: the secrets of the codes without our encryption, and a
//! number for each audit entry without our chain.

use anyhow::{Result, ensure};
use api::app::App;
use api::db::SYSTEM;
use entity::committee;
use sea_orm::sqlx::{self, Connection, Executor, PgConnection};
use sea_orm::{ColumnTrait, DatabaseBackend, EntityTrait, QueryFilter};

const TABLES: &str = "\
CREATE TABLE peer_key (committee_id uuid PRIMARY KEY, secret bytea NOT NULL);
CREATE SEQUENCE peer_audit_seq START 1000000000";

/// Adds both.
pub async fn prepare(app: &App) -> Result<()> {
    ensure!(
        app.db.engine() == DatabaseBackend::Postgres,
        "peers know PostgreSQL only"
    );
    let mut db = PgConnection::connect(app.config.database.url.reveal()).await?;
    db.execute(TABLES).await?;
    // The service's own committee has no codes.
    let committees = committee::Entity::find()
        .filter(committee::Column::Id.ne(SYSTEM))
        .all(app.db.read())
        .await?;
    for committee in committees {
        sqlx::query("INSERT INTO peer_key VALUES ($1, $2)")
            .bind(committee.id.0)
            .bind(app.vault.open(&committee.code_secret)?)
            .execute(&mut db)
            .await?;
    }
    Ok(db.close().await?)
}
