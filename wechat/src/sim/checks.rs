//! Looking at content: texts, pictures, blocked messages, and whether sealed data was WeChat's.

use chrono::TimeDelta;
use rand::RngExt;
use serde_json::{Value, json};

use super::answer::{Ask, Outcome, Refused, done_with, number};
use super::event::Event;
use super::later::Later;
use super::record::Checked;
use super::state::World;

/// Text or an address holding this is found `risky`.
pub(super) const RISKY: &str = "违规";
/// Text or an address holding this is left to `review`.
const DOUBTFUL: &str = "存疑";
/// The same in addresses, which are ASCII.
const RISKY_ADDRESS: &str = "risky";
const DOUBTFUL_ADDRESS: &str = "review";
/// A picture whose address holds this cannot be fetched.
const GONE_ADDRESS: &str = "missing";

/// A verdict and its label, decided by words in the content, so that a test can choose.
fn verdict(content: &str) -> (&'static str, i64) {
    if content.contains(RISKY) || content.contains(RISKY_ADDRESS) {
        ("risky", 20006)
    } else if content.contains(DOUBTFUL) || content.contains(DOUBTFUL_ADDRESS) {
        ("review", 20001)
    } else {
        ("pass", 100)
    }
}

/// Notes what is judged and gives the check its name.
fn trace_id(world: &mut World, ask: &Ask, person: &str, content: &str) -> String {
    let tail: u64 = world.rng.random();
    let trace_id = format!("{:08x}-{tail:016x}", ask.now.timestamp());
    world.checked.push(Checked {
        at: ask.now,
        app_id: ask.app_id.clone(),
        person: person.to_owned(),
        content: content.to_owned(),
        trace_id: trace_id.clone(),
    });
    trace_id
}

/// The checks both kinds of content share: version, scene, and a person who was here lately.
fn checked_person(world: &World, ask: &Ask) -> Result<String, Refused> {
    let sound = ask.body["version"].as_i64() == Some(2)
        && ask.body["scene"]
            .as_i64()
            .is_some_and(|scene| (1..=4).contains(&scene));
    if !sound {
        return Err(Refused::new(40097, "invalid args"));
    }
    let person = world.recipient(&ask.app_id, ask.text("openid"))?;
    let opened_at = world.people[&person]
        .ties
        .get(&ask.app_id)
        .and_then(|tie| tie.opened_at);
    if opened_at.is_none_or(|at| at + TimeDelta::hours(2) < ask.now) {
        return Err(Refused::new(61010, "code is expired"));
    }
    Ok(person)
}

/// `POST wxa/msg_sec_check`.
pub(super) fn text(world: &mut World, ask: &Ask) -> Outcome {
    let content = ask.text("content");
    if content.is_empty() {
        return Err(Refused::new(40097, "invalid args"));
    }
    if 2500 < content.chars().count() {
        return Err(Refused::new(45002, "content size out of limit"));
    }
    let person = checked_person(world, ask)?;
    let (suggest, label) = verdict(content);
    let trace = trace_id(world, ask, &person, content);
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

/// `POST wxa/media_check_async`: the verdict is pushed within half an hour.
pub(super) fn media(world: &mut World, ask: &Ask) -> Outcome {
    let url = ask.text("media_url").to_owned();
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Refused::new(40097, "invalid args: media_url"));
    }
    if !ask.body["media_type"]
        .as_i64()
        .is_some_and(|kind| (1..=2).contains(&kind))
    {
        return Err(Refused::new(40004, "invalid media type"));
    }
    let person = checked_person(world, ask)?;
    let (suggest, label) = verdict(&url);
    let errcode = if url.contains(GONE_ADDRESS) { -1008 } else { 0 };
    let trace_id = trace_id(world, ask, &person, &url);
    let after = TimeDelta::seconds(world.rng.random_range(1..1800));
    let event = Event::MediaCheck {
        trace_id: trace_id.clone(),
        app_id: ask.app_id.clone(),
        errcode,
        suggest,
        label,
    };
    let app_id = ask.app_id.clone();
    let later = Later::Push {
        app_id,
        person,
        event,
    };
    world.schedule(ask.now + after, later);
    done_with(json!({ "trace_id": trace_id }))
}

/// `POST wxa/sec/queryblocktmplmsg`: template messages that did not pass their review, the newest
/// first, those before `largest_id`.
pub(super) fn blocked_messages(world: &mut World, ask: &Ask) -> Outcome {
    let limit = number(&ask.body["limit"]).unwrap_or(100);
    if !(1..=100).contains(&limit) {
        return Err(Refused::new(40097, "invalid args: limit"));
    }
    let template_id = ask.text("tmpl_msg_id");
    let below = number(&ask.body["largest_id"]).filter(|id| *id != 0);
    let listed: Vec<Value> = world
        .blocked
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, blocked)| blocked.app_id == ask.app_id)
        .filter(|(_, blocked)| template_id.is_empty() || blocked.template_id == template_id)
        .map(|(place, blocked)| (i64::try_from(place).unwrap_or(i64::MAX) + 1, blocked))
        .filter(|(id, _)| below.is_none_or(|below| *id < below))
        .take(usize::try_from(limit).unwrap_or(100))
        .map(|(id, blocked)| {
            json!({
                "id": id,
                "tmpl_msg_id": blocked.template_id,
                "title": blocked.title,
                "content": blocked.content,
                "send_timestamp": blocked.sent_at.timestamp(),
                "openid": blocked.openid,
                "msgid": blocked.msgid,
            })
        })
        .collect();
    done_with(json!({ "msginfo": listed }))
}

/// `POST wxa/business/checkencryptedmsg`: whether WeChat sealed this within three days.
pub(super) fn sealed_data(world: &mut World, ask: &Ask) -> Outcome {
    let digest = ask.text("encrypted_msg_hash");
    if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refused::new(40097, "invalid args"));
    }
    let key = (ask.app_id.clone(), digest.to_lowercase());
    let made = world
        .sealed
        .get(&key)
        .filter(|at| ask.now <= **at + TimeDelta::days(3));
    // WeChat misspells it, and clients must look for the misspelt one.
    done_with(match made {
        Some(at) => json!({ "vaild": true, "create_time": at.timestamp() }),
        None => json!({ "vaild": false }),
    })
}
