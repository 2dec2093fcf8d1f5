//! WeChat as the demo and the tests have it: one mini-program, one official account per group,
//! each with its own templates, known to the simulator and configured in the service.

use std::path::Path;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wechat::sim::{CallbackMode, PushFormat, SimApp, SimKind, SimTemplate};

use crate::crypto::random;

/// How many groups the demo's committee has.
pub const DEMO_GROUPS: usize = 5;
/// The demo's committee.
pub const COMMITTEE: &str = "xingdong";
/// The mini-program.
pub const MINI_PROGRAM: &str = "wxdemo0000000000mp";

/// The `AppID` of a group's official account; groups count from 0.
pub fn official_account(group: usize) -> String {
    format!("wxdemo0000000000g{}", group + 1)
}

/// The same apps, as the simulator knows them and as the service is configured.
#[derive(Clone)]
pub struct World {
    /// For the simulator.
    pub sim_apps: Vec<SimApp>,
    /// For the configuration: `wechat.apps`.
    pub configured: Vec<Value>,
}

/// A line of a template: label, key, our own name of the value.
type Line = (&'static str, &'static str, &'static str);

/// The purposes, their template's title, and its lines.
const TEMPLATES: [(&str, &str, &[Line]); 10] = [
    (
        "activity_published",
        "活动通知",
        &[
            ("活动名称", "thing1", "title"),
            ("活动时间", "time2", "time"),
            ("活动地点", "thing3", "venue"),
            ("主办单位", "thing4", "group"),
        ],
    ),
    (
        "activity_rescheduled",
        "活动改期通知",
        &[
            ("活动名称", "thing1", "title"),
            ("活动时间", "time2", "time"),
            ("活动地点", "thing3", "venue"),
            ("变更原因", "thing4", "reason"),
        ],
    ),
    (
        "activity_cancelled",
        "活动取消通知",
        &[
            ("活动名称", "thing1", "title"),
            ("原定时间", "time2", "time"),
            ("取消原因", "thing3", "reason"),
        ],
    ),
    (
        "reply_reminder",
        "活动报名提醒",
        &[
            ("活动名称", "thing1", "title"),
            ("活动时间", "time2", "time"),
            ("温馨提示", "thing3", "remark"),
        ],
    ),
    (
        "eve_reminder",
        "活动开始提醒",
        &[
            ("活动名称", "thing1", "title"),
            ("活动时间", "time2", "time"),
            ("活动地点", "thing3", "venue"),
        ],
    ),
    (
        "uninvited",
        "活动变更通知",
        &[
            ("活动名称", "thing1", "title"),
            ("温馨提示", "thing2", "remark"),
        ],
    ),
    (
        "code_open",
        "签到提醒",
        &[
            ("活动名称", "thing1", "title"),
            ("活动时间", "time2", "time"),
            ("签到地点", "thing3", "venue"),
        ],
    ),
    (
        "score_closed",
        "考核结果通知",
        &[
            ("考核名称", "thing1", "title"),
            ("考核时间", "time2", "time"),
            ("温馨提示", "thing3", "remark"),
        ],
    ),
    (
        "leave_decided",
        "请假审批结果通知",
        &[
            ("活动名称", "thing1", "title"),
            ("审批结果", "thing2", "result"),
        ],
    ),
    (
        "correction_decided",
        "补签审批结果通知",
        &[
            ("活动名称", "thing1", "title"),
            ("审批结果", "thing2", "result"),
        ],
    ),
];

/// So many of the purposes, from the first, can be subscribed to.
const SUBSCRIBED: usize = 5;

/// Templates of one app under their ids.
struct Set<'a> {
    all: &'static [(&'static str, &'static str, &'static [Line])],
    id: Box<dyn Fn(&str) -> String + 'a>,
}

impl Set<'_> {
    /// As the simulator knows them.
    fn known(&self) -> Vec<SimTemplate> {
        let all = self.all.iter();
        all.map(|(purpose, title, lines)| SimTemplate {
            template_id: (self.id)(purpose),
            title: (*title).to_owned(),
            content: lines
                .iter()
                .map(|(label, key, _)| format!("{label}:{{{{{key}.DATA}}}}"))
                .collect::<Vec<_>>()
                .join("\n"),
            ..SimTemplate::default()
        })
        .collect()
    }

    /// As they are configured.
    fn configured(&self) -> Value {
        let all = self.all.iter().map(|(purpose, _, lines)| {
            let fields: serde_json::Map<_, _> = lines
                .iter()
                .map(|(_, key, value)| ((*key).to_owned(), json!(value)))
                .collect();
            let template = json!({ "template_id": (self.id)(purpose), "fields": fields });
            ((*purpose).to_owned(), template)
        });
        Value::Object(all.collect())
    }
}

