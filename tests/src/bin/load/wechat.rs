//! A simulated WeChat in a process of its own, with a crowd that follows an account of it and
//! notices that wait to be carried: what goes on beside check-ins on a busy day.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use api::clock::Clock;
use api::demo::world;
use serde_json::json;
use tests::notices::{follow, meeting, publish, slow};

use crate::{open, stage};

/// How long WeChat takes to answer.
const PAUSE: Duration = Duration::from_millis(20);

/// Sets the stage for so many members, says `ready`, and stands by until the input ends.
pub async fn stand_by(config: &Path, members: usize, notices: usize) -> Result<()> {
    // Pushes have nowhere to go: nobody follows or leaves while it is measured.
    let world = world::world(1, "http://127.0.0.1:9");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let options = wechat::sim::Options {
        seed: 7,
        now: Clock::System.as_fn(),
        apps: world.sim_apps.clone(),
    };
    let sim = wechat::sim::start(options, listener)?;
    let server = sim.base_url().trim_start_matches("http://").parse()?;
    let address = slow(server, PAUSE).await?;
    let section = json!({
        "wechat": { "base_url": format!("http://{address}"), "apps": world.configured },
    });
    let mut file = std::fs::OpenOptions::new().append(true).open(config)?;
    writeln!(file, "\n{}", toml::to_string(&section)?)?;

    let app = open(config).await?;
    let (committee, _) = stage::set(&app, members, 1).await?;
    let followers = follow(&app, &sim, committee, 1).await?;
    let activity = meeting(&app, committee).await?;
    for _ in 0..notices {
        publish(&app, &activity, &followers).await?;
    }
    println!("ready");
    std::io::stdout().flush()?;
    let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    input.await?.context("the input does not end")?;
    Ok(())
}
