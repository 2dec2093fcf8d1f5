//! WeChat's own page before a web page learns who looks at it. On a phone it passes at once; here
//! somebody says first whose phone it is.

use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};

use super::{Page, escape, not_found, segment};
use crate::sim::handle::Handle;
use crate::sim::oauth::Authorize;

#[get("/connect/oauth2/authorize")]
pub(in crate::sim) async fn authorize(sim: Data<Handle>, ask: Query<Authorize>) -> HttpResponse {
    if let Some(person) = ask.person.as_deref() {
        return match sim.with(|world| world.authorize(&ask, person)) {
            Ok(target) => HttpResponse::Found()
                .insert_header(("Location", target))
                .finish(),
            Err(why) => not_found(why),
        };
    }
    let people: Vec<String> = sim
        .people()
        .iter()
        .map(|person| {
            let address = format!(
                "/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope={}\
                 &state={}&person={}",
                segment(&ask.appid),
                segment(&ask.redirect_uri),
                segment(&ask.scope),
                segment(&ask.state),
                segment(&person.key),
            );
            format!(
                "<li><a href=\"{}\"><div>{}</div></a></li>",
                escape(&address),
                escape(&person.key)
            )
        })
        .collect();
    let live = format!(
        "<p class=\"hint\">以谁的身份打开这个网页？</p><ul class=\"list\">{}</ul>",
        people.concat()
    );
    Page {
        title: "微信登录",
        back: None,
        aside: "",
        live: &live,
        chat: false,
        acts: "",
    }
    .answer()
}
