//! Pages for people: who has a phone, what is on it, and buttons to act as its owner. They keep
//! themselves up to date, so that a newcomer can watch a notice arrive.
//!
//! Everything is written on the server; nothing is fetched from elsewhere.

mod chat;
mod home;
mod oauth;
mod parts;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::web::ServiceConfig;

pub(super) use oauth::authorize;

const STYLE: &str = include_str!("pages/style.css");
const SCRIPT: &str = include_str!("pages/live.js");
/// Nothing from anywhere else, whatever a message says.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(home::people_without_slash)
        .service(home::list_people)
        .service(home::add_person)
        .service(chat::show_notices)
        .service(home::show_phone)
        .service(chat::show_chat)
        .service(chat::act);
}

/// A page as a phone shows it.
struct Page<'a> {
    title: &'a str,
    /// Address and name of the page before it.
    back: Option<(&'a str, &'a str)>,
    /// In small letters beside the title.
    aside: &'a str,
    /// What keeps itself up to date.
    live: &'a str,
    /// The newest stands at the end of it.
    chat: bool,
    /// Forms and buttons below it.
    acts: &'a str,
}

impl Page<'_> {
    fn answer(&self) -> HttpResponse {
        let title = escape(self.title);
        let back = self.back.map_or(String::new(), |(address, name)| {
            format!("<a href=\"{}\">‹ {}</a>", escape(address), escape(name))
        });
        let chat = if self.chat { " data-chat" } else { "" };
        let acts = if self.acts.is_empty() {
            String::new()
        } else {
            format!("<section class=\"acts\">{}</section>", self.acts)
        };
        html(&format!(
            "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><style>{STYLE}</style>\
             <body><div class=\"phone\"><header class=\"bar\"><span>{back}</span>\
             <span>{title}</span><span>{}</span></header>\
             <main id=\"live\"{chat}>{}</main>{acts}</div><script>{SCRIPT}</script></body></html>",
            escape(self.aside),
            self.live,
        ))
    }
}

fn html(text: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(text.to_owned())
}

fn not_found(why: &str) -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/plain; charset=utf-8")
        .body(why.to_owned())
}

fn see(address: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header(("Location", address))
        .finish()
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

/// The home screen of a person's phone.
fn phone_address(person: &str) -> String {
    format!("/sim/phones/{}.html", segment(person))
}

/// A person's chat with an account.
fn chat_address(person: &str, app_id: &str) -> String {
    format!("/sim/phones/{}/{}.html", segment(person), segment(app_id))
}

/// A person's service notices.
fn notices_address(person: &str) -> String {
    format!("/sim/phones/{}/notices.html", segment(person))
}