/// The template of the mini-program for a purpose.
pub fn subscription(purpose: &str) -> String {
    format!("{purpose}-{MINI_PROGRAM}")
}

/// The subscription template of an official account for a purpose.
pub fn account_subscription(purpose: &str, app_id: &str) -> String {
    format!("subscribed-{purpose}-{app_id}")
}

/// The world of a committee with so many groups, whose service answers at `service`.
pub fn world(groups: usize, service: &str) -> World {
    let mut world = World {
        sim_apps: Vec::new(),
        configured: Vec::new(),
    };
    world.add(
        COMMITTEE,
        MINI_PROGRAM,
        SimKind::MiniProgram,
        "邢动驿站",
        service,
    );
    for group in 0..groups {
        let name = format!(
            "邢东政协第{}驿站",
            ["一", "二", "三", "四", "五", "六", "七", "八", "九"][group % 9]
        );
        world.add(
            COMMITTEE,
            &official_account(group),
            SimKind::ServiceAccount,
            &name,
            service,
        );
    }
    world
}

impl World {
    /// Adds an app of a committee.
    pub fn add(&mut self, committee: &str, app_id: &str, kind: SimKind, name: &str, service: &str) {
        let secret_of =
            |what: &str| hex::encode(&Sha256::digest(format!("{what} of {app_id}"))[..16]);
        let aes_key = STANDARD_NO_PAD.encode(Sha256::digest(format!("callback key of {app_id}")));
        let is_account = kind != SimKind::MiniProgram;
        let templates = Set {
            all: if is_account { &TEMPLATES } else { &[] },
            id: Box::new(|purpose| format!("{purpose}-{app_id}")),
        };
        // What cannot wait can be subscribed to, in the mini-program and in each account.
        let subscriptions = Set {
            all: &TEMPLATES[..SUBSCRIBED],
            id: Box::new(|purpose| {
                if is_account {
                    account_subscription(purpose, app_id)
                } else {
                    format!("{purpose}-{app_id}")
                }
            }),
        };
        self.sim_apps.push(SimApp {
            app_id: app_id.to_owned(),
            secret: secret_of("secret"),
            token: secret_of("token"),
            aes_key: aes_key.clone(),
            gh_id: format!("gh_{}", &secret_of("account")[..12]),
            kind,
            name: name.to_owned(),
            open_platform: Some(format!("open-{committee}")),
            callback_url: is_account.then(|| format!("{service}/wechat/callback/{app_id}")),
            callback_mode: CallbackMode::Safe,
            push_format: PushFormat::Xml,
            previous_aes_key: None,
            ip_whitelist: None,
            templates: [templates.known(), subscriptions.known()].concat(),
        });
        let mut app = json!({
            "app_id": app_id, "secret": secret_of("secret"), "committee": committee,
            "kind": if is_account { "official_account" } else { "mini_program" },
            "original_id": format!("gh_{}", &secret_of("account")[..12]),
        });
        app["templates"] = templates.configured();
        app["subscriptions"] = subscriptions.configured();
        if is_account {
            app["token"] = json!(secret_of("token"));
            app["aes_key"] = json!(aes_key);
        }
        self.configured.push(app);
    }
}

/// The keys of one demo, drawn once and kept beside its data.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Keys {
    signing: String,
    field: String,
    index: String,
}

impl Keys {
    /// Fresh keys.
    pub fn draw() -> Self {
        let [signing, field, index] =
            [random::<32>(), random(), random()].map(|key| STANDARD.encode(key));
        Self {
            signing,
            field,
            index,
        }
    }

    /// The keys kept in `folder`, drawn the first time.
    pub fn kept_in(folder: &Path) -> Result<Self> {
        let file = folder.join("demo-keys.json");
        if file.exists() {
            return Ok(serde_json::from_slice(&std::fs::read(file)?)?);
        }
        let keys = Self::draw();
        std::fs::write(file, serde_json::to_vec(&keys)?)?;
        Ok(keys)
    }
}

/// The configuration of a service on SQLite that talks to the simulator.
pub fn config(world: &World, keys: &Keys, database: &Path, wechat: &str) -> Value {
    json!({
        "database": { "url": format!("sqlite:{}", database.display()) },
        "auth": { "keys": [{ "id": "demo", "secret": keys.signing }] },
        "crypto": { "field_keys": [{ "id": 1, "secret": keys.field }], "index_key": keys.index },
        "wechat": { "base_url": wechat, "mp_url": wechat, "open_url": wechat, "apps": world.configured },
        "log": { "filter": "warn", "json": false },
    })
}
