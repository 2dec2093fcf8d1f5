//! The paths that send: template, subscription and customer-service messages.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::SimKind;
use super::answer::{Ask, Outcome, Refused, done_with, words_for};
use super::event::Event;
use super::record::{Shown, ShownField, ShownKind};
use super::state::World;
use super::{SimTemplate, template};

/// How long WeChat promises not to deliver the same `client_msg_id` twice.
const DEDUPE: TimeDelta = TimeDelta::minutes(10);

fn template_of(world: &mut World, ask: &Ask) -> Result<SimTemplate, Refused> {
    let wanted = ask.text("template_id");
    let templates = &world.caller(ask).spec.templates;
    let found = templates
        .iter()
        .find(|template| template.template_id == wanted)
        .cloned();
    found.ok_or_else(|| Refused::new(40037, words_for(40037)))
}

/// Text that is there and not empty.
fn given(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(ToOwned::to_owned)
}

/// What a tap opens: the mini-program's page, or the address where there is none.
struct Jump {
    page: Option<String>,
    page_app_id: Option<String>,
    url: Option<String>,
}

fn jump(world: &World, ask: &Ask) -> Result<Jump, Refused> {
    let url = given(&ask.body["url"]);
    let mini_program = &ask.body["miniprogram"];
    let Some(app_id) = given(&mini_program["appid"]) else {
        return Ok(Jump {
            page: None,
            page_app_id: None,
            url,
        });
    };
    let associated = world
        .app(&app_id)
        .is_ok_and(|app| app.spec.kind == SimKind::MiniProgram);
    if !associated {
        // An address to fall back to saves the message, not the jump.
        return match url {
            Some(url) => Ok(Jump {
                page: None,
                page_app_id: None,
                url: Some(url),
            }),
            None => Err(Refused::new(40013, words_for(40013))),
        };
    }
    let page = given(&mini_program["pagepath"]).or_else(|| given(&mini_program["path"]));
    Ok(Jump {
        page,
        page_app_id: Some(app_id),
        url,
    })
}

/// `POST cgi-bin/message/template/send`.
pub(super) fn template_send(world: &mut World, ask: &Ask) -> Outcome {
    let openid = ask.text("touser");
    let person = world.recipient(&ask.app_id, openid)?;
    let template = template_of(world, ask)?;
    let fields = template::fill(&template, &ask.body["data"])?;
    let jump = jump(world, ask)?;

    let client_msg_id = given(&ask.body["client_msg_id"]);
    let once = client_msg_id
        .clone()
        .map(|client_msg_id| (ask.app_id.clone(), openid.to_owned(), client_msg_id));
    if let Some((sent_at, msgid)) = once.as_ref().and_then(|once| world.sent.get(once))
        && ask.now < *sent_at + DEDUPE
    {
        return done_with(json!({ "msgid": msgid }));
    }

    let tie = world.people[&person].ties.get(&ask.app_id);
    let Some(tie) = tie.filter(|tie| tie.followed_at.is_some()) else {
        return Err(Refused::new(43004, words_for(43004)));
    };
    let blocked = tie.blocked;
    let msgid = world.next_msgid();
    if let Some(once) = once {
        world.sent.insert(once, (ask.now, msgid));
    }
    if !blocked {
        let shown = Shown {
            page: jump.page,
            page_app_id: jump.page_app_id,
            url: jump.url,
            client_msg_id,
            ..plain(world, ask, &person, fields, msgid)
        };
        show(world, shown, &template, ShownKind::Template);
    }
    let status = if blocked {
        "failed:user block"
    } else {
        "success"
    };
    world.push(
        &ask.app_id,
        &person,
        &Event::TemplateJobFinish { msgid, status },
    );
    done_with(json!({ "msgid": msgid }))
}

/// `POST cgi-bin/message/subscribe/send`.
pub(super) fn subscribe_send(world: &mut World, ask: &Ask) -> Outcome {
    let person = world.recipient(&ask.app_id, ask.text("touser"))?;
    let template = template_of(world, ask)?;
    let fields = template::fill(&template, &ask.body["data"])?;
    let page = given(&ask.body["page"]);
    if page
        .as_deref()
        .is_some_and(|page| !page_exists(world, ask, page))
    {
        return Err(Refused::new(41030, "invalid page"));
    }
    let state = ask.text("miniprogram_state");
    if !["", "developer", "trial", "formal"].contains(&state) {
        return Err(Refused::new(40097, "invalid args"));
    }
    let left = world
        .credits
        .entry((person.clone(), template.template_id.clone()))
        .or_default();
    if *left == 0 {
        return Err(Refused::new(43101, words_for(43101)));
    }
    *left -= 1;
    let msgid = world.next_msgid();
    let page_app_id = page.is_some().then(|| ask.app_id.clone());
    let shown = Shown {
        page,
        page_app_id,
        ..plain(world, ask, &person, fields, msgid)
    };
    show(world, shown, &template, ShownKind::Subscription);
    done_with(json!({ "msgid": msgid }))
}

/// Whether a page, apart from its query, is one the mini-program has.
pub(super) fn page_exists(world: &World, ask: &Ask, page: &str) -> bool {
    let path = page.split('?').next().unwrap_or_default();
    if path.is_empty() || path.starts_with('/') {
        return false;
    }
    let published = world
        .apps
        .get(&ask.app_id)
        .and_then(|app| app.pages.as_ref());
    published.is_none_or(|pages| pages.iter().any(|known| known == path))
}

/// `POST cgi-bin/message/custom/send`: only somebody who just did something may be answered.
pub(super) fn custom_send(world: &mut World, ask: &Ask) -> Outcome {
    let person = world.recipient(&ask.app_id, ask.text("touser"))?;
    let kind = ask.text("msgtype").to_owned();
    let content = match kind.as_str() {
        "text" => given(&ask.body["text"]["content"]),
        "" => None,
        _ => ask.body.get(&kind).map(Value::to_string),
    };
    let Some(content) = content else {
        return Err(Refused::new(40008, "invalid message type"));
    };
    let tie = world
        .tie(&ask.app_id, &person)
        .expect("the recipient is known here");
    match &mut tie.answers {
        Some((until, left)) if ask.now <= *until => {
            if *left == 0 {
                return Err(Refused::new(45047, "out of response count limit"));
            }
            *left -= 1;
        }
        _ => {
            return Err(Refused::new(
                45015,
                "response out of time limit or subscription is canceled",
            ));
        }
    }
    let msgid = world.next_msgid();
    let fields = vec![ShownField {
        label: String::new(),
        value: content,
    }];
    let shown = plain(world, ask, &person, fields, msgid);
    world.shown.push(shown);
    done_with(json!({}))
}

fn plain(world: &World, ask: &Ask, person: &str, fields: Vec<ShownField>, msgid: i64) -> Shown {
    Shown {
        person: person.to_owned(),
        app_id: ask.app_id.clone(),
        app_name: world.apps[&ask.app_id].spec.name.clone(),
        title: String::new(),
        fields,
        template_id: String::new(),
        page: None,
        page_app_id: None,
        url: None,
        at: ask.now,
        client_msg_id: None,
        msgid,
        kind: ShownKind::CustomerService,
    }
}

fn show(world: &mut World, shown: Shown, template: &SimTemplate, kind: ShownKind) {
    let title = template.title.clone();
    let template_id = template.template_id.clone();
    world.shown.push(Shown {
        title,
        template_id,
        kind,
        ..shown
    });
}
