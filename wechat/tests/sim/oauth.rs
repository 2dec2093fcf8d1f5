//! Web pages in WeChat's browser: codes, what they buy, and for how long.

use serde_json::Value;

use super::{MINI, STATION, World, code};

impl World {
    async fn redeem(&self, page_code: &str) -> Value {
        self.get(&format!(
            "sns/oauth2/access_token?appid={STATION}&secret=secret-of-{STATION}&code={page_code}\
             &grant_type=authorization_code"
        ))
        .await
    }

    async fn profile(&self, call: &str, token: &Value, person: &str) -> Value {
        let token = token["access_token"].as_str().expect("a token");
        let openid = self.handle().openid(STATION, person);
        self.get(&format!("sns/{call}?access_token={token}&openid={openid}"))
            .await
    }

    async fn refresh(&self, token: &Value) -> Value {
        let refresh = token["refresh_token"].as_str().expect("a token");
        self.get(&format!(
            "sns/oauth2/refresh_token?appid={STATION}&grant_type=refresh_token\
             &refresh_token={refresh}"
        ))
        .await
    }
}

#[actix_web::test]
async fn a_page_learns_who_looks_at_it_once() {
    let world = World::start();
    let page_code = world.handle().page_code(STATION, "alice", false);

    let token = world.redeem(&page_code).await;
    assert_eq!(token["openid"], world.handle().openid(STATION, "alice"));
    assert_eq!(token["scope"], "snsapi_base");
    assert_eq!(token.get("unionid"), None);
    assert_eq!(code(&world.redeem(&page_code).await), 40163);
    assert_eq!(code(&world.profile("auth", &token, "alice").await), 0);
    assert_eq!(code(&world.profile("auth", &token, "bo").await), 40003);
    assert_eq!(
        code(&world.profile("userinfo", &token, "alice").await),
        48001
    );
}

#[actix_web::test]
async fn only_a_page_that_asks_for_the_profile_gets_it() {
    let world = World::start();
    let page_code = world.handle().page_code(STATION, "alice", true);

    let token = world.redeem(&page_code).await;
    let unionid = world.handle().unionid(MINI, "alice").expect("a unionid");
    assert_eq!(token["unionid"], unionid.as_str());
    let profile = world.profile("userinfo", &token, "alice").await;
    assert_eq!(profile["unionid"], unionid.as_str());
    assert_eq!(profile["nickname"], "微信用户");
}

#[actix_web::test]
async fn the_kinds_of_codes_are_not_interchangeable_and_all_grow_old() {
    let world = World::start();
    let login = world.handle().login_code(MINI, "alice");
    let page_code = world.handle().page_code(STATION, "alice", false);

    assert_eq!(code(&world.redeem(&login).await), 40029);
    let path = format!(
        "sns/jscode2session?appid={MINI}&secret=secret-of-{MINI}&js_code={page_code}\
         &grant_type=authorization_code"
    );
    assert_eq!(code(&world.get(&path).await), 40029);
    assert_eq!(code(&world.redeem("").await), 41008);
    world.pass(301);
    assert_eq!(code(&world.redeem(&page_code).await), 40029);
}

#[actix_web::test]
async fn a_page_s_token_ends_after_two_hours_and_its_renewal_after_thirty_days() {
    let world = World::start();
    let page_code = world.handle().page_code(STATION, "alice", false);
    let token = world.redeem(&page_code).await;

    world.pass(7200);
    assert_eq!(code(&world.profile("auth", &token, "alice").await), 42001);
    let renewed = world.refresh(&token).await;
    assert_eq!(code(&world.profile("auth", &renewed, "alice").await), 0);
    world.pass(30 * 86_400);
    assert_eq!(code(&world.refresh(&token).await), 42002);
    let foreign = serde_json::json!({ "refresh_token": "invented" });
    assert_eq!(code(&world.refresh(&foreign).await), 40030);
}

#[actix_web::test]
async fn a_preview_is_nobody_in_particular() {
    let world = World::start();
    world.handle().set_snapshot("alice", true);
    let page_code = world.handle().page_code(STATION, "alice", true);

    assert_eq!(world.redeem(&page_code).await["is_snapshotuser"], 1);
    let page_code = world.handle().page_code(STATION, "bo", true);
    assert_eq!(world.redeem(&page_code).await.get("is_snapshotuser"), None);
}

#[actix_web::test]
async fn wechat_s_page_sends_the_browser_back_with_code_and_state() {
    let world = World::start();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let ask = async |app_id: &str, scope: &str, person: &str| {
        let url = format!(
            "connect/oauth2/authorize?appid={app_id}&redirect_uri=https%3A%2F%2Fexample.org%2Fin%3Fa%3D1\
             &response_type=code&scope={scope}&state=s%261{person}"
        );
        client.get(world.url(&url)).send().await.expect("an answer")
    };

    let choose = ask(STATION, "snsapi_base", "").await.text().await;
    assert!(choose.expect("a page").contains("person=alice"));
    let sent = ask(STATION, "snsapi_base", "&person=alice").await;
    let target = sent.headers()["location"].to_str().expect("text");
    assert!(target.starts_with("https://example.org/in?a=1&code=0"));
    assert!(target.ends_with("&state=s%261"));
    let page_code = target
        .split_once("code=")
        .and_then(|(_, rest)| rest.split_once('&'))
        .expect("a code")
        .0;
    let token = world.redeem(page_code).await;
    assert_eq!(token["openid"], world.handle().openid(STATION, "alice"));
    let status = async |app_id: &str, scope: &str| {
        ask(app_id, scope, "&person=alice").await.status().as_u16()
    };
    assert_eq!(status(STATION, "snsapi_all").await, 404);
    assert_eq!(status(MINI, "snsapi_base").await, 404);
}
