//! Clients nobody here wrote, unmodified, against the simulator: that they work is the proof that
//! it answers as WeChat does.
//!
//! `cargo xtask test` installs both packages and runs this file; plain `cargo test` leaves it out.

mod easywechat;
mod wechatpy;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use wechat::sim::{
    self, CallbackMode, ChatLine, Fault, Handle, PersonSpec, PushFormat, PushHabits, Sim, SimApp,
    SimKind, SimTemplate, Strictness,
};
use wechat::template::TemplateMessage;
use wechat::{Account, App, Client};

const STATION: &str = "wxstation0000001";
const MINI: &str = "wxmini0000000001";
const NOTICE: &str = "notice-template";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
/// The first four bytes of a PNG, in hex.
const PNG: &str = "89504e47";

/// A simulator with one account, one mini-program and one follower, alice.
struct World {
    sim: Sim,
}

impl World {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let options = sim::Options {
            seed: 7,
            now: Arc::new(chrono_now),
            apps: vec![
                app(STATION, SimKind::ServiceAccount),
                app(MINI, SimKind::MiniProgram),
            ],
        };
        let sim = sim::start(options, listener).expect("a loopback address");
        let handle = &sim.handle;
        // Their habits: no content type, an access token where nobody asked for one.
        handle.change_settings(|settings| settings.strictness = Strictness::lenient());
        handle.set_push_habits(PushHabits {
            delay_min_millis: 0,
            delay_max_millis: 0,
            ..PushHabits::default()
        });
        handle.add_person(PersonSpec {
            key: "alice",
            phone: "13800000001",
        });
        handle.follow(STATION, "alice");
        Self { sim }
    }

    fn handle(&self) -> &Handle {
        &self.sim.handle
    }

    /// What a script must know.
    fn told(&self) -> Value {
        json!({
            "base_url": self.sim.base_url(),
            "app_id": STATION,
            "secret": format!("secret-of-{STATION}"),
            "token": format!("token-of-{STATION}"),
            "aes_key": KEY,
            "openid": self.handle().openid(STATION, "alice"),
            "template_id": NOTICE,
        })
    }

    /// The same send with our own client.
    async fn send_with_ours(&self) -> Result<i64, wechat::Error> {
        let handle = self.handle().clone();
        let options = wechat::Options::new(Arc::new(move || handle.now()));
        let secret = SecretString::from(format!("secret-of-{STATION}"));
        let app = App {
            base_url: self.sim.base_url().to_owned(),
            ..App::new(STATION, secret)
        };
        let account = Account::new(app, Client::new(options).expect("a client"));
        let message = TemplateMessage {
            touser: self.handle().openid(STATION, "alice"),
            template_id: NOTICE.to_owned(),
            url: None,
            miniprogram: None,
            client_msg_id: None,
            data: vec![
                ("thing1".to_owned(), "春季座谈会".to_owned()),
                ("time2".to_owned(), "2026年3月5日 15:00".to_owned()),
            ],
        };
        account.send_template(&message).await
    }

    fn calls_of(&self, path: &str) -> usize {
        let calls = self.handle().calls();
        calls.iter().filter(|call| call.path == path).count()
    }

    /// Refuses every call of a path with 40001, whatever the token.
    fn refuse_for_ever(&self, path: &str) {
        self.handle().fault(Fault::errcode(40001).on(path).always());
    }

    /// Lets alice write to the account and waits for what her phone shows below it.
    async fn answer_to(&self, words: &str) -> ChatLine {
        self.handle().write(STATION, "alice", words);
        for _ in 0..400 {
            let chat = self.handle().chat(STATION, "alice");
            if let Some(at) = chat.iter().position(|line| line.text == words)
                && let Some(answer) = chat.get(at + 1)
            {
                return answer.clone();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no answer to {words}: {:?}", self.handle().pushes());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the scripts sign with the clock of this machine, so the simulator reads it, too"
)]
fn chrono_now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

fn app(app_id: &str, kind: SimKind) -> SimApp {
    SimApp {
        app_id: app_id.to_owned(),
        secret: format!("secret-of-{app_id}"),
        token: format!("token-of-{app_id}"),
        aes_key: KEY.to_owned(),
        previous_aes_key: None,
        gh_id: format!("gh_{app_id}"),
        kind,
        name: "某某驿站".to_owned(),
        open_platform: Some("platform".to_owned()),
        callback_url: None,
        callback_mode: CallbackMode::Safe,
        push_format: PushFormat::Xml,
        ip_whitelist: None,
        templates: vec![SimTemplate {
            template_id: NOTICE.to_owned(),
            title: "会议通知".to_owned(),
            content: "活动名称:{{thing1.DATA}}\n开始时间:{{time2.DATA}}".to_owned(),
            ..SimTemplate::default()
        }],
    }
}

/// Where `cargo xtask test` installs the packages.
fn installed() -> PathBuf {
    let folder = std::env::var_os("XINGDONG_TEST_CLIENTS");
    PathBuf::from(folder.expect("`cargo xtask test` installs the clients and names their folder"))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(name)
}

/// Runs a script to its end, beside the simulator on this thread, and reads its last line.
async fn run(mut command: Command) -> Value {
    let output = actix_web::rt::task::spawn_blocking(move || command.output());
    let output = output.await.expect("no panic").expect("it can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = said.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|_| {
        panic!(
            "{}: {said}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// A script that serves a callback address until it is dropped.
struct Serving {
    child: Child,
    said: mpsc::Receiver<Value>,
}

impl Serving {
    /// Starts it and sets the account's address.
    fn start(world: &World, mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be started");
        let output = child.stdout.take().expect("it is piped");
        let (say, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(value) = serde_json::from_str(&line)
                    && say.send(value).is_err()
                {
                    return;
                }
            }
        });
        let serving = Self { child, said };
        let port = serving.next()["port"].as_u64().expect("it says its port");
        let url = format!("http://127.0.0.1:{port}/callback");
        world.handle().set_callback(STATION, url);
        serving
    }

    /// What it says next.
    fn next(&self) -> Value {
        self.said
            .recv_timeout(Duration::from_secs(20))
            .expect("it says something")
    }

    /// Waits, while the simulator goes on, until it has opened a push of this name.
    async fn opens(&self, name: &str) -> Value {
        for _ in 0..400 {
            if let Ok(said) = self.said.try_recv() {
                assert!(said.get("failed").is_none(), "{said}");
                if said["opened"] == name {
                    return said;
                }
                continue;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it never opened {name}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has noticed then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
