//! The menu of an official account as an operator writes it, within WeChat's limits.

use anyhow::{Result, bail};
use domain::follower::Topic;
use serde::Deserialize;

/// Buttons at the bottom, and items above one of them (error codes 40016 and 40023).
const BUTTONS: usize = 3;
const ITEMS: usize = 5;
/// Bytes of a name: at the bottom and above (40018 and 40025). A Chinese character has three.
const BUTTON_NAME: usize = 16;
const ITEM_NAME: usize = 60;
/// Bytes of an address (40020).
const URL: usize = 1024;

/// A button at the bottom, or an item above one; it does exactly one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// What stands on it: at the bottom five Chinese characters at most, above it twenty.
    pub name: String,
    /// Opens the page of a topic in the mini-program.
    #[serde(default)]
    pub page: Option<Topic>,
    /// The account answers about a topic.
    #[serde(default)]
    pub reply: Option<Topic>,
    /// Opens an address.
    #[serde(default)]
    pub url: Option<String>,
    /// Opens one to five items, which have none of their own.
    #[serde(default)]
    pub items: Vec<Button>,
}

impl Button {
    fn page(name: &str, topic: Topic) -> Self {
        Self {
            name: name.to_owned(),
            page: Some(topic),
            ..Self::default()
        }
    }

    fn reply(name: &str, topic: Topic) -> Self {
        Self {
            name: name.to_owned(),
            reply: Some(topic),
            ..Self::default()
        }
    }

    fn list(name: &str, items: Vec<Self>) -> Self {
        Self {
            name: name.to_owned(),
            items,
            ..Self::default()
        }
    }
}

/// The menu of an account for which none is configured.
pub fn usual() -> Vec<Button> {
    vec![
        Button::page("签到", Topic::CheckIn),
        Button::list(
            "活动",
            vec![
                Button::page("近期活动", Topic::Activities),
                Button::page("我要请假", Topic::Leave),
            ],
        ),
        Button::list(
            "我的",
            vec![
                Button::page("我的积分", Topic::Score),
                Button::reply("绑定委员身份", Topic::Link),
                Button::reply("帮助", Topic::Help),
            ],
        ),
    ]
}

/// Whether WeChat would take the menu.
pub(super) fn check(menu: &[Button]) -> Result<()> {
    if BUTTONS < menu.len() {
        bail!("menu: at most {BUTTONS} buttons");
    }
    for button in menu {
        check_button(button, BUTTON_NAME)?;
        if ITEMS < button.items.len() {
            bail!("menu: {} has more than {ITEMS} items", button.name);
        }
        for item in &button.items {
            if !item.items.is_empty() {
                bail!("menu: {} is an item and has no items of its own", item.name);
            }
            check_button(item, ITEM_NAME)?;
        }
    }
    Ok(())
}

fn check_button(button: &Button, longest: usize) -> Result<()> {
    let name = &button.name;
    if name.is_empty() || longest < name.len() {
        bail!("menu: a name has 1 to {longest} bytes, and `{name}` has not");
    }
    let ways = [
        button.page.is_some(),
        button.reply.is_some(),
        button.url.is_some(),
        !button.items.is_empty(),
    ];
    if ways.into_iter().filter(|given| *given).count() != 1 {
        bail!("menu: {name} needs exactly one of page, reply, url and items");
    }
    if button.page == Some(Topic::Help) {
        bail!("menu: help is a reply and no page");
    }
    let url_fits = |url: &String| {
        url.len() <= URL && (url.starts_with("https://") || url.starts_with("http://"))
    };
    if !button.url.as_ref().is_none_or(url_fits) {
        bail!("menu: the url of {name} begins with https:// and has at most {URL} bytes");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn verdict(menu: Value) -> Result<()> {
        let menu: Vec<Button> = serde_json::from_value(menu)?;
        check(&menu)
    }

    #[test]
    fn the_usual_menu_is_one_that_wechat_takes() {
        check(&usual()).unwrap();
    }

    #[test]
    fn what_wechat_would_refuse_is_refused_by_name() {
        assert!(verdict(json!([{ "name": "签到", "page": "check_in" }])).is_ok());
        for (menu, why) in [
            (
                json!([{ "name": "六个汉字的名", "page": "leave" }]),
                "1 to 16",
            ),
            (json!([{ "name": "签到" }]), "exactly one"),
            (
                json!([{ "name": "签到", "page": "check_in", "reply": "help" }]),
                "exactly one",
            ),
            (
                json!([{ "name": "签到", "page": "check_in", "items": [{ "name": "a", "reply": "help" }] }]),
                "exactly one",
            ),
            (
                json!([{ "name": "我的", "items": [{ "name": "a", "items": [{ "name": "b", "reply": "help" }] }] }]),
                "no items of its own",
            ),
            (json!([{ "name": "帮助", "page": "help" }]), "no page"),
            (
                json!([{ "name": "网站", "url": "javascript:1" }]),
                "https://",
            ),
        ] {
            let refusal = verdict(menu).unwrap_err().to_string();
            assert!(refusal.contains(why), "{refusal}");
        }
    }
}
