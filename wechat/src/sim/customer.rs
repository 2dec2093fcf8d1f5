//! Customer-service messages: only somebody who just did something may be answered, and not often.

use serde_json::Value;

use super::SimKind;
use super::answer::{Ask, Outcome, Refused, done};
use super::messages::{given, plain};
use super::record::{Shown, ShownField, ShownKind};
use super::state::World;

/// What a message says on a phone, and what a tap on it opens.
struct Said {
    text: String,
    title: String,
    url: Option<String>,
    page: Option<(String, String)>,
}

impl Said {
    fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            title: String::new(),
            url: None,
            page: None,
        }
    }
}

/// `POST cgi-bin/message/custom/send`.
pub(super) fn send(world: &mut World, ask: &Ask) -> Outcome {
    let person = world.recipient(&ask.app_id, ask.text("touser"))?;
    let said = read(world, ask)?;
    let tie = world
        .tie(&ask.app_id, &person)
        .expect("the recipient is known here");
    if tie.blacklisted {
        return Err(Refused::new(43019, "require remove blacklist"));
    }
    match &mut tie.answers {
        Some((until, left)) if ask.now <= *until => {
            if *left == 0 {
                return Err(Refused::new(45047, "out of response count limit"));
            }
            *left -= 1;
        }
        _ => {
            return Err(Refused::new(
                45015,
                "response out of time limit or subscription is canceled",
            ));
        }
    }
    let msgid = world.next_msgid();
    let fields = vec![ShownField {
        label: String::new(),
        value: said.text,
    }];
    let (page_app_id, page) = said.page.unzip();
    let shown = Shown {
        title: said.title,
        url: said.url,
        page,
        page_app_id,
        kind: ShownKind::CustomerService,
        ..plain(world, ask, &person, fields, msgid)
    };
    world.show(shown);
    done()
}

fn read(world: &World, ask: &Ask) -> Result<Said, Refused> {
    let kind = ask.text("msgtype");
    let inside = &ask.body[kind];
    let empty = || Refused::new(44004, "empty content");
    match kind {
        "text" => {
            let content = given(&inside["content"]).ok_or_else(empty)?;
            if 2048 < content.len() {
                return Err(Refused::new(45002, "content size out of limit"));
            }
            Ok(Said::text(content))
        }
        "image" | "voice" | "video" | "mpnews" => {
            let media_id = inside["media_id"].as_str().unwrap_or_default();
            world.media_of(&ask.app_id, media_id, ask.now)?;
            Ok(Said::text(match kind {
                "image" => "[图片]",
                "voice" => "[语音]",
                "video" => "[视频]",
                _ => "[图文]",
            }))
        }
        "news" => {
            let articles = inside["articles"].as_array().map_or(&[][..], Vec::as_slice);
            let [article] = articles else {
                return Err(Refused::new(45008, "article size out of limit"));
            };
            Ok(Said {
                title: given(&article["title"]).ok_or_else(empty)?,
                text: given(&article["description"]).unwrap_or_default(),
                url: given(&article["url"]),
                page: None,
            })
        }
        "msgmenu" => {
            let items = inside["list"].as_array().map_or(&[][..], Vec::as_slice);
            let lines: Vec<&str> = std::iter::once(&inside["head_content"])
                .chain(items.iter().map(|item| &item["content"]))
                .chain(std::iter::once(&inside["tail_content"]))
                .filter_map(Value::as_str)
                .filter(|line| !line.is_empty())
                .collect();
            if lines.is_empty() {
                return Err(empty());
            }
            Ok(Said::text(lines.join("\n")))
        }
        "miniprogrampage" => {
            let page = given(&inside["pagepath"]).ok_or_else(empty)?;
            // A mini-program's own messages open itself and need not name it.
            let app_id = given(&inside["appid"]).unwrap_or_else(|| ask.app_id.clone());
            let has_pages = world
                .app(&app_id)
                .is_ok_and(|app| app.spec.kind == SimKind::MiniProgram);
            if !has_pages {
                return Err(Refused::new(40013, "invalid appid"));
            }
            Ok(Said {
                title: given(&inside["title"]).unwrap_or_default(),
                page: Some((app_id, page)),
                ..Said::text("[小程序]")
            })
        }
        "link" => Ok(Said {
            title: given(&inside["title"]).ok_or_else(empty)?,
            text: given(&inside["description"]).unwrap_or_default(),
            url: given(&inside["url"]),
            page: None,
        }),
        _ => Err(Refused::new(40008, "invalid message type")),
    }
}
