//! The load generator of `cargo xtask bench`: fills a migrated database, lets its people ask a
//! running service, and counts the rows that they left.
//!
//! With `survive` everybody repeats his check-in until it is acknowledged, and what counts is that
//! every acknowledged one is there afterwards.
//!
//! It is called by xtask only, which starts the service and makes tables of the figures.

mod answers;
mod ask;
mod connection;
mod crowd;
mod drive;
mod figures;
mod peer;
mod rows;
mod survive;
mod wechat;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use api::app::App;
use api::clock::Clock;
use api::config::Config;
use clap::{Args, Parser, Subcommand};
use tests::nation::{Nation, References, analyze};
use tests::stage;

use self::crowd::Crowd;
use self::drive::Pace;

/// Load for a service, and figures of it as one JSON object.
#[derive(Parser)]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// One committee whose members are all invited to each of its open activities.
    Prepare {
        /// The service's configuration.
        config: PathBuf,
        /// How many members there are.
        members: usize,
        /// How many activities.
        activities: usize,
    },
    /// Committees by the number, into PostgreSQL.
    Nation {
        /// The service's configuration.
        config: PathBuf,
        #[command(flatten)]
        size: Size,
        /// So many of them are there already.
        #[arg(long, default_value_t = 0)]
        first: u32,
    },
    /// What peers need beside our own tables.
    Peer {
        /// The configuration that names their database.
        config: PathBuf,
    },
    /// The same committee beside a simulated WeChat, whose address is written into the
    /// configuration; everybody follows an account of it, and notices wait to be carried. Ends when
    /// its input does.
    Wechat {
        /// The service's configuration.
        config: PathBuf,
        /// How many members there are.
        members: usize,
        /// How many notices wait, each for every member.
        notices: usize,
    },
    /// The members of one activity check in.
    Run {
        /// The service's configuration.
        config: PathBuf,
        /// The activity, by its place among those of the committee.
        activity: usize,
        #[command(flatten)]
        drive: Drive,
    },
    /// The members of one activity check in, each until he is acknowledged.
    Survive {
        /// The service's configuration.
        config: PathBuf,
        /// The activity, by its place among those of the committee.
        activity: usize,
        #[command(flatten)]
        drive: Drive,
    },
    /// The members of many committees check in, each at his own.
    Friday {
        /// The service's configuration.
        config: PathBuf,
        #[command(flatten)]
        size: Size,
        #[command(flatten)]
        drive: Drive,
    },
    /// The same GET over and over, by a member of the prepared committee.
    Get {
        /// The service's configuration.
        config: PathBuf,
        /// What is asked for.
        path: String,
        #[command(flatten)]
        drive: Drive,
    },
    /// Whether the answers to good and bad check-ins are those of our contract.
    Answers {
        /// The service's configuration.
        config: PathBuf,
        /// Where it listens.
        address: String,
        /// An activity that nobody else uses.
        activity: usize,
    },
    /// How long the first committee of a nation waits for what it asks most.
    Ask {
        /// The service's configuration.
        config: PathBuf,
        /// Where it listens.
        address: String,
        /// How often each question is asked, at most 20.
        #[arg(long, default_value_t = 15)]
        times: usize,
    },
}

/// How large a nation is.
#[derive(Args)]
struct Size {
    #[arg(long)]
    committees: u32,
    #[arg(long)]
    members: u32,
    #[arg(long, default_value_t = 1)]
    activities: u32,
    #[arg(long, default_value_t = 0)]
    facts: u32,
}

impl Size {
    fn nation(&self) -> Nation {
        Nation {
            committees: self.committees,
            members: self.members,
            activities: self.activities,
            facts: self.facts,
        }
    }
}

/// How the service is asked.
#[derive(Args)]
struct Drive {
    /// Where it listens; several nodes with commas between.
    #[arg(long, value_delimiter = ',')]
    address: Vec<String>,
    /// Over how many connections.
    #[arg(long)]
    connections: usize,
    /// For how long at most.
    #[arg(long)]
    seconds: u64,
    /// So many begin every second, whatever the answers; without it each connection asks again
    /// when it is answered.
    #[arg(long)]
    rate: Option<u32>,
}

