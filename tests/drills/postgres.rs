//! PostgreSQL killed like by a power cut, again and again, and frozen for longer than a request may
//! take: what was acknowledged is there, nobody waits for ever, and the nodes find back by
//! themselves.

use std::time::Duration;

use tests::drill::phones::Rush;
use tests::drill::{RECOVERY, is_chaos};

use xtask::servers::Servers;

use crate::{Drill, pass};

fn rush(phones: usize) -> Rush {
    Rush {
        phones,
        pause: Duration::from_millis(150),
        led: false,
    }
}

#[actix_web::test]
async fn a_primary_that_is_killed_loses_nothing_it_acknowledged() {
    let (crashes, members) = if is_chaos() { (20, 40_000) } else { (2, 4_000) };
    let drill = Drill::begin("primary_killed", members, rush(32)).await;

    for crash in 0..crashes {
        drill.inflict(|servers| servers.postgres.kill()).await;
        pass(Duration::from_secs(1)).await;
        drill.inflict(Servers::start_again).await;
        let took = drill.busy.venue.until_well(RECOVERY).await;
        eprintln!("crash {crash}: well again after {took:.1?}");
    }

    let told = drill.end(false).await;
    assert!(told.failed() > 0, "nobody noticed: {:?}", told.counts());
}

#[actix_web::test]
async fn a_database_that_stands_still_holds_nobody_beyond_the_deadline() {
    let still = Duration::from_secs(if is_chaos() { 20 } else { 10 });
    let drill = Drill::begin("primary_frozen", 4_000, rush(32)).await;

    drill.inflict(|servers| servers.postgres.freeze()).await;
    pass(still).await;
    drill.inflict(|servers| servers.postgres.thaw()).await;
    let took = drill.busy.venue.until_well(RECOVERY).await;
    eprintln!("well again after {took:.1?}");

    let told = drill.end(false).await;
    assert!(told.failed() > 0, "nobody noticed: {:?}", told.counts());
}
