//! What people do at an account: follow and leave, scan, tap, write, agree to messages. Each deed
//! changes the world, stands in the chat where a phone would show it, and is pushed.

use chrono::TimeDelta;
use serde_json::Value;

use super::event::Event;
use super::state::{Unknown, World};

/// The ticket of a code that the simulator did not make.
const FOREIGN_TICKET: &str = "gQSIMULATED==";

impl World {
    /// Somebody follows an account, by a code when `scene` is not empty.
    pub fn follow(&mut self, app_id: &str, person: &str, scene: &str) -> Result<(), Unknown> {
        let now = self.now();
        let order = self.follows;
        let ticket = self.ticket_of(app_id, scene);
        let scene_is_number = self.qr_codes.get(&ticket).is_some_and(|code| code.number);
        let tie = self.tie(app_id, person)?;
        if tie.followed_at.is_some() {
            tie.blocked = false;
            return Ok(());
        }
        tie.followed_at = Some(now);
        tie.order = order;
        tie.blocked = false;
        scene.clone_into(&mut tie.scene);
        tie.scene_is_number = scene_is_number;
        tie.answers = Some((now + TimeDelta::minutes(1), 3));
        self.follows += 1;
        self.chat_remark(app_id, person, "你关注了公众号");
        let scene = scene.to_owned();
        self.push(app_id, person, &Event::Subscribe { scene, ticket });
        Ok(())
    }

    /// Somebody leaves; what the account knew about them, tags and remark, goes too.
    pub fn unfollow(&mut self, app_id: &str, person: &str) -> Result<(), Unknown> {
        let tie = self.tie(app_id, person)?;
        tie.answers = None;
        tie.blocked = false;
        tie.tags.clear();
        tie.remark.clear();
        if tie.followed_at.take().is_some() {
            self.chat_remark(app_id, person, "你取消了关注");
            self.push(app_id, person, &Event::Unsubscribe);
        }
        Ok(())
    }

    /// Somebody scans an account's QR code: a follower only scans, anybody else follows.
    pub fn scan(&mut self, app_id: &str, person: &str, scene: &str) -> Result<(), Unknown> {
        let until = self.now() + TimeDelta::minutes(1);
        let tie = self.tie(app_id, person)?;
        if tie.followed_at.is_none() {
            return self.follow(app_id, person, scene);
        }
        tie.answers = Some((until, 3));
        self.chat_remark(app_id, person, "你扫描了二维码");
        let ticket = self.ticket_of(app_id, scene);
        let scene = scene.to_owned();
        self.push(app_id, person, &Event::Scan { scene, ticket });
        Ok(())
    }

    /// Somebody scans the code with this ticket; an expired one leads nowhere.
    pub fn scan_ticket(&mut self, person: &str, ticket: &str) -> Result<(), Unknown> {
        let now = self.now();
        let code = self
            .qr_codes
            .get(ticket)
            .filter(|code| code.is_alive(now))
            .ok_or(Unknown::Ticket)?;
        let (app_id, scene) = (code.app_id.clone(), code.scene.clone());
        self.scan(&app_id, person, &scene)
    }

    fn ticket_of(&self, app_id: &str, scene: &str) -> String {
        let now = self.now();
        self.qr_codes
            .iter()
            .filter(|(_, code)| code.app_id == app_id && code.scene == scene && code.is_alive(now))
            .map(|(ticket, _)| ticket)
            .min()
            .map_or_else(|| FOREIGN_TICKET.to_owned(), Clone::clone)
    }

    /// Somebody writes to an account, which may then answer five times within two days.
    pub fn write(&mut self, app_id: &str, person: &str, text: &str) -> Result<(), Unknown> {
        let until = self.now() + TimeDelta::hours(48);
        let tie = self.tie(app_id, person)?;
        tie.answers = Some((until, 5));
        let silenced = tie.blacklisted;
        self.chat_from_person(app_id, person, text);
        if silenced {
            return Ok(());
        }
        let msgid = self.next_msgid();
        let content = text.to_owned();
        self.push(app_id, person, &Event::Text { content, msgid });
        Ok(())
    }

