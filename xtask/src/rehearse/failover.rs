//! The primary is killed while members check in, and its synchronous standby takes over: nothing
//! that was acknowledged is lost.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Stage;
use super::switch::Switch;
use crate::bench::service::Service;
use crate::servers::Postgres;

const DATABASE: &str = "xingdong";
const MEMBERS: u32 = 6_000;
const CONNECTIONS: u32 = 16;
/// How long members come, and when among them the primary dies.
const SECONDS: u32 = 10;
const BEFORE: Duration = Duration::from_secs(4);
/// What Patroni takes to notice is not rehearsed; two checks of HAProxy are.
const UNNOTICED: Duration = Duration::from_secs(2);

/// How the standby follows.
#[derive(Clone, Copy, PartialEq)]
pub enum Following {
    /// A commit is acknowledged when the standby has it.
    Synchronous,
    /// The standby has fallen behind, and nobody waits for it.
    Behind,
}

/// Fails over once and says how it went.
///
/// # Errors
/// When anything acknowledged was lost by a synchronous standby, or nothing by one that had fallen
/// behind: then losses are not seen, and the first answer is worth nothing.
pub fn rehearse(stage: &Stage, following: Following) -> Result<String> {
    let primary = Postgres::start_with(
        &stage.programs.postgres,
        &stage.home,
        "primary",
        &["wal_level=replica"],
    )?;
    let standby = primary
        .copy(&stage.home, "standby")?
        .start(&stage.home, "standby", &[])?;
    let in_step = if following == Following::Synchronous {
        primary.ask("alter system set synchronous_standby_names = '*'")?;
        primary.ask("select pg_reload_conf()")?;
        "sync"
    } else {
        "async"
    };
    wait_until("the standby follows", || {
        Ok(primary.ask("select sync_state from pg_stat_replication")? == in_step)
    })?;
    primary.ask(&format!("create database {DATABASE}"))?;
    let switch = Switch::start()?;
    switch.lead_to(Some(primary.port()));
    let url = primary.url(DATABASE).replace(
        &format!(":{}/", primary.port()),
        &format!(":{}/", switch.port()),
    );
    let service = Service::on_postgres(&stage.binary, "failover", &url)?;
    stage
        .loader
        .prepare(&service.configuration_file(), MEMBERS, 1)?;
    let node = service.start()?;

    if following == Following::Behind {
        caught_up(&primary, &standby)?;
        standby.ask("alter system set primary_conninfo = ''")?;
        standby.ask("select pg_reload_conf()")?;
    }
    let members =
        stage
            .loader
            .survive(&service.configuration_file(), &node, CONNECTIONS, SECONDS)?;
    std::thread::sleep(BEFORE);
    let before = checked_in(&primary)?;
    let killed = Instant::now();
    primary.crash()?;
    switch.lead_to(None);
    std::thread::sleep(UNNOTICED);
    standby.ask("select pg_promote(true, 30)")?;
    switch.lead_to(Some(standby.port()));
    let switched = killed.elapsed();
    let seen = members.come_home()?;

    if following == Following::Behind {
        if seen.lost == 0.0 {
            bail!("a standby that had fallen behind lost nothing: losses are not seen");
        }
        return Ok(format!(
            "failover to a standby that had fallen behind: {:.0} of {:.0} acknowledged check-ins LOST, as \
             was to be expected; hence synchronous replication",
            seen.lost, seen.acknowledged
        ));
    }
    let after = checked_in(&standby)?;
    if before == 0 || after <= before {
        bail!("{before} check-ins before and {after} after the failover: nothing was rehearsed");
    }
    if seen.lost != 0.0 || seen.doubled != 0.0 || seen.wrong != 0.0 {
        bail!("the failover was not survived: {seen:?}");
    }
    service.verify().context("the chains on the new primary")?;
    Ok(format!(
        "failover: {:.0} check-ins acknowledged ({before} there before the primary was killed), 0 lost, \
         0 twice, {:.0} answers to come again, {:.1} s without an answer (the primary was away for {:.1} s)",
        seen.acknowledged,
        seen.put_off,
        seen.silence_seconds,
        switched.as_secs_f64(),
    ))
}

fn caught_up(primary: &Postgres, standby: &Postgres) -> Result<()> {
    let written = primary.ask("select pg_current_wal_lsn()")?;
    wait_until("the standby has caught up", || {
        let replayed = format!("select pg_last_wal_replay_lsn() >= '{written}'::pg_lsn");
        Ok(standby.ask(&replayed)? == "t")
    })
}

fn checked_in(postgres: &Postgres) -> Result<u32> {
    let count = postgres.ask_in(DATABASE, "select count(*) from checkin")?;
    count.parse().context("a count")
}

/// Asks until it is so.
pub fn wait_until(what: &str, is_so: impl Fn() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_so()? {
        if Duration::from_secs(30) < began.elapsed() {
            bail!("it never came that {what}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
