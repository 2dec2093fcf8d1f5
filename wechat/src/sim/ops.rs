//! The paths for those who run an account: quotas, rids, addresses, tickets.

use chrono::TimeDelta;
use serde_json::json;

use super::answer::{Ask, Outcome, Refused, bare, done, done_with};
use super::state::World;

const TICKET_LIFE: TimeDelta = TimeDelta::seconds(7200);
const RID_LIFE: TimeDelta = TimeDelta::days(7);

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

/// `POST cgi-bin/openapi/quota/clear`: one path's counter; fifty times a month.
pub(super) fn clear_path(world: &mut World, ask: &Ask) -> Outcome {
    let path = ask.text("cgi_path").trim_start_matches('/');
    if super::endpoints::find(path).is_none() {
        return Err(Refused::new(76021, "cgi_path not found, please check"));
    }
    world.quotas.clear_path(&ask.app_id, path, ask.now)?;
    done()
}

/// `POST cgi-bin/callback/check`: what WeChat's servers find on their way to the callback address.
pub(super) fn check_callback(world: &mut World, ask: &Ask) -> Outcome {
    let action = ask.text("action");
    let operator = ask.text("check_operator");
    if !["all", "dns", "ping"].contains(&action)
        || !["", "DEFAULT", "CHINANET", "UNICOM", "CAP"].contains(&operator)
    {
        return Err(Refused::new(40097, "invalid args"));
    }
    let spec = &world.caller(ask).spec;
    let host = spec
        .callback_url
        .as_deref()
        .and_then(|url| reqwest::Url::parse(url).ok())
        .and_then(|url| url.host_str().map(ToOwned::to_owned))
        .ok_or_else(|| Refused::new(40166, "no callback url"))?;
    let dns = json!([{ "ip": host, "real_operator": "UNICOM" }]);
    let ping = json!([
        { "ip": host, "from_operator": "UNICOM", "package_loss": "0%", "time": "1.020ms" }
    ]);
    bare(match action {
        "dns" => json!({ "dns": dns }),
        "ping" => json!({ "ping": ping }),
        _ => json!({ "dns": dns, "ping": ping }),
    })
}
