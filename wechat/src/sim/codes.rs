//! Pictures to scan: a mini-program's codes and an official account's QR codes.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::answer::{Ask, Good, Outcome, Refused, bare};
use super::messages::page_exists;
use super::state::World;

/// The smallest picture every decoder takes: one black pixel. What it would say is not drawn.
const PICTURE: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x00, 0x00, 0x00,
    0x02, 0x00, 0x01, 0x48, 0xaf, 0xa4, 0x71, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

/// The code of one scene of an official account.
pub(super) struct QrCode {
    pub app_id: String,
    pub scene: String,
    /// The scene was given as a number.
    pub number: bool,
    /// A lasting code has no end.
    pub expires_at: Option<DateTime<Utc>>,
}

impl QrCode {
    pub fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

const SCENE_SYMBOLS: &[u8] = b"!#$&'()*+,/:;=?@-._~";

/// `POST wxa/getwxacodeunlimit`.
pub(super) fn mini_program_code(world: &mut World, ask: &Ask) -> Outcome {
    let scene = ask.text("scene");
    if scene.is_empty() || 32 < scene.chars().count() {
        return Err(Refused::new(
            40169,
            "invalid length for scene, or the data is not json string",
        ));
    }
    if !scene
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || SCENE_SYMBOLS.contains(&b))
    {
        return Err(Refused::new(40129, "invalid scene"));
    }
    let width = &ask.body["width"];
    let version = ask.text("env_version");
    let sound = (width.is_null() || width.as_i64().is_some_and(|w| (280..=1280).contains(&w)))
        && ["", "release", "trial", "develop"].contains(&version);
    if !sound {
        return Err(Refused::new(40097, "invalid args"));
    }
    let page = ask.text("page");
    if page.contains("scancode_time") {
        return Err(Refused::new(85096, "not allow include scancode_time field"));
    }
    let checked = ask.body["check_path"].as_bool().unwrap_or(true);
    let well_formed = !page.starts_with('/') && !page.contains('?');
    if !well_formed || (checked && !page.is_empty() && !page_exists(world, ask, page)) {
        return Err(Refused::new(41030, "invalid page"));
    }
    Ok(Good::Image(PICTURE))
}

/// `POST cgi-bin/qrcode/create`.
pub(super) fn create_qrcode(world: &mut World, ask: &Ask) -> Outcome {
    let scene = &ask.body["action_info"]["scene"];
    let number = scene["scene_id"].as_i64();
    let text = scene["scene_str"]
        .as_str()
        .filter(|text| (1..=64).contains(&text.len()));
    let (lasting, scene, number) = match (ask.text("action_name"), number, text) {
        ("QR_SCENE", Some(number @ 1..), _) => (false, number.to_string(), true),
        ("QR_LIMIT_SCENE", Some(number @ 1..=100_000), _) => (true, number.to_string(), true),
        ("QR_STR_SCENE", _, Some(text)) => (false, text.to_owned(), false),
        ("QR_LIMIT_STR_SCENE", _, Some(text)) => (true, text.to_owned(), false),
        ("QR_SCENE" | "QR_LIMIT_SCENE" | "QR_STR_SCENE" | "QR_LIMIT_STR_SCENE", ..) => {
            return Err(Refused::new(40053, "invalid action info"));
        }
        _ => return Err(Refused::new(40052, "invalid action name")),
    };
    let expires = match &ask.body["expire_seconds"] {
        Value::Null => 60,
        given => given
            .as_i64()
            .filter(|s| (1..=2_592_000).contains(s))
            .ok_or_else(|| Refused::new(40097, "invalid args"))?,
    };
    let ticket = format!("gQ{}==", world.random_text(92));
    let expires_at = (!lasting).then(|| ask.now + TimeDelta::seconds(expires));
    let code = QrCode {
        app_id: ask.app_id.clone(),
        scene,
        number,
        expires_at,
    };
    world.qr_codes.insert(ticket.clone(), code);
    let url = format!("http://weixin.qq.com/q/{}", world.random_text(24));
    let mut answer = json!({ "ticket": ticket, "url": url });
    if !lasting {
        answer["expire_seconds"] = expires.into();
    }
    bare(answer)
}

/// `GET cgi-bin/showqrcode`: a ticket that is unknown or past is a real 404.
#[expect(clippy::unnecessary_wraps, reason = "every path has this shape")]
pub(super) fn show_qrcode(world: &mut World, ask: &Ask) -> Outcome {
    let known = world
        .qr_codes
        .get(ask.param("ticket"))
        .is_some_and(|code| code.is_alive(ask.now));
    Ok(if known {
        Good::Image(PICTURE)
    } else {
        Good::Missing
    })
}
