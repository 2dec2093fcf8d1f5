//! The pieces chats are made of: cards, bubbles, remarks and the time above them.

use chrono::{DateTime, TimeDelta, Utc};

use super::escape;
use crate::sim::chat::{ChatLine, FAILURE, Speaker};
use crate::sim::record::Shown;
use crate::sim::reply::PassiveReply;
use crate::sim::state::beijing;

/// How far apart lines are that get a time of their own.
const PAUSE: TimeDelta = TimeDelta::minutes(5);

/// An instant as phones write it.
pub(super) fn clock(at: DateTime<Utc>) -> String {
    beijing(at).format("%-m月%-d日 %H:%M").to_string()
}

/// All lines, with the time wherever some passed.
pub(super) fn lines(person: &str, name: impl Fn(&str) -> String, chat: &[ChatLine]) -> String {
    let mut before: Option<DateTime<Utc>> = None;
    let mut out = String::new();
    for line in chat {
        if before.is_none_or(|before| before + PAUSE < line.at) {
            out.extend(["<time>", &clock(line.at), "</time>"]);
        }
        before = Some(line.at);
        out += &one_line(person, &name(&line.app_id), line);
    }
    out
}

fn one_line(person: &str, account: &str, line: &ChatLine) -> String {
    if let Some(message) = &line.message {
        return card(message);
    }
    if let Some(reply) = &line.reply {
        return reply_bubble(account, reply);
    }
    match line.speaker {
        Speaker::WeChat if line.text == FAILURE => {
            format!("<p class=\"remark bad\">{}</p>", escape(&line.text))
        }
        Speaker::WeChat => format!("<p class=\"remark\">{}</p>", escape(&line.text)),
        Speaker::Person => bubble("person", person, &line.text),
        Speaker::Account => bubble("account", account, &line.text),
    }
}

fn bubble(who: &str, name: &str, text: &str) -> String {
    let colour = if who == "person" { " green" } else { "" };
    format!(
        "<div class=\"says {who}\"><div class=\"head{colour}\">{}</div>\
         <div class=\"bubble\">{}</div></div>",
        initial(name),
        escape(text),
    )
}

fn reply_bubble(account: &str, reply: &PassiveReply) -> String {
    if reply.articles.is_empty() {
        return bubble("account", account, &reply.text);
    }
    let articles = reply.articles.iter().map(|(title, url)| {
        format!(
            "<article class=\"card\"><h2>{}</h2><div class=\"jump\">{}</div></article>",
            escape(title),
            escape(url),
        )
    });
    articles.collect::<Vec<_>>().concat()
}

/// The first character of a name, as a stand-in for a picture.
pub(super) fn initial(name: &str) -> String {
    escape(&name.chars().take(1).collect::<String>().to_uppercase())
}

/// A message as a phone shows it.
pub(super) fn card(shown: &Shown) -> String {
    let fields = shown.fields.iter().fold(String::new(), |lines, line| {
        lines + "<dt>" + &escape(&line.label) + "</dt><dd>" + &escape(&line.value) + "</dd>"
    });
    let body = match &shown.fields[..] {
        [only] if only.label.is_empty() => format!("<p>{}</p>", escape(&only.value)),
        _ => format!("<dl>{fields}</dl>"),
    };
    let title = if shown.title.is_empty() {
        String::new()
    } else {
        format!("<h2>{}</h2>", escape(&shown.title))
    };
    let jump = match (&shown.page, &shown.url) {
        (Some(page), _) => {
            format!(
                "<div class=\"jump\">进入小程序查看 ›<small>{}</small></div>",
                escape(page)
            )
        }
        (None, Some(url)) => {
            format!(
                "<div class=\"jump\">查看详情 ›<small>{}</small></div>",
                escape(url)
            )
        }
        (None, None) => String::new(),
    };
    format!(
        "<article class=\"card\"><div class=\"from\">{} · {}</div>{title}{body}{jump}</article>",
        escape(&shown.app_name),
        shown.kind.zh(),
    )
}

/// The last line in a few words.
pub(super) fn preview(line: &ChatLine) -> String {
    if let Some(message) = &line.message {
        let first = message.fields.first().map_or("", |field| &field.value);
        return if message.title.is_empty() {
            first.to_owned()
        } else {
            format!("[{}] {first}", message.title)
        };
    }
    match &line.reply {
        Some(reply) => reply
            .articles
            .first()
            .map_or_else(|| reply.text.clone(), |(title, _)| title.clone()),
        None => line.text.clone(),
    }
}
