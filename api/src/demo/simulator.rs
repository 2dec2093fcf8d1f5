//! `xingdong wechat-sim`: the WeChat simulator by itself, for whoever writes a client or a
//! mini-program against it. The demo starts its own.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use wechat::sim::{PersonSpec, Sim, SimApp, SimKind, SimTemplate};

use super::world;
use crate::clock::Clock;

/// How the simulator is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// It listens here, on the loopback address only.
    pub port: u16,
    /// TOML with `apps` and `people`; without it the demo's accounts and three people.
    pub cast: Option<PathBuf>,
    /// The seed of everything left to chance.
    pub seed: u64,
    /// What this process is run for ([`wechat::sim::PROFILE`]).
    pub profile: Option<String>,
}

/// Who is simulated.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cast {
    apps: Vec<SimApp>,
    #[serde(default)]
    people: Vec<Somebody>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Somebody {
    key: String,
    phone: String,
    /// The accounts they follow from the beginning, by appid.
    #[serde(default)]
    follows: Vec<String>,
}

impl Cast {
    fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("in {}", file.display()))
    }

    /// The demo's accounts, whose service would listen on port 8080, and three people.
    fn usual() -> Self {
        let mut apps = world::world(world::DEMO_GROUPS, "http://127.0.0.1:8080").sim_apps;
        for app in &mut apps {
            if app.kind == SimKind::MiniProgram {
                app.templates.push(reminder());
            }
        }
        let people = [
            ("chen", "13800000001"),
            ("ding", "13800000002"),
            ("wu", "13800000003"),
        ]
        .map(|(key, phone)| Somebody {
            key: key.to_owned(),
            phone: phone.to_owned(),
            follows: vec![world::official_account(0)],
        });
        Self {
            apps,
            people: people.into(),
        }
    }
}

/// A subscription message of the mini-program, so that there is something to agree to.
fn reminder() -> SimTemplate {
    SimTemplate {
        template_id: "reminder".to_owned(),
        title: "签到提醒".to_owned(),
        content: "活动名称:{{thing1.DATA}}\n签到时间:{{time2.DATA}}".to_owned(),
        ..SimTemplate::default()
    }
}

/// Runs the simulator until it is interrupted.
pub async fn run(options: Options) -> Result<()> {
    let sim = start(&options)?;
    println!("{}", page(&sim, options.cast.as_deref())?);
    tokio::signal::ctrl_c().await?;
    sim.stop().await;
    Ok(())
}

fn start(options: &Options) -> Result<Sim> {
    wechat::sim::not_in_production(options.profile.as_deref())?;
    let cast = match &options.cast {
        Some(file) => Cast::read(file)?,
        None => Cast::usual(),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
        .with_context(|| format!("port {} is taken; try --port", options.port))?;
    let known: Vec<String> = cast.apps.iter().map(|app| app.app_id.clone()).collect();
    let simulated = wechat::sim::Options {
        seed: options.seed,
        now: Clock::System.as_fn(),
        apps: cast.apps,
    };
    let sim = wechat::sim::start(simulated, listener)?;
    for somebody in &cast.people {
        sim.handle.add_person(PersonSpec {
            key: &somebody.key,
            phone: &somebody.phone,
        });
        for app_id in &somebody.follows {
            if !known.contains(app_id) {
                anyhow::bail!("{} follows {app_id}, which is no account", somebody.key);
            }
            sim.handle.follow(app_id, &somebody.key);
        }
    }
    Ok(sim)
}

/// What to open and what to configure.
fn page(sim: &Sim, cast: Option<&Path>) -> Result<String> {
    let base = sim.base_url();
    let mut page = String::new();
    writeln!(page, "\n微信模拟器\n")?;
    writeln!(page, "  打开手机      {base}/sim/")?;
    writeln!(
        page,
        "  代替          https://api.weixin.qq.com  →  {base}（wechat.base_url）"
    )?;
    writeln!(page, "  账号          {base}/sim/apps")?;
    if let Some(file) = cast {
        writeln!(page, "  密钥          见 {}", file.display())?;
    } else {
        writeln!(
            page,
            "  自己的账号    写进文件，用 --apps 给出；下面是演示用的："
        )?;
        for app in &Cast::usual().apps {
            writeln!(
                page,
                "    {}（{}）\n      secret {}  token {}\n      aes_key {}",
                app.app_id, app.name, app.secret, app.token, app.aes_key
            )?;
        }
    }
    let person = sim.handle.people().into_iter().next();
    if let Some(person) = person {
        writeln!(
            page,
            "\n  取登录码      curl -s -X POST '{base}/sim/people/{}/login-code' -H 'content-length: 0'",
            person.key
        )?;
    }
    writeln!(
        page,
        "  制造故障      curl -s '{base}/sim/faults' -d '{{\"kind\":{{\"errcode\":45009}},\"times\":3}}'"
    )?;
    writeln!(page, "\n说明见 docs/wechat-simulator.md。按 Ctrl-C 结束。")?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(profile: Option<&str>) -> Options {
        Options {
            port: 0,
            cast: None,
            seed: 1,
            profile: profile.map(str::to_owned),
        }
    }

    #[actix_web::test]
    async fn it_does_not_start_where_the_real_service_runs() {
        let refusal = start(&options(Some("Production")))
            .map(|_| ())
            .expect_err("it is refused");
        assert!(refusal.to_string().contains("is production"), "{refusal}");

        let sim = start(&options(Some("staging"))).expect("it starts elsewhere");
        let page = page(&sim, None).expect("a page");
        assert!(page.contains(sim.base_url()) && page.contains("/people/chen/login-code"));
        assert_eq!(sim.handle.people()[0].following.len(), 1);
        sim.stop().await;
    }

    #[actix_web::test]
    async fn a_file_says_who_is_simulated() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("cast.toml");
        let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
        let text = format!(
            "[[apps]]\napp_id = \"wxaccount\"\nsecret = \"s\"\ntoken = \"t\"\naes_key = \"{key}\"\n\
             gh_id = \"gh_1\"\nkind = \"service_account\"\nname = \"某驿站\"\n\
             [[apps.templates]]\ntemplate_id = \"a\"\ntitle = \"会议通知\"\ncontent = \"名称:{{{{thing1.DATA}}}}\"\n\
             [[people]]\nkey = \"chen\"\nphone = \"13800000001\"\nfollows = [\"wxaccount\"]\n"
        );
        std::fs::write(&file, &text).expect("written");
        let with = |file: &Path| Options {
            cast: Some(file.to_owned()),
            ..options(None)
        };

        let sim = start(&with(&file)).expect("it starts");
        assert_eq!(sim.handle.people()[0].following, ["wxaccount"]);
        sim.stop().await;

        std::fs::write(&file, text.replace("[\"wxaccount\"]", "[\"wxother\"]")).expect("written");
        let refusal = start(&with(&file))
            .map(|_| ())
            .expect_err("no such account");
        assert_eq!(
            refusal.to_string(),
            "chen follows wxother, which is no account"
        );
    }
}
