//! The mini-program and the official accounts as configured, each with its client.

mod tokens;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use anyhow::Result;
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use crate::clock::Clock;
use crate::config::{self, AppKind};

pub use tokens::NodeTokens;

/// One app at WeChat, ready to be called.
#[derive(Debug)]
pub struct WechatApp {
    /// As configured.
    pub config: config::WechatApp,
    /// Its client, with its own access token.
    pub client: wechat::Account,
    /// How many messages are on their way at once: at several hundred WeChat loses some.
    pub sending: Semaphore,
    in_turn: [Mutex<()>; TURNS],
}

/// Messages to people who share one of so many turns go one after the other.
const TURNS: usize = 64;

/// How many messages of one account are on their way at once, whatever they are about.
pub const AT_ONCE: usize = 5;

/// Every configured app, by `AppID`.
#[derive(Debug)]
pub struct WechatApps {
    by_app_id: BTreeMap<String, WechatApp>,
}

impl WechatApp {
    /// The turn of a person, to be held until his message is answered: WeChat refuses two messages
    /// at once to one person (43108).
    pub async fn turn(&self, openid: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        openid.hash(&mut hasher);
        let turn = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or(0);
        self.in_turn[turn].lock().await
    }
}

impl WechatApps {
    /// Makes a client for each configured app; nothing is asked of WeChat yet.
    pub fn new(
        config: &config::Wechat,
        clock: &Clock,
        shared_tokens: Option<Arc<dyn wechat::token::SharedTokens>>,
    ) -> Result<Self> {
        let client = wechat::Client::new(wechat::Options {
            shared_tokens,
            ..wechat::Options::new(clock.as_fn())
        })?;
        let by_app_id = config
            .apps
            .iter()
            .map(|app| {
                let remote = wechat::App {
                    kind: Some(match app.kind {
                        AppKind::MiniProgram => wechat::AppKind::MiniProgram,
                        AppKind::OfficialAccount => wechat::AppKind::ServiceAccount,
                    }),
                    base_url: config.base_url.clone(),
                    mp_url: config.mp_url.clone(),
                    open_url: config.open_url.clone(),
                    ..wechat::App::new(&app.app_id, app.secret.reveal().to_owned().into())
                };
                (
                    app.app_id.clone(),
                    WechatApp {
                        config: app.clone(),
                        client: wechat::Account::new(remote, client.clone()),
                        sending: Semaphore::new(AT_ONCE),
                        in_turn: std::array::from_fn(|_| Mutex::new(())),
                    },
                )
            })
            .collect();
        Ok(Self { by_app_id })
    }

    /// The app of this `AppID`.
    pub fn get(&self, app_id: &str) -> Option<&WechatApp> {
        self.by_app_id.get(app_id)
    }

    /// Every app, in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &WechatApp> {
        self.by_app_id.values()
    }

    /// The mini-program of a committee.
    pub fn mini_program(&self, committee: &str) -> Option<&WechatApp> {
        self.all().find(|account| {
            account.config.kind == AppKind::MiniProgram && account.config.committee == committee
        })
    }
}
