//! A mini-program's login: codes, session keys, phone numbers and codes to scan.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{MINI, MINI_TWO, PAPER, STATION, World, code};

impl World {
    async fn session(&self, app_id: &str, js_code: &str) -> Value {
        self.get(&format!(
            "sns/jscode2session?appid={app_id}&secret=secret-of-{app_id}&js_code={js_code}\
             &grant_type=authorization_code"
        ))
        .await
    }

    async fn phone_number(&self, app_id: &str, body: Value) -> Value {
        let token = self.token(app_id).await;
        let path = format!("wxa/business/getuserphonenumber?access_token={token}");
        self.post(&path, body).await
    }

    async fn session_call(&self, call: &str, key: &str) -> Value {
        let token = self.token(MINI).await;
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key");
        let signature = hex::encode(mac.finalize().into_bytes());
        let openid = self.handle().openid(MINI, "alice");
        self.get(&format!(
            "wxa/{call}?access_token={token}&openid={openid}&signature={signature}\
             &sig_method=hmac_sha256"
        ))
        .await
    }
}

#[actix_web::test]
async fn a_login_code_works_once() {
    let world = World::start();
    let js_code = world.handle().login_code(MINI, "alice");

    let session = world.session(MINI, &js_code).await;
    assert_eq!(session["openid"], world.handle().openid(MINI, "alice"));
    assert_eq!(
        session["unionid"],
        json!(world.handle().unionid(STATION, "alice"))
    );
    assert_eq!(world.handle().unionid(PAPER, "alice"), None);
    assert_eq!(code(&world.session(MINI, &js_code).await), 40163);
}

#[actix_web::test]
async fn a_login_code_is_good_for_five_minutes_and_one_mini_program() {
    let world = World::start();
    let late = world.handle().login_code(MINI, "alice");
    world.pass(301);

    assert_eq!(code(&world.session(MINI, &late).await), 40029);
    assert_eq!(code(&world.session(MINI, "invented").await), 40029);
    let fresh = world.handle().login_code(MINI, "alice");
    assert_eq!(code(&world.session(MINI_TWO, &fresh).await), 40029);
    let phone = world.handle().phone_code("alice");
    assert_eq!(code(&world.session(MINI, &phone).await), 40029);
}

#[actix_web::test]
async fn a_phone_code_yields_the_number_once() {
    let world = World::start();
    let phone_code = world.handle().phone_code_in(MINI, "alice");

    assert_eq!(
        code(
            &world
                .phone_number(MINI_TWO, json!({ "code": phone_code }))
                .await
        ),
        40013
    );
    let bo = world.handle().openid(MINI, "bo");
    let wrong = json!({ "code": phone_code, "openid": bo });
    assert_eq!(code(&world.phone_number(MINI, wrong).await), 40029);
    let alice = world.handle().openid(MINI, "alice");
    let right = json!({ "code": phone_code, "openid": alice });
    let answer = world.phone_number(MINI, right.clone()).await;
    assert_eq!(
        answer["phone_info"],
        json!({
            "phoneNumber": "13800000001",
            "purePhoneNumber": "13800000001",
            "countryCode": "86",
            "watermark": { "timestamp": super::noon().timestamp(), "appid": MINI },
        })
    );
    assert_eq!(code(&world.phone_number(MINI, right).await), 40163);
}

#[actix_web::test]
async fn a_session_key_is_checked_and_replaced() {
    let world = World::start();
    assert_eq!(
        code(&world.session_call("resetusersessionkey", "guess").await),
        87007
    );
    let js_code = world.handle().login_code(MINI, "alice");
    let session = world.session(MINI, &js_code).await;
    let key = session["session_key"].as_str().expect("a key");

    assert_eq!(code(&world.session_call("checksession", key).await), 0);
    assert_eq!(
        code(&world.session_call("checksession", "guess").await),
        87009
    );
    let reset = world.session_call("resetusersessionkey", key).await;
    assert_ne!(reset["session_key"], session["session_key"]);
    assert_eq!(code(&world.session_call("checksession", key).await), 87009);
}

#[actix_web::test]
async fn a_later_login_may_change_the_session_key() {
    let world = World::start();
    let login = async || {
        let js_code = world.handle().login_code(MINI, "alice");
        world.session(MINI, &js_code).await["session_key"].clone()
    };

    world.handle().set_session_rotation(0.0);
    let first = login().await;
    assert_eq!(login().await, first);
    world.handle().set_session_rotation(1.0);
    assert_ne!(login().await, first);
}

#[actix_web::test]
async fn a_mini_program_code_is_a_picture_unless_something_is_wrong() {
    let world = World::start();
    let token = world.token(MINI).await;
    let path = format!("wxa/getwxacodeunlimit?access_token={token}");
    world
        .handle()
        .set_pages(MINI, Some(vec!["pages/sign/index".to_owned()]));
    let ask = async |body: Value| code(&world.post(&path, body).await);

    let good = json!({ "scene": "a=1", "page": "pages/sign/index", "width": 430 });
    let picture = world
        .client
        .post(world.url(&path))
        .json(&good)
        .send()
        .await
        .expect("an answer");
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert!(
        picture
            .bytes()
            .await
            .expect("bytes")
            .starts_with(b"\x89PNG")
    );
    assert_eq!(ask(json!({ "scene": "" })).await, 40169);
    assert_eq!(ask(json!({ "scene": "x".repeat(33) })).await, 40169);
    assert_eq!(ask(json!({ "scene": "活动" })).await, 40129);
    assert_eq!(ask(json!({ "scene": "50%" })).await, 40129);
    assert_eq!(
        ask(json!({ "scene": "a", "page": "pages/other" })).await,
        41030
    );
    assert_eq!(
        ask(json!({ "scene": "a", "page": "/pages/sign/index" })).await,
        41030
    );
    assert_eq!(ask(json!({ "scene": "a", "width": 100 })).await, 40097);
}

#[actix_web::test]
async fn a_text_is_checked_only_for_somebody_who_was_here_lately() {
    let world = World::start();
    let check = async |content: &str| {
        let path = format!("wxa/msg_sec_check?access_token={}", world.token(MINI).await);
        let openid = world.handle().openid(MINI, "alice");
        let body = json!({ "version": 2, "scene": 2, "openid": openid, "content": content });
        world.post(&path, body).await
    };

    assert_eq!(code(&check("你好").await), 61010);
    world.handle().login_code(MINI, "alice");
    assert_eq!(
        check("你好").await["result"],
        json!({ "suggest": "pass", "label": 100 })
    );
    assert_eq!(check("违规内容").await["result"]["suggest"], "risky");
    assert_eq!(check("存疑内容").await["result"]["suggest"], "review");
    world.pass(2 * 3600 + 1);
    assert_eq!(code(&check("你好").await), 61010);
}
