//! The newcomer's run: one made-up committee with a year behind it, a simulated WeChat beside it,
//! and a page of what to open.
//!
//! Everything is done the way people would do it, over HTTP: the office uploads a roster, members
//! sign in, a convener publishes, phones check in. Nothing is written past the service.

pub mod cast;
pub mod client;
mod page;
pub mod simulator;
pub mod story;
pub mod time;
pub mod world;

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::server;
use crate::worker::{GRACE, Worker};

/// How the demo is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service listens here, the simulator on the next port.
    pub port: u16,
    /// Where data is kept; without it in a folder that goes when the demo stops.
    pub data: Option<PathBuf>,
    /// What time the demo begins; without it the time it is.
    pub at: Option<DateTime<Utc>>,
}

/// Runs the demo until it is interrupted.
pub async fn run(options: Options) -> Result<()> {
    wechat::sim::not_in_production(std::env::var(wechat::sim::PROFILE).ok().as_deref())?;
    let throw_away = tempfile::tempdir()?;
    let data = options
        .data
        .clone()
        .unwrap_or_else(|| throw_away.path().to_owned());
    std::fs::create_dir_all(&data)?;
    let database = data.join("demo.sqlite");
    let is_new = !database.exists();

    let service = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
        .with_context(|| format!("port {} is taken; try --port", options.port))?;
    let simulator_port = options
        .port
        .checked_add(1)
        .context("the simulator needs the next port")?;
    let simulator = TcpListener::bind((Ipv4Addr::LOCALHOST, simulator_port))
        .with_context(|| format!("port {simulator_port} is taken; try --port"))?;

    let clock = match options.at {
        Some(at) => Clock::starting(at),
        None => Clock::starting(Clock::System.now()),
    };
    let begins = clock.now();
    let world = world::world(
        world::DEMO_GROUPS,
        &format!("http://127.0.0.1:{}", options.port),
    );
    let sim = wechat::sim::start(
        wechat::sim::Options {
            seed: 20_260_925,
            now: clock.as_fn(),
            apps: world.sim_apps.clone(),
        },
        simulator,
    )?;
    let keys = world::Keys::kept_in(&data)?;
    let mut config = Config::from_value(world::config(&world, &keys, &database, sim.base_url()))?;
    // The worker begins when the story is told: until then jobs are run when the story says so.
    config.jobs.in_serve = false;
    let app = App::open(config, clock.clone()).await?;
    app.migrate().await?;
    let server = server::serve(&app, service)?;
    let handle = server.handle();
    let serving = actix_web::rt::spawn(server);

    let base = format!("http://127.0.0.1:{}", options.port);
    if is_new {
        eprintln!("正在准备演示数据（一个政协、5 个活动组、190 名委员、一个已结束的季度）……");
        let told = story::tell(&app, &sim, &base, begins).await?;
        std::fs::write(data.join("demo.json"), serde_json::to_vec_pretty(&told)?)?;
    }
    clock.set(begins);
    let told: story::Told = serde_json::from_slice(
        &std::fs::read(data.join("demo.json")).context("demo.json of this data folder")?,
    )?;
    if !is_new {
        story::people(&sim, &told);
    }
    let worker = Worker::spawn(Arc::clone(&app));
    println!("{}", page::page(&app, &sim, &base, &told)?);

    tokio::signal::ctrl_c().await?;
    handle.stop(true).await;
    worker.stop(GRACE).await;
    sim.stop().await;
    serving.await??;
    app.db.close().await;
    Ok(())
}
