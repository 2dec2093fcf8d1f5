//! A person's chat with one account, her service notices, and what she can do there.

use actix_web::web::{Data, Form, Path};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use serde_json::Value;

use super::parts::{clock, lines};
use super::{Page, chat_address, escape, html, not_found, phone_address, see, segment};
use crate::sim::SimKind;
use crate::sim::handle::Handle;
use crate::sim::state::{Unknown, World};

#[get("/phones/{person}/notices.html")]
pub(super) async fn show_notices(sim: Data<Handle>, person: Path<String>) -> HttpResponse {
    if let Err(unknown) = sim.with(|world| world.person_view(&person)) {
        return not_found(&unknown.to_string());
    }
    let names = sim.app_names();
    let name = |app_id: &str| names.get(app_id).cloned().unwrap_or_default();
    let live = match &sim.notices(&person)[..] {
        [] => "<p class=\"remark\">还没有通知。先在小程序里允许通知。</p>".to_owned(),
        all => lines(&person, name, all),
    };
    Page {
        title: "服务通知",
        back: Some((&phone_address(&person), "返回")),
        aside: &clock(sim.now()),
        live: &live,
        chat: true,
        acts: "",
    }
    .answer()
}

#[get("/phones/{person}/{app_id}.html")]
pub(super) async fn show_chat(sim: Data<Handle>, path: Path<(String, String)>) -> HttpResponse {
    let (person, app_id) = path.into_inner();
    let found = sim.with(|world| {
        let following = world.tie(&app_id, &person)?.followed_at.is_some();
        let spec = world.app(&app_id)?.spec.clone();
        Ok::<_, Unknown>((following, spec))
    });
    let (following, spec) = match found {
        Ok(found) => found,
        Err(unknown) => return not_found(&unknown.to_string()),
    };
    let aside = match spec.kind {
        SimKind::MiniProgram => "小程序",
        _ if following => "已关注",
        _ => "未关注",
    };
    let name = |_: &str| spec.name.clone();
    let live = match &sim.chat(&app_id, &person)[..] {
        [] => "<p class=\"remark\">还没有消息。</p>".to_owned(),
        all => lines(&person, name, all),
    };
    let base = format!("/sim/phones/{}/{}", segment(&person), segment(&app_id));
    let acts = match spec.kind {
        SimKind::MiniProgram => mini_program_acts(&sim, &base, &app_id, &person),
        SimKind::ServiceAccount | SimKind::SubscriptionAccount => {
            account_acts(&sim, &base, &app_id, &person, following)
        }
    };
    Page {
        title: &spec.name,
        back: Some((&phone_address(&person), "返回")),
        aside,
        live: &live,
        chat: true,
        acts: &acts,
    }
    .answer()
}

/// A button that does something at once.
fn button(base: &str, deed: &str, text: &str, label: &str, class: &str) -> String {
    format!(
        "<form method=\"post\" action=\"{base}/{deed}\">\
         <input type=\"hidden\" name=\"text\" value=\"{}\"><button class=\"{class}\">{}</button></form>",
        escape(text),
        escape(label),
    )
}

/// A field to fill in before.
fn field(base: &str, deed: &str, hint: &str, label: &str) -> String {
    format!(
        "<form method=\"post\" action=\"{base}/{deed}\"><input name=\"text\" required \
         autocomplete=\"off\" list=\"{deed}\" placeholder=\"{hint}\"><button>{label}</button></form>"
    )
}

fn account_acts(sim: &Handle, base: &str, app_id: &str, person: &str, following: bool) -> String {
    let (menu, scenes) = sim.with(|world| {
        let now = world.now();
        let mut scenes: Vec<String> = world
            .qr_codes
            .values()
            .filter(|code| code.app_id == app_id && code.is_alive(now))
            .map(|code| format!("<option value=\"{}\">", escape(&code.scene)))
            .collect();
        scenes.sort();
        (world.menu_for(app_id, person), scenes.concat())
    });
    let scan = field(base, "scan", "二维码的场景值", "扫码")
        + &format!("<datalist id=\"scan\">{scenes}</datalist>");
    if !following {
        return button(base, "follow", "", "关注公众号", "main") + &scan;
    }
    let menu = menu.map_or(String::new(), |menu| menu_bar(base, &menu["button"]));
    menu + &field(base, "write", "说点什么", "发送")
        + &scan
        + &button(base, "unfollow", "", "取消关注", "")
}

