//! The paths that send notices: template and subscription messages. Customer-service messages are
//! left to `customer`.

use chrono::TimeDelta;
use rand::RngExt;
use serde_json::{Value, json};

use super::SimKind;
use super::answer::{Ask, Outcome, Refused, done_with, words_for};
use super::checks::RISKY;
use super::event::Event;
use super::later::{Blocked, Later};
use super::record::{Shown, ShownField, ShownKind};
use super::state::{World, beijing_day};
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
pub(super) fn given(value: &Value) -> Option<String> {
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
    let fields = template::fill(&template, &ask.body["data"], world.settings.strictness)?;
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
    if tie.blacklisted {
        return Err(Refused::new(43019, words_for(43019)));
    }
    take(world, ask, &person)?;
    let msgid = world.next_msgid();
    if let Some(once) = once {
        world.sent.insert(once, (ask.now, msgid));
    }
    let shown = Shown {
        page: jump.page,
        page_app_id: jump.page_app_id,
        url: jump.url,
        client_msg_id,
        title: template.title,
        template_id: template.template_id,
        kind: ShownKind::Template,
        ..plain(world, ask, &person, fields, msgid)
    };
    let review = world.settings.review;
    if world.rng.random_bool(review.chance) {
        let blocked = world.rng.random_bool(review.blocked);
        let shown = Box::new(shown);
        let ends = ask.now + TimeDelta::seconds(i64::from(review.seconds));
        world.schedule(ends, Later::Reviewed { shown, blocked });
        return Err(Refused::new(40252, words_for(40252)));
    }
    world.deliver(shown);
    done_with(json!({ "msgid": msgid }))
}

/// Counts what a person takes from an account in a day, where that has a limit.
fn take(world: &mut World, ask: &Ask, person: &str) -> Result<(), Refused> {
    let Some(limit) = world.settings.person_day else {
        return Ok(());
    };
    let today = beijing_day(ask.now);
    let key = (ask.app_id.clone(), person.to_owned());
    let (day, count) = world.taken.entry(key).or_insert((today, 0));
    if *day != today {
        (*day, *count) = (today, 0);
    }
    if limit <= *count {
        return Err(Refused::new(43117, words_for(43117)));
    }
    *count += 1;
    Ok(())
}

impl World {
    /// Brings a template message to its phone, or not, and lets the account know how it ended.
    fn deliver(&mut self, shown: Shown) {
        let habits = self.habits;
        let blocked = self
            .people
            .get(&shown.person)
            .and_then(|person| person.ties.get(&shown.app_id))
            .is_none_or(|tie| tie.blocked || tie.followed_at.is_none());
        // WeChat is not sure of its blanks.
        let spaced = self.rng.random_bool(habits.blank_status);
        let status = if blocked {
            if spaced {
                "failed: user block"
            } else {
                "failed:user block"
            }
        } else if self.rng.random_bool(habits.system_failed) {
            if spaced {
                "failed: system failed"
            } else {
                "failed:system failed"
            }
        } else if self.rng.random_bool(habits.freq_limit) {
            if spaced {
                "failed: freq limit"
            } else {
                "failed:freq limit"
            }
        } else {
            "success"
        };
        let (app_id, person, msgid) = (shown.app_id.clone(), shown.person.clone(), shown.msgid);
        if status == "success" {
            self.show(shown);
        }
        self.push(
            &app_id,
            &person,
            &Event::TemplateJobFinish { msgid, status },
        );
    }

    /// Ends a review: the message is delivered now, or never.
    pub fn finish_review(&mut self, shown: Shown, blocked: bool) {
        if !blocked {
            let at = self.now();
            self.deliver(Shown { at, ..shown });
            return;
        }
        let content: Vec<String> = shown
            .fields
            .iter()
            .map(|field| format!("{}:{}", field.label, field.value))
            .collect();
        self.blocked.push(Blocked {
            openid: super::people::openid_of(&shown.app_id, &shown.person),
            app_id: shown.app_id,
            template_id: shown.template_id,
            msgid: shown.msgid,
            title: shown.title,
            content: content.join("\n"),
            sent_at: shown.at,
        });
    }
}

/// `POST cgi-bin/message/subscribe/send`.
pub(super) fn subscribe_send(world: &mut World, ask: &Ask) -> Outcome {
    let person = world.recipient(&ask.app_id, ask.text("touser"))?;
    let template = template_of(world, ask)?;
    let fields = template::fill(&template, &ask.body["data"], world.settings.strictness)?;
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
    let page_app_id = page.is_some().then(|| ask.app_id.clone());
    let jump = Jump {
        page,
        page_app_id,
        url: None,
    };
    send_subscribed(world, ask, &person, template, fields, jump)
}

/// `POST cgi-bin/message/subscribe/bizsend`: followers find it in the account's chat.
pub(super) fn biz_send(world: &mut World, ask: &Ask) -> Outcome {
    let person = world.recipient(&ask.app_id, ask.text("touser"))?;
    let template = template_of(world, ask)?;
    let fields = template::fill(&template, &ask.body["data"], world.settings.strictness)?;
    let jump = Jump {
        url: given(&ask.body["page"]),
        ..jump(world, ask)?
    };
    send_subscribed(world, ask, &person, template, fields, jump)
}

fn send_subscribed(
    world: &mut World,
    ask: &Ask,
    person: &str,
    template: SimTemplate,
    fields: Vec<ShownField>,
    jump: Jump,
) -> Outcome {
    if fields.iter().any(|field| field.value.contains(RISKY)) {
        return Err(Refused::new(45168, "hit sensitive words"));
    }
    let left = world
        .credits
        .get_mut(&(person.to_owned(), template.template_id.clone()))
        .filter(|left| 0 < **left)
        .ok_or_else(|| Refused::new(43101, words_for(43101)))?;
    if !template.long_term {
        *left -= 1;
    }
    let msgid = world.next_msgid();
    let template_id = template.template_id.clone();
    // What reaches us of these events are only failures of WeChat's own.
    let failed = world.rng.random_bool(world.habits.system_failed);
    if failed {
        let event = Event::SubscribeSent {
            template_id,
            msgid,
            code: 1003,
        };
        world.push(&ask.app_id, person, &event);
        return done_with(json!({ "msgid": msgid }));
    }
    let shown = Shown {
        page: jump.page,
        page_app_id: jump.page_app_id,
        url: jump.url,
        title: template.title,
        template_id,
        kind: ShownKind::Subscription,
        ..plain(world, ask, person, fields, msgid)
    };
    world.show(shown);
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

/// A message with nothing but its lines, for the caller to fill in the rest.
pub(super) fn plain(
    world: &World,
    ask: &Ask,
    person: &str,
    fields: Vec<ShownField>,
    msgid: i64,
) -> Shown {
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
