//! The simulator: a real HTTP server on a loopback address that answers as WeChat does.
//!
//! It knows accounts, people, phones, codes, tokens, quotas, faults and a clock that can be moved,
//! and it pushes events to the accounts' callback addresses. It decides everything by chance from
//! a seed, so a run can be repeated. Speaking to WeChat is left to the rest of the crate; nothing
//! here is used in production.

mod admin;
mod answer;
mod codes;
mod endpoints;
mod event;
mod fault;
mod followers;
mod handle;
mod login;
mod menu;
mod messages;
mod ops;
mod pages;
mod people;
mod push;
mod quota;
mod record;
mod server;
mod state;
mod template;
mod tokens;
mod trickle;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use fault::{Fault, FaultKind, Moment};
pub use handle::Handle;
pub use people::{PersonSpec, PersonView};
pub use push::PushHabits;
pub use record::{Call, Push, Shown, ShownField, ShownKind, Try};
pub use state::Unknown;

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
#[derive(Clone)]
pub struct SimApp {
    /// The appid.
    pub app_id: String,
    /// The `AppSecret`.
    pub secret: String,
    /// The callback token.
    pub token: String,
    /// The `EncodingAESKey`, 43 characters.
    pub aes_key: String,
    /// The original id, `gh_…`, which pushes carry as `ToUserName`.
    pub gh_id: String,
    /// What sort of account this is.
    pub kind: SimKind,
    /// The name a phone shows.
    pub name: String,
    /// The Open Platform account it hangs under; without one nobody has a unionid here.
    pub open_platform: Option<String>,
    /// Where events are pushed to; without one there are no pushes.
    pub callback_url: Option<String>,
    /// How pushes are protected.
    pub callback_mode: CallbackMode,
    /// How pushes are written.
    pub push_format: PushFormat,
    /// Who may call: addresses, `a.b.c.d/n`, and for mini-programs `a.b.c.*`. `None` is anybody.
    pub ip_whitelist: Option<Vec<String>>,
    /// The message templates it owns.
    pub templates: Vec<SimTemplate>,
}

/// One message template of one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SimTemplate {
    /// The id messages are sent with.
    pub template_id: String,
    /// The title a phone shows.
    pub title: String,
    /// Lines such as `活动名称:{{thing1.DATA}}`.
    pub content: String,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackMode {
    /// 安全模式: only the sealed body.
    Safe,
    /// 兼容模式: the plain fields and the sealed body.
    Compat,
    /// 明文模式: only the plain fields.
    Plain,
}

/// How a push is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushFormat {
    /// XML with CDATA.
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
