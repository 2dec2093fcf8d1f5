//! The menu of an official account, written for WeChat from the configuration.

use wechat::menu::{Action, Button, Entry, Menu};

use super::check::{Findings, Verdict};
use crate::app::App;
use crate::config::menu::{self, Button as Configured};
use crate::error::{ApiError, Code, Result};
use crate::wechat_apps::WechatApp;

/// The menu of an account.
///
/// # Errors
/// `conflict` when a button leads into a mini-program and the committee has none.
pub(super) fn of(app: &App, account: &WechatApp) -> Result<Menu> {
    let usual = menu::usual();
    let configured = match account.config.menu.as_slice() {
        [] => &usual,
        menu => menu,
    };
    let writer = Writer {
        app,
        mini_program: app
            .wechat_apps
            .mini_program(&account.config.committee)
            .map(|program| program.config.app_id.as_str()),
    };
    let buttons = configured
        .iter()
        .map(|button| writer.button(button))
        .collect::<Result<_>>()?;
    Ok(Menu { buttons })
}

struct Writer<'a> {
    app: &'a App,
    mini_program: Option<&'a str>,
}

impl Writer<'_> {
    fn button(&self, button: &Configured) -> Result<Button> {
        if button.items.is_empty() {
            return Ok(Button::Entry(self.entry(button)?));
        }
        Ok(Button::Group {
            name: button.name.clone(),
            entries: button
                .items
                .iter()
                .map(|item| self.entry(item))
                .collect::<Result<_>>()?,
        })
    }

    fn entry(&self, button: &Configured) -> Result<Entry> {
        let pages = &self.app.config.wechat.pages;
        let page = button.page.and_then(|topic| pages.of(topic));
        let action = match (page, button.reply, &button.url) {
            (Some(page), _, _) => Action::MiniProgram {
                url: pages.fallback_url.clone(),
                appid: self
                    .mini_program
                    .ok_or_else(|| {
                        ApiError::with(Code::Conflict, "菜单要打开小程序，但没有配置小程序")
                    })?
                    .to_owned(),
                pagepath: page.to_owned(),
            },
            (None, Some(topic), _) => Action::Click {
                key: topic.as_str().to_owned(),
            },
            (None, None, url) => Action::View {
                url: url.clone().unwrap_or_default(),
            },
        };
        Ok(Entry::new(&button.name, action))
    }
}

/// Whether the account shows a menu and may open the mini-program. WeChat tells nobody which
/// mini-programs an account is associated with; it tells by taking a menu that opens one.
pub(super) async fn check(app: &App, account: &WechatApp, findings: &mut Findings) {
    let Some(program) = app.wechat_apps.mini_program(&account.config.committee) else {
        findings.add(
            Verdict::Note,
            "该委员会没有配置小程序，通知和菜单不能打开小程序",
            "在配置中增加 kind = \"mini_program\" 的账号",
        );
        return;
    };
    match account.client.menu().await {
        Ok(Some(menu)) if opens(&menu, &program.config.app_id) => {
            findings.fine("菜单已发布，小程序已关联");
        }
        Ok(Some(_)) => findings.add(
            Verdict::Note,
            "菜单不打开小程序，无法据此判断小程序是否已关联",
            "由办公室在系统中“发布菜单”；发布成功即已关联",
        ),
        Ok(None) => findings.add(
            Verdict::Note,
            "还没有菜单，小程序是否已关联尚不能判断",
            "由办公室在系统中“发布菜单”；发布成功即已关联，报 45064 则尚未关联",
        ),
        Err(error) => findings.refused("读不到菜单", &error),
    }
}

fn opens(menu: &Menu, program: &str) -> bool {
    let of_program = |entry: &Entry| matches!(&entry.action, Action::MiniProgram { appid, .. } if appid == program);
    menu.buttons.iter().any(|button| match button {
        Button::Entry(entry) => of_program(entry),
        Button::Group { entries, .. } => entries.iter().any(of_program),
    })
}
