//! Two small pages for people: who has a phone, and what is on it. They reload by themselves, so
//! that a newcomer can watch a notice arrive.

use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpResponse, get};

use super::handle::Handle;
use super::record::Shown;
use super::state::beijing;

const STYLE: &str = "\
body{margin:0;background:#ededed;color:#191919;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei',sans-serif}\
main{max-width:26rem;margin:0 auto;padding:1rem}\
header{background:#f7f7f7;border-bottom:1px solid #ddd;text-align:center;padding:.6rem;font-weight:600}\
a{color:#576b95;text-decoration:none}\
article,li{background:#fff;border-radius:.5rem;margin:.5rem 0;padding:.8rem 1rem;list-style:none}\
ul{padding:0}h2{font-size:1.05rem;margin:.2rem 0 .6rem}\
time{display:block;text-align:center;color:#999;font-size:.8rem;margin-top:1rem}\
.from{color:#888;font-size:.85rem}dl{display:grid;grid-template-columns:6rem 1fr;margin:0;row-gap:.2rem}\
dt{color:#888}dd{margin:0;overflow-wrap:anywhere}.jump{border-top:1px solid #eee;margin-top:.6rem;padding-top:.4rem;color:#576b95;overflow-wrap:anywhere}";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(people_without_slash)
        .service(people)
        .service(phone);
}

fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut escaped, c| {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                other => escaped.push(other),
            }
            escaped
        })
}

fn page(title: &str, body: &str) -> HttpResponse {
    let title = escape(title);
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(format!(
            "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"refresh\" content=\"3\"><title>{title}</title>\
         <style>{STYLE}</style><header>{title}</header><main>{body}</main></html>"
        ))
}

/// A key as one segment of an address.
fn segment(key: &str) -> String {
    key.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
        out
    })
}

#[get("")]
async fn people_without_slash() -> HttpResponse {
    HttpResponse::Found()
        .insert_header(("Location", "/sim/"))
        .finish()
}

#[get("/")]
async fn people(sim: Data<Handle>) -> HttpResponse {
    let names = sim.app_names();
    let shown = sim.all_shown();
    let entries: Vec<String> = sim
        .people()
        .iter()
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
                "<li><a href=\"/sim/phones/{}.html\">{}的手机</a>（{count} 条消息）\
                 <div class=\"from\">{}</div></li>",
                segment(&person.key),
                escape(&person.key),
                escape(&follows),
            )
        })
        .collect();
    let list = if entries.is_empty() {
        "<li>还没有人。</li>".to_owned()
    } else {
        entries.concat()
    };
    let body = format!(
        "<p class=\"from\">这里没有真的微信：所有消息只到下面这些模拟的手机。</p><ul>{list}</ul>"
    );
    page("微信模拟器", &body)
}

#[get("/phones/{person}.html")]
async fn phone(sim: Data<Handle>, person: Path<String>) -> HttpResponse {
    if let Err(unknown) = sim.with(|world| world.person_view(&person)) {
        return HttpResponse::NotFound()
            .content_type("text/plain")
            .body(unknown.to_string());
    }
    let messages: String = sim.phone(&person).iter().rev().map(message).collect();
    let messages = if messages.is_empty() {
        "<article>还没有消息。</article>".to_owned()
    } else {
        messages
    };
    page(
        &format!("{person}的手机"),
        &format!("<p><a href=\"/sim/\">所有手机</a></p>{messages}"),
    )
}

fn message(shown: &Shown) -> String {
    let lines = shown.fields.iter().fold(String::new(), |lines, line| {
        lines + "<dt>" + &escape(&line.label) + "</dt><dd>" + &escape(&line.value) + "</dd>"
    });
    let jump = match (&shown.page, &shown.url) {
        (Some(page), _) => format!("<div class=\"jump\">进入小程序查看：{}</div>", escape(page)),
        (None, Some(url)) => format!("<div class=\"jump\">查看详情：{}</div>", escape(url)),
        (None, None) => String::new(),
    };
    format!(
        "<time>{}</time><article><div class=\"from\">{} · {}</div><h2>{}</h2><dl>{lines}</dl>{jump}</article>",
        beijing(shown.at).format("%-m月%-d日 %H:%M"),
        escape(&shown.app_name),
        shown.kind.zh(),
        escape(&shown.title),
    )
}