impl Drive {
    fn go(&self, app: &App, crowd: &Crowd) -> Result<drive::Outcome> {
        let pace = self.rate.map_or(Pace::AsAnswered, Pace::PerSecond);
        ensure!(!self.address.is_empty(), "nobody is asked");
        drive::drive(app, crowd, self, pace)
    }
}

fn main() -> Result<()> {
    let task = Command::parse().task;
    let system = actix_web::rt::System::new();
    match task {
        Task::Prepare {
            config,
            members,
            activities,
        } => system
            .block_on(async { stage::set(&*open(&config).await?, members, activities).await })
            .map(drop),
        Task::Nation {
            config,
            size,
            first,
        } => {
            let app = system.block_on(open(&config))?;
            size.nation().write(&app, first, References::Trusted)?;
            system.block_on(analyze(&app))
        }
        Task::Peer { config } => {
            system.block_on(async { peer::prepare(&*open(&config).await?).await })
        }
        Task::Wechat {
            config,
            members,
            notices,
        } => system.block_on(wechat::stand_by(&config, members, notices)),
        Task::Run {
            config,
            activity,
            drive,
        } => {
            let app = system.block_on(open(&config))?;
            let crowd = Crowd::Activity(system.block_on(stage::act(&app, activity))?);
            measure(&system, &app, &crowd, &drive)
        }
        Task::Survive {
            config,
            activity,
            drive,
        } => {
            let app = system.block_on(open(&config))?;
            let act = system.block_on(stage::act(&app, activity))?;
            let crowd = Crowd::Activity(act);
            let acknowledged = survive::survive(&app, &crowd, &drive)?;
            // Anew: what was connected before may be connected to what is gone.
            let app = system.block_on(open(&config))?;
            let act = system.block_on(stage::act(&app, activity))?;
            let found = system.block_on(stage::phones(&app, &act))?;
            println!("{}", acknowledged.to_json(&found));
            Ok(())
        }
        Task::Friday {
            config,
            size,
            drive,
        } => {
            let app = system.block_on(open(&config))?;
            measure(&system, &app, &Crowd::Nation(size.nation()), &drive)
        }
        Task::Get {
            config,
            path,
            drive,
        } => {
            let app = system.block_on(open(&config))?;
            let act = system.block_on(stage::act(&app, 0))?;
            let crowd = Crowd::Readers { act, path };
            println!("{}", drive.go(&app, &crowd)?.to_json());
            Ok(())
        }
        Task::Answers {
            config,
            address,
            activity,
        } => system.block_on(async {
            let app = open(&config).await?;
            let act = stage::act(&app, activity).await?;
            answers::compare(&app, &act, &address).await
        }),
        Task::Ask {
            config,
            address,
            times,
        } => system.block_on(async { ask::ask(&*open(&config).await?, &address, times).await }),
    }
}

/// Lets the crowd check in. Answers are promises; what counts is what is found.
fn measure(
    system: &actix_web::rt::SystemRunner,
    app: &App,
    crowd: &Crowd,
    drive: &Drive,
) -> Result<()> {
    let before = system.block_on(rows::count(app))?;
    let outcome = drive.go(app, crowd)?;
    let after = system.block_on(rows::count(app))?;
    let mut told = outcome.to_json();
    told["found"] = (after.checkins - before.checkins).into();
    told["attended"] = (after.attended - before.attended).into();
    told["audited"] = (after.audited - before.audited).into();
    told["delivered"] = (after.delivered - before.delivered).into();
    println!("{told}");
    Ok(())
}

/// The database and the keys of the service under load, by its own configuration.
async fn open(config: &Path) -> Result<Arc<App>> {
    let config = Config::load(Some(config))?;
    App::open(config, Clock::System)
        .await
        .context("the service's database does not open")
}
