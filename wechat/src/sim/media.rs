//! Uploads: temporary media, pictures for articles, and drafts of articles. The files themselves
//! are thrown away.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::answer::{Ask, Outcome, Refused, bare};
use super::state::World;

/// How long temporary media can be used.
const LIFE: TimeDelta = TimeDelta::days(3);
/// Drafts stay.
const FOR_EVER: TimeDelta = TimeDelta::days(36_500);

fn need_file(ask: &Ask) -> Result<(), Refused> {
    let has = |wanted: &[u8]| {
        ask.bytes
            .windows(wanted.len())
            .any(|window| window == wanted)
    };
    if has(b"name=\"media\"") && has(b"filename=") {
        Ok(())
    } else {
        Err(Refused::new(41005, "media data missing"))
    }
}

/// `POST cgi-bin/media/upload`.
pub(super) fn upload(world: &mut World, ask: &Ask) -> Outcome {
    let kind = ask.param("type");
    if !["image", "voice", "video", "thumb"].contains(&kind) {
        return Err(Refused::new(40004, "invalid media type"));
    }
    need_file(ask)?;
    let media_id = world.keep_media(ask, LIFE);
    // A thumb has a name of its own for it.
    let name = if kind == "thumb" {
        "thumb_media_id"
    } else {
        "media_id"
    };
    bare(json!({ "type": kind, name: media_id, "created_at": ask.now.timestamp() }))
}

/// `POST cgi-bin/media/uploadimg`: an address for use in articles only.
pub(super) fn upload_image(world: &mut World, ask: &Ask) -> Outcome {
    need_file(ask)?;
    let name = world.random_text(43);
    bare(json!({ "url": format!("http://mmbiz.qpic.cn/mmbiz_png/{name}/0") }))
}

/// `POST cgi-bin/draft/add`: one to eight articles.
pub(super) fn add_draft(world: &mut World, ask: &Ask) -> Outcome {
    let articles = ask.body["articles"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if articles.is_empty() || 8 < articles.len() {
        return Err(Refused::new(45008, "article size out of limit"));
    }
    for article in articles {
        let text = |field: &str| article[field].as_str().unwrap_or_default();
        if text("title").is_empty() || 64 < text("title").chars().count() {
            return Err(Refused::new(45003, "title size out of limit"));
        }
        if text("content").is_empty() {
            return Err(Refused::new(44004, "empty content"));
        }
        // Articles with pictures instead of a text body have no cover of their own.
        if text("article_type") != "newspic" {
            world.media_of(&ask.app_id, text("thumb_media_id"), ask.now)?;
        }
    }
    let media_id = world.keep_media(ask, FOR_EVER);
    bare(json!({ "media_id": media_id }))
}

impl World {
    fn keep_media(&mut self, ask: &Ask, life: TimeDelta) -> String {
        let media_id = self.random_text(64);
        let key = (ask.app_id.clone(), media_id.clone());
        self.media.insert(key, ask.now + life);
        media_id
    }

    /// Refuses a `media_id` that is another account's, past, or none.
    pub fn media_of(
        &self,
        app_id: &str,
        media_id: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Refused> {
        self.media
            .get(&(app_id.to_owned(), media_id.to_owned()))
            .filter(|until| now < **until)
            .map(|_| ())
            .ok_or_else(|| Refused::new(40007, "invalid media_id"))
    }
}
