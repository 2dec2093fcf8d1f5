//! The menu of an official account.

use serde_json::{Value, json};

use super::SimKind;
use super::answer::{Ask, Outcome, Refused, bare, done};
use super::state::World;

/// `POST cgi-bin/menu/create`.
pub(super) fn create(world: &mut World, ask: &Ask) -> Outcome {
    let buttons = ask.body["button"].as_array().map_or(&[][..], Vec::as_slice);
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
    world.caller(ask).menu = Some(json!({ "button": buttons }));
    done()
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
        "click" => check(fits("key", 128), 40019, "invalid button key size"),
        "view" => check(fits("url", 1024), 40020, "invalid button url size"),
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

/// `GET cgi-bin/menu/get`.
pub(super) fn get(world: &mut World, ask: &Ask) -> Outcome {
    match &world.caller(ask).menu {
        Some(menu) => bare(json!({ "menu": menu })),
        None => Err(Refused::new(46003, "menu no exist")),
    }
}

/// `GET cgi-bin/menu/delete`.
pub(super) fn delete(world: &mut World, ask: &Ask) -> Outcome {
    world.caller(ask).menu = None;
    done()
}
