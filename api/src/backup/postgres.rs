//! PostgreSQL: its own `pg_dump` and `pg_restore`, which must be on `PATH`.
//!
//! The password travels in the environment: arguments are there for everybody on the machine to
//! read.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use super::{Restored, Saved, beside, close, keys_fit, open, proved, settle, stamp};
use crate::audit::offline::Report;
use crate::config::Config;
use crate::db::Db;

pub(super) async fn backup(config: &Config, file: &Path) -> Result<Saved> {
    let copy = beside(file)?;
    let mut dump = client("pg_dump", config)?;
    // The one schema: what earlier restores moved aside is no part of the service.
    dump.args(["--format=custom", "--no-owner", "--no-privileges"])
        .args(["--schema=public", "--file"])
        .arg(copy.path());
    run(dump).await?;
    read_contents(copy.path()).await?;
    let bytes = copy.path().metadata()?.len();
    settle(copy, file)?;
    Ok(Saved {
        file: file.to_owned(),
        bytes,
        proof: None,
    })
}

pub(super) async fn restore(
    config: &Config,
    from: &Path,
    force: bool,
    now: DateTime<Utc>,
) -> Result<Restored> {
    read_contents(from).await?;
    // A second connection of our own would look like somebody else's.
    let mut alone = config.clone();
    alone.database.max_connections = 1;
    let db = open(&alone).await?;
    let outcome = replace(config, &db, from, force, now).await;
    close(&db).await?;
    outcome
}

async fn replace(
    config: &Config,
    db: &Db,
    from: &Path,
    force: bool,
    now: DateTime<Utc>,
) -> Result<Restored> {
    let occupied = number(
        db,
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
    )
    .await?
        > 0;
    if occupied && !force {
        bail!("the database is not empty: give --force to move its tables aside");
    }
    let aside = occupied.then(|| format!("before_restore_{}", stamp(now)));
    if let Some(aside) = &aside {
        nobody_uses(db).await?;
        rename_public(db, aside).await?;
        run_sql(db, "CREATE SCHEMA public").await?;
    }
    match fill(config, from).await {
        Ok((proof, keys_fit)) => Ok(Restored {
            aside: aside.map(|aside| format!("schema {aside}")),
            proof,
            keys_fit,
        }),
        Err(error) => {
            // The service must not start on what was refused.
            rename_public(db, &format!("refused_restore_{}", stamp(now))).await?;
            match &aside {
                Some(aside) => {
                    run_sql(db, &format!("ALTER SCHEMA {aside} RENAME TO public")).await?;
                }
                None => run_sql(db, "CREATE SCHEMA public").await?,
            }
            Err(error.context(format!("{} was not restored", from.display())))
        }
    }
}

/// Fills the empty schema and proves what is there then.
async fn fill(config: &Config, from: &Path) -> Result<(Report, bool)> {
    let mut restore = client("pg_restore", config)?;
    let name = connection(config)?
        .get_database()
        .context("database.url names no database")?
        .to_owned();
    restore
        .args(["--no-owner", "--no-privileges"])
        .args(["--single-transaction", "--exit-on-error"])
        .args(["--schema=public", "--dbname", &name])
        .arg(from);
    run(restore).await?;
    let db = open(config).await?;
    let proof = proved(&db).await;
    let keys_fit = keys_fit(config, &db).await;
    close(&db).await?;
    Ok((proof?, keys_fit?))
}

/// A service that runs keeps writing to the tables it knows, whatever their schema is called now.
async fn nobody_uses(db: &Db) -> Result<()> {
    let mut others = 0;
    // A connection that was closed a moment ago is still listed.
    for _ in 0..10 {
        others = number(
            db,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )
        .await?;
        if others == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the database is in use by {others} connections: stop the service first")
}

async fn rename_public(db: &Db, name: &str) -> Result<()> {
    run_sql(db, &format!("ALTER SCHEMA public RENAME TO {name}")).await
}

async fn run_sql(db: &Db, sql: &str) -> Result<()> {
    db.migrations()
        .execute_unprepared(sql)
        .await
        .with_context(|| sql.to_owned())?;
    Ok(())
}

async fn number(db: &Db, sql: &str) -> Result<i64> {
    let row = db
        .migrations()
        .query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql))
        .await?
        .context("no answer")?;
    Ok(row.try_get_by_index(0)?)
}

fn connection(config: &Config) -> Result<PgConnectOptions> {
    // The parser's own message would quote the address, and the password with it.
    config
        .database
        .url
        .reveal()
        .parse()
        .map_err(|_| anyhow::anyhow!("database.url is no address of PostgreSQL"))
}

/// A tool of PostgreSQL that knows from its environment where to go.
fn client(tool: &'static str, config: &Config) -> Result<Command> {
    let options = connection(config)?;
    let url = Url::parse(config.database.url.reveal())
        .map_err(|_| anyhow::anyhow!("database.url is no address of PostgreSQL"))?;
    let mut command = Command::new(tool);
    match options.get_socket() {
        Some(folder) => command.env("PGHOST", folder),
        None => command.env("PGHOST", options.get_host()),
    };
    command
        .env("PGPORT", options.get_port().to_string())
        .env("PGUSER", options.get_username())
        .env("PGSSLMODE", ssl_mode(options.get_ssl_mode()));
    if let Some(name) = options.get_database() {
        command.env("PGDATABASE", name);
    }
    let in_query = |names: [&str; 2]| {
        url.query_pairs()
            .find(|(name, _)| names.contains(&name.as_ref()))
            .map(|(_, value)| value.into_owned())
    };
    let password = url.password().map(|password| {
        percent_decode_str(password)
            .decode_utf8_lossy()
            .into_owned()
    });
    let password = password.or_else(|| in_query(["password", "password"]));
    for (variable, value) in [
        ("PGPASSWORD", password),
        ("PGSSLROOTCERT", in_query(["sslrootcert", "ssl-root-cert"])),
        ("PGSSLCERT", in_query(["sslcert", "ssl-cert"])),
        ("PGSSLKEY", in_query(["sslkey", "ssl-key"])),
    ] {
        if let Some(value) = value {
            command.env(variable, value);
        }
    }
    Ok(command)
}

const fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

/// Whether `pg_restore` can read the file; nothing is restored.
async fn read_contents(archive: &Path) -> Result<()> {
    let mut list = Command::new("pg_restore");
    list.arg("--list").arg(archive);
    run(list)
        .await
        .with_context(|| format!("{} is no archive of pg_dump", archive.display()))
}

async fn run(mut command: Command) -> Result<()> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let output = tokio::task::spawn_blocking(move || command.output()).await?;
    let output = match output {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "{tool} is not on PATH: install the client programs of PostgreSQL, of the server's version or a later one"
        ),
        output => output.with_context(|| format!("{tool} does not start"))?,
    };
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        bail!("{tool} failed: {}", why.trim());
    }
    Ok(())
}
