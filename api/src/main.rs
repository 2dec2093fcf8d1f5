//! `xingdong`: the service and everything an operator does with it, in one binary.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use api::app::App;
use api::clock::Clock;
use api::config::Config;
use api::db::Tables;
use api::worker::{GRACE, Worker};
use api::{
    audit, backup, demo, description, doctor, founding, keys, roster, score, server, telemetry,
    wechat_account,
};
use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Requests allocate and free small things by the hundred: a fifth of their time was the system's
/// allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long connections to the database may be in use after everything was stopped.
const CLOSING: std::time::Duration = std::time::Duration::from_secs(2);

/// 邢动驿站: activities, check-in and explained scores for committees of the CPPCC.
#[derive(Debug, Parser)]
#[command(name = "xingdong", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct ConfigFile {
    /// TOML file; environment variables such as `XINGDONG__DATABASE__URL` go over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it: a made-up committee, a simulated WeChat, nothing kept unless --data is given.
    Demo {
        /// The service listens here, the WeChat simulator on the next port.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Keep the data in this folder and find it again next time.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Begin at this time instead of now, such as 2026-09-24T14:25:00+08:00 or 2026-09-24.
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        at: Option<DateTime<Utc>>,
    },
    /// Run only the WeChat simulator, for whoever writes a client against it.
    WechatSim {
        /// It listens here, on this machine only.
        #[arg(long, default_value_t = 8081)]
        port: u16,
        /// TOML with the accounts and people to simulate instead of the demo's; see
        /// docs/wechat-simulator.md.
        #[arg(long, value_name = "FILE")]
        apps: Option<PathBuf>,
        /// The seed of everything left to chance: with the same, a run repeats itself.
        #[arg(long, default_value_t = 20_260_925)]
        seed: u64,
    },
    /// Run the service. Refuses to start until it is configured and migrated.
    Serve {
        /// Go by the time of the simulator at `wechat.base_url`; refused where that is WeChat.
        #[arg(long, hide = true)]
        simulated_time: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Run only the background jobs, beside nodes that run `serve`.
    Worker {
        /// Go by the time of the simulator at `wechat.base_url`; refused where that is WeChat.
        #[arg(long, hide = true)]
        simulated_time: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Bring the tables up to date, or say which steps are pending.
    Migrate {
        /// What to do.
        #[arg(value_enum, default_value = "up")]
        what: Migrate,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Print the OpenAPI 3.1 description of the API.
    Openapi,
    /// Ask each configured WeChat account for its token, kind, templates, menu and callback address;
    /// say in Chinese what is wrong and what to do. Ends with an error if anything is.
    CheckConfig(ConfigFile),
    /// Look at configuration, keys, database, clock, disk, jobs and backups, change nothing, and say
    /// in Chinese what is wrong and what to do. Ends with an error if anything is.
    Doctor(ConfigFile),
    /// The keys that seal fields.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print a configuration to begin with, with fresh keys.
    ConfigExample,
    /// Make a committee from a file: term, sectors, groups, stations, first accounts.
    Found {
        /// TOML file; see docs/runbook.md.
        file: PathBuf,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Write the whole database into a new file, at one moment, while the service may run.
    Backup {
        /// Where to; must not be there yet.
        file: PathBuf,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Put a backup in the place of the configured database, after proving its chains.
    Restore {
        /// What `xingdong backup` wrote.
        file: PathBuf,
        /// Move what is there aside instead of refusing. Stop the service first.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// The roster of a committee.
    #[command(subcommand)]
    Roster(RosterCommand),
    /// Compute score sheets from files alone, to try a regulation.
    Score {
        /// Rulebook, TOML.
        #[arg(long)]
        rulebook: PathBuf,
        /// Facts, JSON or CSV; docs/rulebook-guide.md describes both.
        #[arg(long)]
        facts: PathBuf,
        /// Members with position, sector, group and days in office, CSV.
        #[arg(long)]
        members: Option<PathBuf>,
        /// Only this period: its name, such as 2026 or 2026-S, or its days, such as
        /// 2026-02-15..2027-02-14.
        #[arg(long, value_name = "KEY or FROM..TO")]
        period: Option<String>,
        /// How to show the sheets.
        #[arg(long, value_enum, default_value = "table")]
        format: score::offline::Format,
    },
    /// Rulebooks.
    #[command(subcommand)]
    Rulebook(RulebookCommand),
    /// The audit log and the fact ledger.
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Migrate {
    /// Apply every pending step.
    Up,
    /// List the steps and whether they are applied.
    Status,
}

#[derive(Debug, Subcommand)]
enum RosterCommand {
    /// Show what importing a roster file would do, and with --apply do it.
    Import {
        /// xlsx or csv.
        file: PathBuf,
        /// Code of the committee.
        #[arg(long)]
        committee: String,
        /// Apply it, all or nothing.
        #[arg(long)]
        apply: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Seal with the first of `crypto.field_keys` what another one sealed, while the service runs.
    /// Every node must use the first one already; see docs/runbook.md.
    Rewrap(ConfigFile),
}

#[derive(Debug, Subcommand)]
enum RulebookCommand {
    /// Validate a rulebook and point at what is wrong.
    Check {
        /// TOML file.
        file: PathBuf,
    },
    /// Print the JSON Schema of rulebooks, for editors.
    Schema,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Prove that nothing in the ledger and the log was changed, or name the first entry that was.
    Verify {
        /// An export (`GET /audit/export`) instead of the configured database.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// What `xingdong audit checkpoint` wrote: finds also a history that was rewritten with
        /// right seals, cut off with its head, or replaced by an older backup.
        #[arg(long, value_name = "FILE")]
        checkpoints: Option<PathBuf>,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Prove the chains and add their new seals to a file that is kept elsewhere.
    Checkpoint {
        /// The file; it is made where it is not there.
        file: PathBuf,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Compute every closed sheet again from its facts and its rulebook, and name the first one
    /// that does not come out as it is stored.
    Recompute {
        /// Only this period, such as 2026 or 2026-S.
        #[arg(long, value_name = "KEY")]
        period: Option<String>,
        #[command(flatten)]
        config: ConfigFile,
    },
}

#[actix_web::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Demo { port, data, at } => {
            telemetry::start("warn", false);
            demo::run(demo::Options { port, data, at }).await
        }
        Command::WechatSim { port, apps, seed } => {
            telemetry::start("warn", false);
            let profile = std::env::var(wechat::sim::PROFILE).ok();
            let options = demo::simulator::Options {
                port,
                cast: apps,
                seed,
                profile,
            };
            demo::simulator::run(options).await
        }
        Command::Serve {
            simulated_time,
            config,
        } => serve(open_at(&config, simulated_time).await?).await,
        Command::Worker {
            simulated_time,
            config,
        } => {
            let app = open_at(&config, simulated_time).await?;
            let worker = Worker::spawn(Arc::clone(&app));
            stop_signal().await?;
            tracing::info!("stopping: running jobs finish");
            worker.stop(GRACE).await;
            close(&app).await;
            Ok(actix_web::rt::task::spawn_blocking(telemetry::stop).await?)
        }
        Command::Migrate { what, config } => migrate(what, open(&config).await?).await,
        Command::Openapi => {
            io::copy(&mut description::published(), &mut io::stdout())?;
            Ok(())
        }
        Command::CheckConfig(config) => check_config(open(&config).await?).await,
        Command::Doctor(config) => examine(config.config.as_deref()).await,
        Command::Keys(KeysCommand::Rewrap(config)) => rewrap(open(&config).await?).await,
        Command::ConfigExample => {
            print!("{}", api::config::example());
            Ok(())
        }
        Command::Found { file, config } => found(&file, open(&config).await?).await,
        Command::Backup { file, config } => {
            let now = Clock::System.now();
            print!("{}", backup::backup(&load(&config)?, &file, now).await?);
            Ok(())
        }
        Command::Restore {
            file,
            force,
            config,
        } => {
            let now = Clock::System.now();
            let restored = backup::restore(&load(&config)?, &file, force, now).await?;
            print!("{restored}");
            Ok(())
        }
        Command::Roster(RosterCommand::Import {
            file,
            committee,
            apply,
            config,
        }) => {
            let app = open(&config).await?;
            roster::from_command_line(&app, &committee, &file, apply).await
        }
        Command::Score {
            rulebook,
            facts,
            members,
            period,
            format,
        } => {
            let trial = score::offline::Trial {
                rulebook,
                facts,
                members,
                period,
                format,
            };
            score::offline::run(&trial)
        }
        Command::Rulebook(RulebookCommand::Check { file }) => score::offline::check(&file),
        Command::Rulebook(RulebookCommand::Schema) => score::offline::schema(),
        Command::Audit(AuditCommand::Verify {
            from,
            checkpoints,
            config,
        }) => verify(from.as_deref(), checkpoints.as_deref(), &config).await,
        Command::Audit(AuditCommand::Checkpoint { file, config }) => {
            let app = open(&config).await?;
            let now = app.clock.now();
            proved(&audit::checkpoint::note(&app.db, &app.vault, &file, now).await?)
        }
        Command::Audit(AuditCommand::Recompute { period, config }) => {
            recompute(period.as_deref(), &config).await
        }
    }
}

/// An export is proved without any configuration, unless its key is needed for checkpoints.
async fn verify(from: Option<&Path>, noted: Option<&Path>, config: &ConfigFile) -> Result<()> {
    use audit::checkpoint::Checkpoints;
    use audit::offline::{Source, verify, verify_against};
    if let (Some(file), None) = (from, noted) {
        return proved(&verify(Source::Export(file)).await?);
    }
    let app = open(config).await?;
    let noted = match noted {
        Some(file) if !file.exists() => bail!("there is no {}", file.display()),
        Some(file) => Checkpoints::read(file, &app.vault)?,
        None => Checkpoints::none(),
    };
    let source = from.map_or(Source::Database(&app.db), Source::Export);
    proved(&verify_against(source, &noted).await?)
}

async fn recompute(period: Option<&str>, config: &ConfigFile) -> Result<()> {
    let app = open(config).await?;
    let report = audit::recompute::recompute(&app.db, period).await?;
    print!("{report}");
    if !report.ok() {
        bail!("a closed result does not come out as it is stored");
    }
    Ok(())
}

fn proved(report: &audit::offline::Report) -> Result<()> {
    println!("{report}");
    if !report.ok() {
        bail!("the record was changed");
    }
    Ok(())
}

fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.with_timezone(&Utc));
    }
    let day: chrono::NaiveDate = text
        .parse()
        .map_err(|_| "a day such as 2026-09-25, or a time with its zone".to_owned())?;
    let morning = chrono::NaiveTime::from_hms_opt(9, 0, 0).expect("nine o'clock exists");
    Ok(domain::time::instant(day, morning))
}

fn load(file: &ConfigFile) -> Result<Config> {
    let config = Config::load(file.config.as_deref())?;
    telemetry::start_configured(&config.log)?;
    Ok(config)
}

async fn open(file: &ConfigFile) -> Result<Arc<App>> {
    App::open(load(file)?, Clock::System).await
}

/// The parts at the time of the machine, or at that of the simulator they are tried against.
async fn open_at(file: &ConfigFile, simulated_time: bool) -> Result<Arc<App>> {
    let config = load(file)?;
    let clock = if simulated_time {
        let profile = std::env::var(wechat::sim::PROFILE).ok();
        demo::time::follow(&config.wechat.base_url, profile.as_deref()).await?
    } else {
        Clock::System
    };
    App::open(config, clock).await
}

/// Closes the database while there is still a runtime to do it: a connection that outlived it
/// would panic. Who holds one for longer than this is not waited for.
async fn close(app: &App) {
    if tokio::time::timeout(CLOSING, app.db.close()).await.is_err() {
        tracing::warn!("a database connection is still in use");
    }
}

async fn serve(app: Arc<App>) -> Result<()> {
    let pending = tables(&app).await?.pending.len();
    if pending > 0 {
        bail!("{pending} migrations are pending: run `xingdong migrate up` first");
    }
    let listener = std::net::TcpListener::bind(&app.config.server.bind)
        .with_context(|| format!("cannot listen on {}", app.config.server.bind))?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    let server = server::serve(&app, listener)?;
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let worker = app
        .config
        .jobs
        .in_serve
        .then(|| Worker::spawn(Arc::clone(&app)));
    let checked = Arc::clone(&app);
    let check = actix_web::rt::spawn(async move { wechat_account::check_and_note(&checked).await });
    let asked = stop_signal().await?;
    // The next start checks the accounts again.
    check.abort();
    let jobs = async {
        if let Some(worker) = worker {
            worker.stop(GRACE).await;
        }
    };
    let requests = async {
        if asked == Stop::Terminated {
            drain(&app).await?;
        }
        tracing::info!("stopping: running requests finish");
        handle.stop(true).await;
        Ok::<_, anyhow::Error>(())
    };
    let (requests, ()) = futures_util::future::join(requests, jobs).await;
    requests?;
    check.await.ok();
    running.await??;
    close(&app).await;
    Ok(actix_web::rt::task::spawn_blocking(telemetry::stop).await?)
}

/// Goes on serving while whoever shares out the requests leads them elsewhere.
async fn drain(app: &App) -> Result<()> {
    let seconds = app.config.server.drain_seconds;
    app.leave();
    tracing::info!(seconds, "leaving: not ready any more, still serving");
    // Whoever asks a second time does not want to wait.
    let drained = std::time::Duration::from_secs(seconds);
    if let Ok(again) = tokio::time::timeout(drained, stop_signal()).await {
        again?;
    }
    Ok(())
}

/// Why the program is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// A person at the keyboard (SIGINT), who waits for nothing.
    Interrupted,
    /// Whoever manages the nodes (SIGTERM), and first leads requests to another.
    Terminated,
}

async fn stop_signal() -> Result<Stop> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map(|()| Stop::Interrupted).map_err(Into::into),
        _ = terminate.recv() => Ok(Stop::Terminated),
    }
}

