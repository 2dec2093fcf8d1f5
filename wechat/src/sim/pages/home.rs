//! Who has a phone, and the home screen of one.

use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;

use super::parts::{card, clock, initial, preview};
use super::{Page, chat_address, escape, not_found, notices_address, phone_address, see};
use crate::sim::SimKind;
use crate::sim::chat::ChatLine;
use crate::sim::handle::Handle;
use crate::sim::people::PersonSpec;

/// How many messages the home screen shows in full.
const LATEST: usize = 3;

#[get("")]
pub(super) async fn people_without_slash() -> HttpResponse {
    see("/sim/")
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

#[get("/")]
pub(super) async fn list_people(sim: Data<Handle>, search: Query<Search>) -> HttpResponse {
    let names = sim.app_names();
    let shown = sim.all_shown();
    let entries: Vec<String> = sim
        .people()
        .iter()
        .filter(|person| person.key.contains(&search.q) || person.phone.contains(&search.q))
        .map(|person| {
            let count = shown
                .iter()
                .filter(|shown| shown.person == person.key)
                .count();
            let follows: Vec<&str> = person
                .following
                .iter()
                .filter_map(|app_id| names.get(app_id).map(String::as_str))
                .collect();
            let follows = if follows.is_empty() {
                "没有关注公众号".to_owned()
            } else {
                format!("关注：{}", follows.join("、"))
            };
            format!(
                "<li><a href=\"{}\"><span class=\"head green\">{}</span><div>{}的手机\
                 <p class=\"preview\">{}</p></div><span class=\"when\">{count} 条消息</span></a></li>",
                phone_address(&person.key),
                initial(&person.key),
                escape(&person.key),
                escape(&follows),
            )
        })
        .collect();
    let list = if entries.is_empty() {
        "<li><a>没有这样的人。</a></li>".to_owned()
    } else {
        entries.concat()
    };
    let live = format!(
        "<p class=\"hint\">这里没有真的微信：所有消息只到下面这些模拟的手机。点开一部手机，\
         可以替它的主人关注、扫码、点菜单、说话。</p><ul class=\"list\">{list}</ul>"
    );
    let acts = format!(
        "<form method=\"get\" action=\"/sim/\"><input name=\"q\" value=\"{}\" \
         placeholder=\"按称呼或手机号找人\"><button>查找</button></form>\
         <form method=\"post\" action=\"/sim/new-phone\"><input name=\"key\" required \
         placeholder=\"称呼\"><input name=\"phone\" required pattern=\"1[0-9]{{10}}\" \
         placeholder=\"手机号\"><button>添一部手机</button></form>",
        escape(&search.q),
    );
    Page {
        title: "微信模拟器",
        back: None,
        aside: &clock(sim.now()),
        live: &live,
        chat: false,
        acts: &acts,
    }
    .answer()
}

#[derive(Deserialize)]
struct NewPerson {
    key: String,
    phone: String,
}

#[post("/new-phone")]
pub(super) async fn add_person(sim: Data<Handle>, new: Form<NewPerson>) -> HttpResponse {
    let key = new.key.trim();
    if key.is_empty() {
        return see("/sim/");
    }
    let phone = new.phone.trim();
    sim.add_person(PersonSpec { key, phone });
    see(&phone_address(key))
}

#[get("/phones/{person}.html")]
pub(super) async fn show_phone(sim: Data<Handle>, person: Path<String>) -> HttpResponse {
    let view = match sim.with(|world| world.person_view(&person)) {
        Ok(view) => view,
        Err(unknown) => return not_found(&unknown.to_string()),
    };
    let apps = sim.with(|world| {
        let app = |app: &crate::sim::state::App| {
            let spec = &app.spec;
            (spec.app_id.clone(), spec.name.clone(), spec.kind)
        };
        world.apps.values().map(app).collect::<Vec<_>>()
    });
    let entry = |address: &str, name: &str, colour: &str, last: Option<&ChatLine>, none: &str| {
        let words = last.map_or_else(|| none.to_owned(), preview);
        format!(
            "<li><a href=\"{address}\"><span class=\"head{colour}\">{}</span><div>{}\
             <p class=\"preview\">{}</p></div><span class=\"when\">{}</span></a></li>",
            initial(name),
            escape(name),
            escape(&words),
            last.map_or_else(String::new, |line| clock(line.at)),
        )
    };
    let notices = sim.notices(&person);
    let mut chats = entry(
        &notices_address(&person),
        "服务通知",
        " green",
        notices.last(),
        "小程序的订阅消息会到这里",
    );
    for (app_id, name, kind) in &apps {
        let none = match kind {
            SimKind::MiniProgram => "小程序：登录、授权手机号、允许通知",
            _ if view.following.contains(app_id) => "已关注",
            _ => "未关注",
        };
        let chat = sim.chat(app_id, &person);
        let address = chat_address(&person, app_id);
        chats += &entry(&address, name, "", chat.last(), none);
    }
    let phone = sim.phone(&person);
    let latest: Vec<String> = phone
        .iter()
        .rev()
        .take(LATEST)
        .map(|shown| format!("<time>{}</time>{}", clock(shown.at), card(shown)))
        .collect();
    let latest = if latest.is_empty() {
        "<p class=\"remark\">还没有消息。</p>".to_owned()
    } else {
        latest.concat()
    };
    let live = format!(
        "<ul class=\"list\">{chats}</ul><p class=\"hint\">最近收到的消息（共 {} 条）</p>{latest}",
        phone.len(),
    );
    Page {
        title: &format!("{person}的手机"),
        back: Some(("/sim/", "所有")),
        aside: &clock(sim.now()),
        live: &live,
        chat: false,
        acts: "",
    }
    .answer()
}
