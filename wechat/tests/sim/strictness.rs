//! Careless calls: refused unless somebody says otherwise.

use serde_json::{Value, json};
use wechat::sim::{Settings, Strictness};

use super::{STATION, World, code};

impl World {
    /// Sends a body as it is; `typed` says what it is.
    async fn raw(&self, path: &str, body: &'static str, typed: bool) -> i64 {
        let token = self.token(STATION).await;
        let url = self.url(&format!("{path}access_token={token}"));
        let mut request = self.client.post(url).header("content-length", body.len());
        if typed {
            request = request.header("content-type", "application/json");
        }
        let answer = request.body(body).send().await.expect("an answer");
        code(&answer.json::<Value>().await.expect("JSON"))
    }

    fn bear(&self, change: impl FnOnce(&mut Strictness)) {
        self.handle()
            .change_settings(|settings: &mut Settings| change(&mut settings.strictness));
    }
}

const MENU: &str = "cgi-bin/menu/create?";

#[actix_web::test]
async fn each_carelessness_can_be_borne_by_itself() {
    let world = World::start();
    // 40016 says that the body was read and has no button.
    assert_eq!(world.raw(MENU, "", true).await, 44002);
    world.bear(|strictness| strictness.empty = false);
    assert_eq!(world.raw(MENU, "", true).await, 40016);

    assert_eq!(world.raw(MENU, "{", true).await, 47001);
    world.bear(|strictness| strictness.json = false);
    assert_eq!(world.raw(MENU, "{", true).await, 40016);

    let escaped = r#"{"button":"\u4e00"}"#;
    assert_eq!(world.raw(MENU, escaped, true).await, 40033);
    world.bear(|strictness| strictness.escapes = false);
    assert_eq!(world.raw(MENU, escaped, true).await, 40016);

    assert_eq!(world.raw(MENU, "{}", false).await, 47001);
    world.bear(|strictness| strictness.content_type = false);
    assert_eq!(world.raw(MENU, "{}", false).await, 40016);

    let extra = "cgi-bin/menu/create?debug=1&";
    assert_eq!(world.raw(extra, "{}", true).await, 40097);
    world.bear(|strictness| strictness.extra_parameters = false);
    assert_eq!(world.raw(extra, "{}", true).await, 40016);

    assert_eq!(world.raw("cgi-bin/menu/get?", "{}", true).await, 43001);
    world.bear(|strictness| strictness.method = false);
    assert_eq!(world.raw("cgi-bin/menu/get?", "{}", true).await, 46003);
}

#[actix_web::test]
async fn data_for_a_dotted_key_beside_its_plain_one_are_refused() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let data = json!({
        "thing1": { "value": "会" },
        "thing1.DATA": { "value": "会" },
        "time2": { "value": "15:00" },
    });
    let more = json!({ "data": data });

    assert_eq!(code(&world.send_notice("alice", more.clone()).await), 47003);
    world.bear(|strictness| strictness.dotted_keys = false);
    assert_eq!(code(&world.send_notice("alice", more).await), 0);
}

#[actix_web::test]
async fn a_body_without_a_length_can_be_borne() {
    use std::io::{Read, Write};
    let world = World::start();
    world.bear(|strictness| {
        *strictness = Strictness {
            length: false,
            ..Strictness::lenient()
        }
    });
    let address = world
        .sim
        .base_url()
        .trim_start_matches("http://")
        .to_owned();

    let answer = actix_web::rt::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).expect("a connection");
        let request = "POST /cgi-bin/stable_token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                       Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    });
    let answer = answer.await.expect("no panic");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("41002"),
        "{answer}"
    );
}
