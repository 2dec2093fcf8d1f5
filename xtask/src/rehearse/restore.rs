//! The database is lost and comes back as it was at one moment: from a base backup and the archive
//! of what was written since.

use anyhow::{Context, Result, bail};

use super::Stage;
use super::failover::wait_until;
use crate::bench::load::Drive;
use crate::bench::service::Service;
use crate::servers::Postgres;

const DATABASE: &str = "xingdong";
const MEMBERS: u32 = 400;
const CONNECTIONS: u32 = 4;
const SECONDS: u32 = 2;

/// What is there: how many check-ins, and a fingerprint of them and of every audit entry.
const CONTENT: &str = "select (select count(*) from checkin) || ' ' || \
    (select md5(string_agg(member_id::text || session || at::text, ',' order by activity_id, member_id, session)) from checkin) \
    || ' ' || (select md5(string_agg(hash, ',' order by committee_id, seq)) from audit)";

/// Restores once and says how it went.
pub fn rehearse(stage: &Stage) -> Result<String> {
    let archive = stage.home.room("archive")?;
    let archive_command = format!(
        "archive_command=test ! -f {0}/%f && cp %p {0}/%f",
        archive.display()
    );
    let live = Postgres::start_with(
        &stage.programs.postgres,
        &stage.home,
        "live",
        &["wal_level=replica", "archive_mode=on", &archive_command],
    )?;
    live.ask(&format!("create database {DATABASE}"))?;
    let service = Service::on_postgres(&stage.binary, "restore", &live.url(DATABASE))?;
    stage
        .loader
        .prepare(&service.configuration_file(), MEMBERS, 3)?;
    let node = service.start()?;
    let config = service.configuration_file();
    let come = |activity| {
        let drive = Drive {
            connections: CONNECTIONS,
            seconds: SECONDS,
            rate: None,
        };
        stage
            .loader
            .run(&config, &[&node], activity, drive)?
            .written()
    };

    come(0)?;
    let copy = live.copy(&stage.home, "copy")?;
    // Between the backup and the moment, so that only the archive has it.
    come(1)?;
    let wanted = live.ask_in(DATABASE, CONTENT)?;
    let moment = live.ask("select clock_timestamp()")?;
    come(2)?;
    let lost = live.ask_in(DATABASE, CONTENT)?;
    if wanted == lost {
        bail!("nobody checked in after {moment}: nothing was rehearsed");
    }
    let segment = live.ask("select pg_walfile_name(pg_switch_wal())")?;
    wait_until("the last of the log is archived", || {
        Ok(archive.join(&segment).is_file())
    })?;
    drop(node);
    live.crash()?;

    let restore_command = format!("cp {}/%f %p", archive.display());
    copy.recover_to(&stage.home, &restore_command, &moment)?;
    let restored = copy.start(&stage.home, "restored", &[])?;
    wait_until("the restored database takes writes", || {
        Ok(restored.ask("select pg_is_in_recovery()")? == "f")
    })?;

    let found = restored.ask_in(DATABASE, CONTENT)?;
    if found != wanted {
        bail!("at {moment} there was {wanted}, restored is {found}");
    }
    let again = service.moved_to(&restored.url(DATABASE))?;
    again
        .verify()
        .context("the chains of the restored database")?;
    drop(
        again
            .start()
            .context("the service on the restored database")?,
    );
    let count = |content: &str| content.split(' ').next().unwrap_or_default().to_owned();
    Ok(format!(
        "restore: {} check-ins at {moment}, {} when the database was lost, exactly the {} restored; the chains verify",
        count(&wanted),
        count(&lost),
        count(&found),
    ))
}
