//! The load generator of `cargo xtask bench`: fills a migrated database with a crowd, then lets
//! the crowd check in through a running service and counts the rows it left.
//!
//! With `survive` everybody repeats his check-in until it is acknowledged, and what counts is that
//! every acknowledged one is there afterwards.
//!
//! It is called by xtask only, which starts the service and makes tables of the figures.

mod drive;
mod survive;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use api::app::App;
use api::clock::Clock;
use api::config::Config;
use tests::stage;

const USAGE: &str = "\
load prepare CONFIG MEMBERS ACTIVITIES
load run CONFIG ADDRESS ACTIVITY CONNECTIONS SECONDS
load survive CONFIG ADDRESS ACTIVITY CONNECTIONS SECONDS";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let system = actix_web::rt::System::new();
    match words[..] {
        ["prepare", config, members, activities] => {
            let (members, activities) = (members.parse()?, activities.parse()?);
            system.block_on(async {
                let set = stage::set(&*open(config).await?, members, activities).await;
                set.map(drop)
            })
        }
        ["run", config, address, activity, connections, seconds] => {
            let (connections, seconds) = (connections.parse()?, seconds.parse()?);
            let app = system.block_on(open(config))?;
            let act = system.block_on(stage::act(&app, activity.parse()?))?;
            let outcome = drive::drive(&act, address, connections, seconds)?;
            // Answers are promises; what counts is what is found.
            let found = system.block_on(stage::found(&app, &act))?;
            println!("{}", outcome.to_json(found));
            Ok(())
        }
        ["survive", config, address, activity, connections, seconds] => {
            let (connections, seconds) = (connections.parse()?, seconds.parse()?);
            let app = system.block_on(open(config))?;
            let act = system.block_on(stage::act(&app, activity.parse()?))?;
            let acknowledged = survive::survive(&act, address, connections, seconds);
            // Anew: what was connected before may be connected to what is gone.
            let app = system.block_on(open(config))?;
            let found = system.block_on(stage::phones(&app, &act))?;
            println!("{}", acknowledged.to_json(&found));
            Ok(())
        }
        _ => bail!("usage:\n{USAGE}"),
    }
}

/// The database and the keys of the service under load, by its own configuration.
async fn open(config: &str) -> Result<Arc<App>> {
    let config = Config::load(Some(Path::new(config)))?;
    App::open(config, Clock::System)
        .await
        .context("the service's database does not open")
}