fn menu_bar(base: &str, buttons: &Value) -> String {
    let name = |button: &Value| button["name"].as_str().unwrap_or_default().to_owned();
    let one = |button: &Value| button_of_menu(base, &name(button));
    let bar: String = buttons
        .as_array()
        .into_iter()
        .flatten()
        .map(|button| match button["sub_button"].as_array() {
            Some(inner) if !inner.is_empty() => {
                let inner: String = inner.iter().map(one).collect();
                format!(
                    "<details><summary>{}</summary>{inner}</details>",
                    escape(&name(button))
                )
            }
            _ => one(button),
        })
        .collect();
    format!("<div class=\"menu\">{bar}</div>")
}

fn button_of_menu(base: &str, name: &str) -> String {
    button(base, "tap", name, name, "")
}

fn mini_program_acts(sim: &Handle, base: &str, app_id: &str, person: &str) -> String {
    let templates = sim.with(|world| {
        let left = |template_id: &str| {
            let key = (person.to_owned(), template_id.to_owned());
            world.credits.get(&key).copied().unwrap_or(0)
        };
        world.apps.get(app_id).map_or(Vec::new(), |app| {
            let templates = app.spec.templates.iter();
            templates
                .map(|one| {
                    (
                        one.template_id.clone(),
                        one.title.clone(),
                        left(&one.template_id),
                    )
                })
                .collect()
        })
    });
    let mut acts = "<h3>打开小程序</h3><div class=\"row\">".to_owned();
    acts += &button(base, "login-code", "", "取登录码", "main");
    acts += &button(base, "phone-code", "", "取手机号授权码", "");
    acts += "</div>";
    for (template_id, title, left) in templates {
        acts.extend([
            "<h3>“",
            &escape(&title),
            "”是否允许发送通知（还可发 ",
            &left.to_string(),
            " 条）</h3><div class=\"row\">",
            &button(base, "accept", &template_id, "允许一次", ""),
            &button(base, "refuse", &template_id, "拒绝", ""),
            "</div>",
        ]);
    }
    acts + &field(base, "write", "给客服说点什么", "发送")
}

/// What somebody filled in.
#[derive(Deserialize)]
struct Filled {
    #[serde(default)]
    text: String,
}

#[post("/phones/{person}/{app_id}/{deed}")]
pub(super) async fn act(
    sim: Data<Handle>,
    path: Path<(String, String, String)>,
    filled: Form<Filled>,
) -> HttpResponse {
    let (person, app_id, deed) = path.into_inner();
    let text = filled.text.trim();
    let done = sim.with(|world| match deed.as_str() {
        "login-code" => world.login_code(&app_id, &person).map(Some),
        "phone-code" => world.phone_code(&app_id, &person).map(Some),
        other => deed_of(world, other, &app_id, &person, text).map(|()| None),
    });
    let back = chat_address(&person, &app_id);
    match done {
        Ok(None) => see(&back),
        Ok(Some(code)) => code_page(&back, &code),
        Err(unknown) => not_found(&unknown.to_string()),
    }
}

fn deed_of(
    world: &mut World,
    deed: &str,
    app_id: &str,
    person: &str,
    text: &str,
) -> Result<(), Unknown> {
    match deed {
        "follow" => world.follow(app_id, person, ""),
        "unfollow" => world.unfollow(app_id, person),
        "scan" => world.scan(app_id, person, text),
        "tap" => world.tap(app_id, person, text),
        "write" => world.write(app_id, person, text),
        "accept" => world.answer_popup(app_id, person, &[(text.to_owned(), true)]),
        "refuse" => world.answer_popup(app_id, person, &[(text.to_owned(), false)]),
        other => Err(Unknown::Button(other.to_owned())),
    }
}

/// A code, to be pasted where the real mini-program would send it. It is shown once: the page
/// does not fetch itself again.
fn code_page(back: &str, code: &str) -> HttpResponse {
    let style = super::STYLE;
    html(&format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>授权码</title>\
         <style>{style}</style><body><div class=\"phone\"><header class=\"bar\">\
         <span><a href=\"{}\">‹ 返回</a></span><span>授权码</span><span></span></header>\
         <main><p class=\"hint\">五分钟内有效，只能用一次。真的小程序会自动把它交给服务端。</p>\
         <p class=\"code\">{}</p></main></div></body></html>",
        escape(back),
        escape(code),
    ))
}