    /// Somebody taps a menu button of the kind `click`.
    pub fn click(&mut self, app_id: &str, person: &str, key: &str) -> Result<(), Unknown> {
        let until = self.now() + TimeDelta::minutes(1);
        let tie = self.tie(app_id, person)?;
        tie.answers = Some((until, 3));
        let silenced = tie.blacklisted;
        if !silenced {
            let key = key.to_owned();
            self.push(app_id, person, &Event::Click { key });
        }
        Ok(())
    }

    /// Somebody taps the menu button with this name, whatever it does.
    pub fn tap(&mut self, app_id: &str, person: &str, name: &str) -> Result<(), Unknown> {
        self.tie(app_id, person)?;
        let (button, menu_id) = self
            .menu_for(app_id, person)
            .and_then(|menu| Some((find_button(&menu["button"], name)?.clone(), menu_id(&menu))))
            .ok_or_else(|| Unknown::Button(name.to_owned()))?;
        let text = |field: &str| button[field].as_str().unwrap_or_default().to_owned();
        self.chat_remark(app_id, person, &format!("你点击了菜单“{name}”"));
        match button["type"].as_str() {
            Some("click") => self.click(app_id, person, &text("key"))?,
            Some("view") => {
                let url = text("url");
                self.push(app_id, person, &Event::View { url, menu_id });
            }
            Some("miniprogram") => {
                let path = text("pagepath");
                self.push(app_id, person, &Event::ViewMiniProgram { path, menu_id });
            }
            // A camera or a map opens, and nobody takes a picture here.
            _ => {}
        }
        Ok(())
    }

    /// Somebody opens the customer-service chat of a mini-program, which may then answer twice
    /// within a minute.
    pub fn enter_chat(&mut self, app_id: &str, person: &str) -> Result<(), Unknown> {
        let now = self.now();
        let tie = self.tie(app_id, person)?;
        tie.opened_at = Some(now);
        tie.answers = Some((now + TimeDelta::minutes(1), 2));
        self.push(app_id, person, &Event::EnterChat);
        Ok(())
    }

    /// Somebody agrees to `count` more messages of a template of the first mini-program.
    pub fn grant_credit(
        &mut self,
        person: &str,
        template_id: &str,
        count: u32,
    ) -> Result<(), Unknown> {
        let app_id = self.mini_program()?;
        self.credit(&app_id, person, template_id, count)?;
        let answers = vec![(template_id.to_owned(), true)];
        self.push(&app_id, person, &Event::SubscribePopup { answers });
        Ok(())
    }

    /// Somebody answers the question for several templates at once.
    pub fn answer_popup(
        &mut self,
        app_id: &str,
        person: &str,
        answers: &[(String, bool)],
    ) -> Result<(), Unknown> {
        self.tie(app_id, person)?;
        for (template_id, _) in answers.iter().filter(|(_, accepted)| *accepted) {
            self.credit(app_id, person, template_id, 1)?;
        }
        let answers = answers.to_vec();
        self.push(app_id, person, &Event::SubscribePopup { answers });
        Ok(())
    }

    fn credit(
        &mut self,
        app_id: &str,
        person: &str,
        template_id: &str,
        count: u32,
    ) -> Result<(), Unknown> {
        self.tie(app_id, person)?;
        let key = (person.to_owned(), template_id.to_owned());
        let left = self.credits.entry(key).or_default();
        *left = left.saturating_add(count);
        Ok(())
    }

    /// Somebody switches a template off in the settings: nothing is left of what they agreed to.
    pub fn withdraw_credit(
        &mut self,
        app_id: &str,
        person: &str,
        template_id: &str,
    ) -> Result<(), Unknown> {
        self.tie(app_id, person)?;
        self.credits
            .remove(&(person.to_owned(), template_id.to_owned()));
        let refused = vec![template_id.to_owned()];
        self.push(app_id, person, &Event::SubscribeChange { refused });
        Ok(())
    }
}

fn menu_id(menu: &Value) -> i64 {
    menu["menuid"].as_i64().unwrap_or(0)
}

fn find_button<'a>(buttons: &'a Value, name: &str) -> Option<&'a Value> {
    buttons.as_array()?.iter().find_map(|button| {
        let inner = &button["sub_button"];
        if inner.as_array().is_some_and(|inner| !inner.is_empty()) {
            return find_button(inner, name);
        }
        (button["name"].as_str() == Some(name)).then_some(button)
    })
}
