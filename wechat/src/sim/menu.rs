//! The menus of an official account: the one everybody sees and those for followers with a tag.

use serde_json::{Value, json};

use super::SimKind;
use super::answer::{Ask, Outcome, Refused, bare, done, number};
use super::state::World;

/// The menus of one account.
#[derive(Default)]
pub(super) struct Menus {
    usual: Option<Value>,
    /// With their tag and a `menuid`, the newest last.
    conditional: Vec<(i64, Value)>,
    made: i64,
}

impl Menus {
    fn next_id(&mut self) -> i64 {
        self.made += 1;
        400_000_000 + self.made
    }
}

/// `POST cgi-bin/menu/create`.
pub(super) fn create(world: &mut World, ask: &Ask) -> Outcome {
    let buttons = checked_buttons(world, &ask.body)?;
    let menus = &mut world.caller(ask).menus;
    let id = menus.next_id();
    menus.usual = Some(json!({ "button": buttons, "menuid": id }));
    done()
}

/// `POST cgi-bin/menu/addconditional`: a menu for followers with a tag.
pub(super) fn add_conditional(world: &mut World, ask: &Ask) -> Outcome {
    let buttons = checked_buttons(world, &ask.body)?;
    let rule = &ask.body["matchrule"];
    if world.caller(ask).menus.usual.is_none() {
        return Err(Refused::new(65301, "no default menu"));
    }
    let tag = number(&rule["tag_id"])
        .filter(|tag| world.apps[&ask.app_id].tags.contains_key(tag))
        .ok_or_else(|| Refused::new(65303, "invalid match rule"))?;
    let menus = &mut world.caller(ask).menus;
    let id = menus.next_id();
    let menu = json!({ "button": buttons, "matchrule": rule, "menuid": id });
    menus.conditional.push((tag, menu));
    bare(json!({ "menuid": id }))
}

/// `POST cgi-bin/menu/delconditional`.
pub(super) fn delete_conditional(world: &mut World, ask: &Ask) -> Outcome {
    let wanted = number(&ask.body["menuid"]);
    let menus = &mut world.caller(ask).menus;
    let before = menus.conditional.len();
    menus
        .conditional
        .retain(|(_, menu)| menu["menuid"].as_i64() != wanted);
    if menus.conditional.len() == before {
        return Err(Refused::new(65301, "no such menu"));
    }
    done()
}

/// `POST cgi-bin/menu/trymatch`: the menu one follower sees.
pub(super) fn try_match(world: &mut World, ask: &Ask) -> Outcome {
    let person = world.recipient(&ask.app_id, ask.text("user_id"))?;
    match world.menu_for(&ask.app_id, &person) {
        Some(menu) => bare(json!({ "button": menu["button"] })),
        None => Err(Refused::new(46003, "menu no exist")),
    }
}

/// `GET cgi-bin/menu/get`.
pub(super) fn get(world: &mut World, ask: &Ask) -> Outcome {
    let menus = &world.caller(ask).menus;
    let Some(usual) = &menus.usual else {
        return Err(Refused::new(46003, "menu no exist"));
    };
    let conditional: Vec<&Value> = menus.conditional.iter().map(|(_, menu)| menu).collect();
    let mut answer = json!({ "menu": { "button": usual["button"] } });
    if !conditional.is_empty() {
        // Only then does WeChat tell the number of the usual menu.
        answer["menu"]["menuid"] = usual["menuid"].clone();
        answer["conditionalmenu"] = json!(conditional);
    }
    bare(answer)
}

/// `GET cgi-bin/get_current_selfmenu_info`, which wraps inner buttons once more.
pub(super) fn current(world: &mut World, ask: &Ask) -> Outcome {
    let menus = &world.caller(ask).menus;
    let Some(usual) = &menus.usual else {
        return bare(json!({ "is_menu_open": 0, "selfmenu_info": { "button": [] } }));
    };
    let mut buttons = usual["button"].clone();
    for button in buttons.as_array_mut().into_iter().flatten() {
        let inner = button["sub_button"].take();
        if inner.is_null() {
            button
                .as_object_mut()
                .map(|button| button.remove("sub_button"));
        } else {
            button["sub_button"] = json!({ "list": inner });
        }
    }
    bare(json!({ "is_menu_open": 1, "selfmenu_info": { "button": buttons } }))
}

/// `GET cgi-bin/menu/delete`: the menus for tags go, too.
pub(super) fn delete(world: &mut World, ask: &Ask) -> Outcome {
    let menus = &mut world.caller(ask).menus;
    menus.usual = None;
    menus.conditional.clear();
    done()
}

impl World {
    /// The menu a person sees: the newest for one of their tags, else the usual one.
    pub fn menu_for(&self, app_id: &str, person: &str) -> Option<Value> {
        let menus = &self.apps.get(app_id)?.menus;
        let tie = self
            .people
            .get(person)
            .and_then(|person| person.ties.get(app_id));
        let tags = tie.map_or(&[][..], |tie| &tie.tags);
        let own = menus
            .conditional
            .iter()
            .rev()
            .find(|(tag, _)| tags.contains(tag));
        own.map(|(_, menu)| menu.clone())
            .or_else(|| menus.usual.clone())
    }
}

fn checked_buttons(world: &World, body: &Value) -> Result<Vec<Value>, Refused> {
    let buttons = body["button"].as_array().map_or(&[][..], Vec::as_slice);
    if buttons.is_empty() || 3 < buttons.len() {
        return Err(Refused::new(40016, "invalid button size"));
    }
    for button in buttons {
        let inner = button["sub_button"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        if 5 < inner.len() {
            return Err(Refused::new(40023, "invalid sub button size"));
        }
        check_name(button, 16, 40018)?;
        if inner.is_empty() {
            check_button(world, button)?;
        }
        for button in inner {
            check_name(button, 60, 40025)?;
            check_button(world, button)?;
        }
    }
    Ok(buttons.to_vec())
}

fn check_name(button: &Value, longest: usize, errcode: i64) -> Result<(), Refused> {
    let name = button["name"].as_str().unwrap_or_default();
    if name.is_empty() || longest < name.len() {
        return Err(Refused::new(errcode, "invalid button name size"));
    }
    Ok(())
}

fn check_button(world: &World, button: &Value) -> Result<(), Refused> {
    let text = |name: &str| button[name].as_str().unwrap_or_default();
    let check = |fits: bool, errcode, errmsg: &str| {
        if fits {
            Ok(())
        } else {
            Err(Refused::new(errcode, errmsg))
        }
    };
    let fits = |name: &str, longest: usize| (1..=longest).contains(&text(name).len());
    match text("type") {
        "click" | "scancode_push" | "scancode_waitmsg" | "location_select" | "pic_sysphoto"
        | "pic_photo_or_album" | "pic_weixin" => {
            check(fits("key", 128), 40019, "invalid button key size")
        }
        "view" => {
            check(fits("url", 1024), 40020, "invalid button url size")?;
            check(is_web(text("url")), 40055, "invalid button url domain")
        }
        "miniprogram" => {
            check(fits("url", 1024), 40020, "invalid button url size")?;
            let app = world.app(text("appid"));
            let associated = app.is_ok_and(|app| app.spec.kind == SimKind::MiniProgram);
            check(associated, 45064, "no permission to use weapp in menu")?;
            check(fits("pagepath", 1024), 40165, "invalid weapp pagepath")
        }
        _ => Err(Refused::new(40017, "invalid button type")),
    }
}

fn is_web(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}
