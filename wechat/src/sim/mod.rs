//! The simulator: a real HTTP server on a loopback address that answers as WeChat does.
//!
//! It knows accounts, people, phones, codes, tokens, quotas, faults and a clock that can be moved,
//! and it pushes events to the accounts' callback addresses. It decides everything by chance from
//! a seed, so a run can be repeated. Speaking to WeChat is left to the rest of the crate; nothing
//! here is used in production.

mod admin;
mod answer;
mod blacklist;
mod chat;
mod checks;
mod codes;
mod customer;
mod deeds;
mod endpoints;
mod event;
mod fault;
mod followers;
mod gate;
mod handle;
mod later;
mod library;
mod login;
mod media;
mod menu;
mod messages;
mod oauth;
mod ops;
mod pages;
mod people;
mod push;
mod quota;
mod record;
mod reply;
mod server;
mod settings;
mod spoil;
mod state;
mod tags;
mod template;
mod tokens;
mod trickle;
mod verify;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use chat::{ChatLine, Speaker};
pub use fault::{Fault, FaultKind, Moment};
pub use handle::Handle;
pub use people::{PersonSpec, PersonView};
pub use push::PushHabits;
pub use record::{Call, Checked, Push, Shown, ShownField, ShownKind, Try};
pub use reply::PassiveReply;
pub use settings::{Review, Settings, Strictness};
pub use state::Unknown;
pub use tokens::TokenView;
pub use verify::NotVerified;

/// The environment variable that says what a process is run for; `production` is the only value
/// that matters here.
pub const PROFILE: &str = "XINGDONG_PROFILE";

/// Where the simulator reads the time before it adds its own offset.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What a simulator is started with.
#[derive(Clone)]
pub struct Options {
    /// The seed of every random choice.
    pub seed: u64,
    /// The clock it starts from.
    pub now: Now,
    /// The accounts it knows; none can be added later.
    pub apps: Vec<SimApp>,
}

/// One mini-program or official account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimApp {
    /// The appid.
    pub app_id: String,
    /// The `AppSecret`.
    pub secret: String,
    /// The callback token.
    pub token: String,
    /// The `EncodingAESKey`, 43 characters.
    pub aes_key: String,
    /// The `EncodingAESKey` before the last change in the console, which some pushes are still
    /// sealed with: see [`PushHabits::previous_key`].
    #[serde(default)]
    pub previous_aes_key: Option<String>,
    /// The original id, `gh_…`, which pushes carry as `ToUserName`.
    pub gh_id: String,
    /// What sort of account this is.
    pub kind: SimKind,
    /// The name a phone shows.
    pub name: String,
    /// The Open Platform account it hangs under; without one nobody has a unionid here.
    #[serde(default)]
    pub open_platform: Option<String>,
    /// Where events are pushed to; without one there are no pushes.
    #[serde(default)]
    pub callback_url: Option<String>,
    /// How pushes are protected.
    #[serde(default)]
    pub callback_mode: CallbackMode,
    /// How pushes are written.
    #[serde(default)]
    pub push_format: PushFormat,
    /// Who may call: addresses, `a.b.c.d/n`, and for mini-programs `a.b.c.*`. `None` is anybody.
    #[serde(default)]
    pub ip_whitelist: Option<Vec<String>>,
    /// The message templates it owns.
    #[serde(default)]
    pub templates: Vec<SimTemplate>,
}

/// One message template of one account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimTemplate {
    /// The id messages are sent with.
    pub template_id: String,
    /// The title a phone shows.
    pub title: String,
    /// Lines such as `活动名称:{{thing1.DATA}}`.
    pub content: String,
    /// 长期订阅: one agreement lasts for every later message. Only subscription messages ask.
    #[serde(default)]
    pub long_term: bool,
    /// The values a field such as `enum3` or `const4` may have, by key. A field that is not here
    /// takes anything.
    #[serde(default)]
    pub listed: BTreeMap<String, Vec<String>>,
}

/// The sorts of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SimKind {
    /// 小程序
    MiniProgram,
    /// 服务号
    ServiceAccount,
    /// 订阅号: has followers and menus, but may send no template messages.
    SubscriptionAccount,
}

/// How a push is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackMode {
    /// 安全模式: only the sealed body.
    #[default]
    Safe,
    /// 兼容模式: the plain fields and the sealed body.
    Compat,
    /// 明文模式: only the plain fields.
    Plain,
}

/// How a push is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushFormat {
    /// XML with CDATA.
    #[default]
    Xml,
    /// JSON, with some numbers as strings.
    Json,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Everybody who can reach it may do everything, so only this machine may reach it.
    #[error("the simulator only listens on a loopback address, not on {0}")]
    NotLoopback(SocketAddr),
    /// Whoever runs the real service must not be answered by a made-up WeChat.
    #[error("the simulator does not start where {PROFILE} is production")]
    Production,
    /// An account's callback key is no key.
    #[error("the EncodingAESKey of {app_id} cannot be used")]
    Key {
        /// The account.
        app_id: String,
    },
    /// The socket or a thread could not be had.
    #[error("the simulator could not start: {0}")]
    Io(#[from] std::io::Error),
    /// The client that pushes could not be built.
    #[error("the simulator's push client could not be built: {0}")]
    Client(#[from] reqwest::Error),
}

/// A running simulator.
pub struct Sim {
    /// What a test or a demo moves it with.
    pub handle: Handle,
    base_url: String,
    server: actix_web::dev::ServerHandle,
    pusher: actix_web::rt::task::JoinHandle<()>,
}

impl Sim {
    /// What to use instead of `https://api.weixin.qq.com`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Stops answering and pushing; calls that hang are cut off.
    pub async fn stop(self) {
        self.pusher.abort();
        self.server.stop(false).await;
    }
}

/// Refuses where the profile, read from [`PROFILE`] by the caller, says production.
pub fn not_in_production(profile: Option<&str>) -> Result<(), StartError> {
    match profile {
        Some(profile) if profile.trim().eq_ignore_ascii_case("production") => {
            Err(StartError::Production)
        }
        _ => Ok(()),
    }
}

/// Starts a simulator on the current actix system.
pub fn start(options: Options, listener: TcpListener) -> Result<Sim, StartError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback(address));
    }
    for app in &options.apps {
        push::crypt(app).map_err(|_| StartError::Key {
            app_id: app.app_id.clone(),
        })?;
    }
    let (handle, jobs) = Handle::new(options);
    let client = push::client()?;
    let server = server::run(handle.clone(), listener)?;
    let running = server.handle();
    actix_web::rt::spawn(server);
    let pusher = actix_web::rt::spawn(push::deliver_all(handle.clone(), client, jobs));
    Ok(Sim {
        handle,
        base_url: format!("http://{address}"),
        server: running,
        pusher,
    })
}
