//! Uploads, and what may be done with them afterwards.

use serde_json::{Value, json};

use super::{PAPER, STATION, World, code};

impl World {
    async fn upload(&self, app_id: &str, call: &str, part: &'static str) -> Value {
        let file = reqwest::multipart::Part::bytes(b"picture".to_vec()).file_name("a.png");
        let form = reqwest::multipart::Form::new().part(part, file);
        let token = self.token(app_id).await;
        let url = self.url(&format!("cgi-bin/media/{call}access_token={token}"));
        let request = self.client.post(url).multipart(form);
        let answer = request.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    async fn send_picture(&self, app_id: &str, media_id: &Value) -> i64 {
        let body = json!({
            "touser": self.handle().openid(app_id, "alice"),
            "msgtype": "image",
            "image": { "media_id": media_id },
        });
        code(&self.ask(app_id, "cgi-bin/message/custom/send", body).await)
    }
}

#[actix_web::test]
async fn an_upload_serves_its_own_account_for_three_days() {
    let world = World::start();
    world.handle().write(STATION, "alice", "在吗");
    world.handle().write(PAPER, "alice", "在吗");
    let uploaded = world.upload(STATION, "upload?type=image&", "media").await;
    assert_eq!(uploaded["type"], "image");
    let media_id = &uploaded["media_id"];

    assert_eq!(world.send_picture(STATION, media_id).await, 0);
    assert_eq!(world.send_picture(PAPER, media_id).await, 40007);
    assert_eq!(world.send_picture(STATION, &json!("invented")).await, 40007);
    world.pass(3 * 86_400);
    world.handle().write(STATION, "alice", "在吗");
    assert_eq!(world.send_picture(STATION, media_id).await, 40007);
}

#[actix_web::test]
async fn an_upload_needs_a_kind_and_a_file() {
    let world = World::start();
    let image = world.upload(STATION, "upload?type=image&", "file").await;
    assert_eq!(code(&image), 41005);
    let poem = world.upload(STATION, "upload?type=poem&", "media").await;
    assert_eq!(code(&poem), 40004);
    let url = world.upload(STATION, "uploadimg?", "media").await["url"].clone();
    assert!(
        url.as_str()
            .is_some_and(|url| url.starts_with("http://mmbiz."))
    );
}

#[actix_web::test]
async fn a_draft_needs_a_title_a_text_and_a_cover() {
    let world = World::start();
    let cover =
        world.upload(STATION, "upload?type=thumb&", "media").await["thumb_media_id"].clone();
    let draft = async |title: &str, content: &str, cover: &Value| {
        let article = json!({ "title": title, "content": content, "thumb_media_id": cover });
        let body = json!({ "articles": [article] });
        world.ask(STATION, "cgi-bin/draft/add", body).await
    };

    assert!(draft("通知", "正文", &cover).await["media_id"].is_string());
    assert_eq!(code(&draft("", "正文", &cover).await), 45003);
    assert_eq!(code(&draft("通知", "", &cover).await), 44004);
    assert_eq!(code(&draft("通知", "正文", &json!("x")).await), 40007);
    let none = json!({ "articles": [] });
    assert_eq!(
        code(&world.ask(STATION, "cgi-bin/draft/add", none).await),
        45008
    );
}