async fn migrate(what: Migrate, app: Arc<App>) -> Result<()> {
    match what {
        Migrate::Up => {
            app.migrate().await?;
            println!("up to date");
        }
        Migrate::Status => {
            let tables = tables(&app).await?;
            for step in Tables::known() {
                let pending = tables.pending.contains(&step);
                let status = if pending { "Pending" } else { "Applied" };
                println!("{status:<8} {step}");
            }
            for step in &tables.newer {
                println!("{:<8} {step}", "Newer");
            }
        }
    }
    Ok(())
}

async fn tables(app: &App) -> Result<Tables> {
    let tables = app.db.tables().await;
    tables.map_err(|error| {
        let cause = error.cause;
        cause.unwrap_or_else(|| anyhow::anyhow!("the database does not answer"))
    })
}

async fn examine(file: Option<&Path>) -> Result<()> {
    telemetry::start("error", false);
    let findings = doctor::examine(file, &Clock::System).await;
    for finding in &findings {
        println!("{finding}");
    }
    let wrong = findings
        .iter()
        .filter(|finding| finding.verdict == doctor::Verdict::Wrong)
        .count();
    if wrong > 0 {
        bail!("有 {wrong} 处需要处理");
    }
    println!("没有发现错误");
    Ok(())
}

async fn rewrap(app: Arc<App>) -> Result<()> {
    let columns = keys::rewrap(&app)
        .await
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    for column in &columns {
        println!("{column}");
    }
    if !columns.iter().all(keys::Rewrapped::opens) {
        bail!("a key that is still needed is not configured");
    }
    Ok(())
}

async fn check_config(app: Arc<App>) -> Result<()> {
    let findings = wechat_account::check(&app).await;
    for finding in &findings {
        println!("{finding}");
    }
    let wrong = findings
        .iter()
        .filter(|finding| finding.verdict == wechat_account::Verdict::Wrong)
        .count();
    if wrong > 0 {
        bail!("有 {wrong} 处需要处理");
    }
    println!("全部账号检查通过");
    Ok(())
}

async fn found(file: &Path, app: Arc<App>) -> Result<()> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let founding: founding::Founding =
        toml::from_str(&text).with_context(|| format!("in {}", file.display()))?;
    let (id, credentials) = founding::found(&app, &founding)
        .await
        .map_err(|error| anyhow::anyhow!("{}: {:?}", error.detail, error.errors))?;
    println!("{} 已建立（{id}）。以下密码只显示一次：", founding.name);
    for account in credentials {
        println!(
            "{:<16} {}  {}  {}",
            account.username,
            account.password,
            account.seat.zh(),
            account.totp_secret.unwrap_or_default()
        );
    }
    Ok(())
}
