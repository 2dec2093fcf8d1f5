//! Who opens a web page.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use wechat::error::{Class, Endpoint};
use wechat::oauth::{Grant, Scope, Visitor};
use wechat::{App, Client, Error};

use crate::fake::{APP_ID, Fake, SECRET, TOKEN, Told, refusal};
use crate::vectors::{entries, text, vectors};

const EXCHANGE: &str = "/sns/oauth2/access_token";
const REFRESH: &str = "/sns/oauth2/refresh_token";
const USER: &str = "/sns/userinfo";
const AUTH: &str = "/sns/auth";

fn answer(api: &str) -> Value {
    entries(&vectors("api_responses"), "cases")
        .into_iter()
        .find(|case| text(case, "api") == api)
        .unwrap()["body"]
        .clone()
}

async fn person(fake: &Fake) -> Grant {
    fake.tell_json(EXCHANGE, &answer("GET /sns/oauth2/access_token"));
    match fake.account().oauth_visitor("code-1").await.unwrap() {
        Visitor::Person(grant) => *grant,
        Visitor::Snapshot => panic!("a person was told"),
    }
}

#[actix_web::test]
async fn a_browser_is_sent_to_ask_in_the_order_wechat_compares() {
    let fake = Fake::start();
    let account = fake.account();
    let url = account
        .authorize_url(
            "https://a.example/wx/back?next=/a&b=1",
            Scope::Base,
            "Abc123",
        )
        .unwrap();
    assert_eq!(
        url,
        format!(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid={APP_ID}\
             &redirect_uri=https%3A%2F%2Fa.example%2Fwx%2Fback%3Fnext%3D%2Fa%26b%3D1\
             &response_type=code&scope=snsapi_base&state=Abc123#wechat_redirect"
        )
    );
    for state in ["a&b", "a b", "a#b", &"x".repeat(129)] {
        let refused = account.authorize_url("https://a.example", Scope::UserInfo, state);
        assert_eq!(refused.unwrap_err().field, "state");
    }

    let proxy = App {
        open_url: "http://127.0.0.1:9/".into(),
        ..App::new(APP_ID, SECRET.into())
    };
    let account = wechat::Account::new(proxy, Client::new(fake.options()).unwrap());
    let url = account
        .authorize_url("https://a.example", Scope::UserInfo, "")
        .unwrap();
    assert!(
        url.starts_with("http://127.0.0.1:9/connect/oauth2/authorize?"),
        "{url}"
    );
    assert!(
        url.ends_with("&scope=snsapi_userinfo&state=#wechat_redirect"),
        "{url}"
    );
}

#[actix_web::test]
async fn a_code_tells_who_opened_the_page_without_touching_our_token() {
    let fake = Fake::start();
    let grant = person(&fake).await;
    assert_eq!((grant.openid.as_str(), grant.expires_in), ("OPENID", 7200));
    assert_eq!(grant.unionid, None);
    assert_eq!(grant.access_token.expose_secret(), "ACCESS_TOKEN");
    let shown = format!("{grant:?}");
    assert!(
        !shown.contains("ACCESS_TOKEN") && !shown.contains("REFRESH_TOKEN"),
        "{shown}"
    );

    let seen = fake.only(EXCHANGE);
    assert_eq!(seen.query["code"], "code-1");
    assert_eq!(seen.query["secret"], SECRET);
    assert_eq!(seen.query["grant_type"], "authorization_code");
    assert_eq!(fake.seen(TOKEN).len(), 0);
}

#[actix_web::test]
async fn a_preview_has_no_openid_anybody_could_be_bound_to() {
    for flag in [json!(1), json!("1"), json!(true)] {
        let mut body = answer("GET /sns/oauth2/access_token");
        body["is_snapshotuser"] = flag;
        let fake = Fake::start();
        fake.tell_json(EXCHANGE, &body);
        let visitor = fake.account().oauth_visitor("code").await.unwrap();
        assert!(matches!(visitor, Visitor::Snapshot), "{visitor:?}");
    }
    for flag in [json!(0), json!(null), json!("")] {
        let mut body = answer("GET /sns/oauth2/access_token");
        body["is_snapshotuser"] = flag;
        let fake = Fake::start();
        fake.tell_json(EXCHANGE, &body);
        let visitor = fake.account().oauth_visitor("code").await.unwrap();
        assert!(matches!(visitor, Visitor::Person(_)), "{visitor:?}");
    }
}

#[actix_web::test]
async fn a_code_is_never_tried_twice() {
    let fake = Fake::start();
    fake.tell(EXCHANGE, Told::silent());
    fake.tell_json(EXCHANGE, &refusal(40163));
    fake.tell_json(EXCHANGE, &refusal(40001));
    let account = fake.impatient();

    let endpoint = Endpoint::OauthToken;
    let silent = account.oauth_visitor("code").await.unwrap_err();
    assert_eq!(silent, Error::CodeMaybeBurnt { endpoint });
    let used = account.oauth_visitor("code").await.unwrap_err();
    assert_eq!(
        used.api().map(|error| error.class),
        Some(Class::OneTimeCode)
    );
    let secret = account.oauth_visitor("code").await.unwrap_err();
    assert_eq!(secret.api().map(|error| error.class), Some(Class::Config));
    assert_eq!(fake.seen(EXCHANGE).len(), 3);
}

#[actix_web::test]
async fn what_a_person_granted_is_renewed_used_and_looked_at() {
    let fake = Fake::start();
    let grant = person(&fake).await;
    fake.tell_json(REFRESH, &answer("GET /sns/oauth2/access_token"));
    fake.tell_json(USER, &answer("GET /sns/userinfo"));
    fake.tell_json(AUTH, &json!({ "errcode": 0, "errmsg": "ok" }));
    fake.tell_json(AUTH, &refusal(40003));
    fake.tell_json(AUTH, &refusal(-1));
    let account = fake.account();

    let renewed = account.oauth_refresh(&grant.refresh_token).await.unwrap();
    assert!(matches!(renewed, Visitor::Person(_)));
    assert_eq!(fake.only(REFRESH).query["refresh_token"], "REFRESH_TOKEN");
    assert_eq!(fake.only(REFRESH).query.get("secret"), None);

    let user = account.oauth_user_info(&grant).await.unwrap();
    assert_eq!(user.nickname.as_deref(), Some("NICKNAME"));
    assert_eq!(
        user.unionid.as_deref(),
        Some("o6_bmasdasdsad6_2sgVt7hMZOPfL")
    );
    assert!(!format!("{user:?}").contains("NICKNAME"));
    assert_eq!(fake.only(USER).query["access_token"], "ACCESS_TOKEN");

    assert_eq!(account.oauth_is_valid(&grant).await, Ok(true));
    assert_eq!(account.oauth_is_valid(&grant).await, Ok(false));
    assert!(account.oauth_is_valid(&grant).await.is_err());
    assert_eq!(
        fake.seen(TOKEN).len(),
        0,
        "these tokens are people's, not ours"
    );
}

#[actix_web::test]
async fn a_person_s_dead_token_does_not_cost_us_our_own() {
    let fake = Fake::start();
    let grant = person(&fake).await;
    fake.tell_json(USER, &refusal(42001));
    let error = fake.account().oauth_user_info(&grant).await.unwrap_err();
    assert_eq!(error.api().map(|error| error.code), Some(42001));
    assert_eq!((fake.seen(USER).len(), fake.seen(TOKEN).len()), (1, 0));
}
