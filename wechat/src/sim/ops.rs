//! The paths for those who run an account: quotas, rids, addresses, tickets, uploads, and the
//! check of a text.

use chrono::TimeDelta;
use serde_json::json;

use super::answer::{Ask, Outcome, Refused, bare, done, done_with};
use super::state::World;

const TICKET_LIFE: TimeDelta = TimeDelta::seconds(7200);
const RID_LIFE: TimeDelta = TimeDelta::days(7);

/// Text holding this is found `risky`.
const RISKY: &str = "违规";
/// Text holding this is left to `review`.
const DOUBTFUL: &str = "存疑";

/// `POST cgi-bin/clear_quota` and its variant with the secret.
pub(super) fn clear_quota(world: &mut World, ask: &Ask) -> Outcome {
    if ask.text("appid") != ask.app_id {
        return Err(Refused::new(40013, "invalid appid"));
    }
    world.quotas.clear(&ask.app_id, ask.now)?;
    done()
}

/// `POST cgi-bin/openapi/quota/get`.
pub(super) fn quota(world: &mut World, ask: &Ask) -> Outcome {
    let path = ask.text("cgi_path").trim_start_matches('/');
    if super::endpoints::find(path).is_none() {
        return Err(Refused::new(76021, "cgi_path not found, please check"));
    }
    let limits = world.quotas.limits(&ask.app_id, path);
    let used = world.quotas.used(&ask.app_id, path, ask.now);
    done_with(json!({
        "quota": { "daily_limit": limits.day, "used": used, "remain": limits.day.saturating_sub(used) },
        "rate_limit": { "call_count": limits.minute, "refresh_second": 60 },
    }))
}

/// `POST cgi-bin/openapi/rid/get`.
pub(super) fn rid(world: &mut World, ask: &Ask) -> Outcome {
    let rid = ask.text("rid");
    if rid.len() != 26 {
        return Err(Refused::new(76002, "rid is error"));
    }
    let record = world
        .rids
        .get(rid)
        .ok_or_else(|| Refused::new(76001, "rid not found"))?;
    if record.app_id.as_ref() != Some(&ask.app_id) {
        return Err(Refused::new(
            76003,
            "could not query this rid for other account",
        ));
    }
    if record.at + RID_LIFE < ask.now {
        return Err(Refused::new(76004, "rid time out"));
    }
    done_with(json!({ "request": {
        "invoke_time": record.at.timestamp(),
        "cost_in_ms": 30,
        "request_url": record.path,
        "request_body": "",
        "response_body": record.answer,
        "client_ip": record.ip.to_string(),
    }}))
}

/// `GET cgi-bin/getcallbackip` and `get_api_domain_ip`.
pub(super) fn addresses(_: &mut World, _: &Ask) -> Outcome {
    bare(json!({ "ip_list": ["127.0.0.1"] }))
}

/// `GET cgi-bin/ticket/getticket`.
pub(super) fn ticket(world: &mut World, ask: &Ask) -> Outcome {
    if ask.param("type") != "jsapi" {
        return Err(Refused::new(40097, "invalid args"));
    }
    let fresh = world.random_text(86);
    let app = world.caller(ask);
    let kept = app
        .ticket
        .take()
        .filter(|(_, expires_at)| ask.now < *expires_at);
    let (ticket, expires_at) = kept.unwrap_or((fresh, ask.now + TICKET_LIFE));
    app.ticket = Some((ticket.clone(), expires_at));
    let left = (expires_at - ask.now).num_seconds();
    done_with(json!({ "ticket": ticket, "expires_in": left }))
}

/// `POST cgi-bin/media/upload`: the file itself is thrown away.
pub(super) fn upload(world: &mut World, ask: &Ask) -> Outcome {
    let kind = ask.param("type");
    if !["image", "voice", "video", "thumb"].contains(&kind) {
        return Err(Refused::new(40004, "invalid media type"));
    }
    let has = |wanted: &[u8]| {
        ask.bytes
            .windows(wanted.len())
            .any(|window| window == wanted)
    };
    if !has(b"name=\"media\"") || !has(b"filename=") {
        return Err(Refused::new(41005, "media data missing"));
    }
    let media_id = world.random_text(64);
    bare(json!({ "type": kind, "media_id": media_id, "created_at": ask.now.timestamp() }))
}

/// `POST wxa/msg_sec_check`: what it finds is decided by two words, so that a test can choose.
pub(super) fn check_text(world: &mut World, ask: &Ask) -> Outcome {
    let content = ask.text("content");
    let sound = ask.body["version"].as_i64() == Some(2)
        && ask.body["scene"]
            .as_i64()
            .is_some_and(|scene| (1..=4).contains(&scene))
        && !content.is_empty();
    if !sound {
        return Err(Refused::new(40097, "invalid args"));
    }
    if 2500 < content.chars().count() {
        return Err(Refused::new(45002, "content size out of limit"));
    }
    let person = world.recipient(&ask.app_id, ask.text("openid"))?;
    let opened_at = world.people[&person]
        .ties
        .get(&ask.app_id)
        .and_then(|tie| tie.opened_at);
    if opened_at.is_none_or(|at| at + TimeDelta::hours(2) < ask.now) {
        return Err(Refused::new(61010, "code is expired"));
    }
    let (suggest, label) = if content.contains(RISKY) {
        ("risky", 20006)
    } else if content.contains(DOUBTFUL) {
        ("review", 20001)
    } else {
        ("pass", 100)
    };
    let trace = format!(
        "{:08x}-{}",
        ask.now.timestamp(),
        world.random_text(17).to_lowercase()
    );
    done_with(json!({
        "result": { "suggest": suggest, "label": label },
        "detail": [{
            "strategy": "content_model",
            "errcode": 0,
            "suggest": suggest,
            "label": label,
            "prob": 90,
        }],
        "trace_id": trace,
    }))
}
