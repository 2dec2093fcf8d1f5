//! What an operator asks WeChat.

use serde_json::{Value, json};
use wechat::Error;
use wechat::error::{Class, Endpoint};
use wechat::ops::{Carrier, Network, Quota, Quotas, RateLimit};

use crate::fake::{APP_ID, Fake, SECRET, TOKEN, refusal};
use crate::vectors::{entries, text, vectors};

const QUOTA: &str = "/cgi-bin/openapi/quota/get";
const RID: &str = "/cgi-bin/openapi/rid/get";
const CLEAR: &str = "/cgi-bin/clear_quota";
const CLEAR2: &str = "/cgi-bin/clear_quota/v2";
const CALLBACK_IP: &str = "/cgi-bin/getcallbackip";
const API_IP: &str = "/cgi-bin/get_api_domain_ip";
const CHECK: &str = "/cgi-bin/callback/check";

fn answer(api: &str) -> Value {
    entries(&vectors("api_responses"), "cases")
        .into_iter()
        .find(|case| text(case, "api") == api)
        .unwrap()["body"]
        .clone()
}

#[actix_web::test]
async fn the_quota_of_a_call_is_asked_by_its_path() {
    let quota = json!({ "daily_limit": 100_000, "used": "7", "remain": 99_993 });
    let fake = Fake::telling(
        QUOTA,
        &json!({ "errcode": 0, "quota": quota, "rate_limit": { "call_count": 600, "refresh_second": 60 } }),
    );
    fake.tell_json(QUOTA, &json!({ "errcode": 0, "quota": quota }));
    let account = fake.account();
    let quota = Quota {
        daily_limit: 100_000,
        used: 7,
        remain: 99_993,
    };
    let rate_limit = RateLimit {
        call_count: 600,
        refresh_second: 60,
    };
    let asked = async || account.quota(Endpoint::TemplateSend).await;
    assert_eq!(
        asked().await,
        Ok(Quotas {
            quota,
            rate_limit: Some(rate_limit)
        })
    );
    assert_eq!(
        asked().await,
        Ok(Quotas {
            quota,
            rate_limit: None
        })
    );
    assert_eq!(
        fake.seen(QUOTA)[0].json(),
        json!({ "cgi_path": "/cgi-bin/message/template/send" })
    );
}

#[actix_web::test]
async fn what_became_of_a_request_is_told_without_its_token() {
    let fake = Fake::telling(RID, &answer("POST /cgi-bin/openapi/rid/get"));
    fake.tell_json(RID, &refusal(76001));
    let account = fake.account();
    let facts = account
        .request_facts("61725984-6126f6f9-040f19c4")
        .await
        .unwrap();
    assert_eq!(
        (facts.invoke_time, facts.cost_in_ms),
        (1_635_156_704, Some(30))
    );
    assert_eq!(facts.client_ip, "113.xx.70.51");
    assert!(facts.response_body.contains("45009"));
    let shown = format!("{facts:?}");
    assert!(
        !shown.contains("access_token") && !shown.contains("45009"),
        "{shown}"
    );
    assert_eq!(
        fake.only(RID).json(),
        json!({ "rid": "61725984-6126f6f9-040f19c4" })
    );
    let unknown = account.request_facts("1-2-3").await.unwrap_err();
    assert_eq!(unknown.api().map(|error| error.class), Some(Class::Data));
}

#[actix_web::test]
async fn quotas_are_cleared_with_a_token_or_without_one() {
    let fake = Fake::telling(CLEAR, &json!({ "errcode": 0, "errmsg": "ok" }));
    fake.tell_json(CLEAR2, &json!({ "errcode": 0, "errmsg": "ok" }));
    fake.tell_json(CLEAR2, &refusal(48006));
    fake.tell_json(CLEAR2, &refusal(40001));
    let account = fake.account();

    assert_eq!(account.clear_quota().await, Ok(()));
    assert_eq!(fake.only(CLEAR).json(), json!({ "appid": APP_ID }));
    assert_eq!(account.clear_quota_by_secret().await, Ok(()));
    let seen = &fake.seen(CLEAR2)[0];
    assert_eq!(seen.json(), json!({ "appid": APP_ID, "appsecret": SECRET }));
    assert_eq!(seen.query.len(), 0);

    let used_up = account.clear_quota_by_secret().await.unwrap_err();
    assert_eq!(
        used_up.api().map(|error| error.class),
        Some(Class::DayQuota)
    );
    let secret = account.clear_quota_by_secret().await.unwrap_err();
    assert_eq!(secret.api().map(|error| error.class), Some(Class::Config));
    assert_eq!(fake.seen(TOKEN).len(), 1);
}

#[actix_web::test]
async fn the_networks_of_wechat_are_read_whole_or_not_at_all() {
    let fake = Fake::telling(CALLBACK_IP, &answer("GET /cgi-bin/getcallbackip"));
    fake.tell_json(
        API_IP,
        &json!({ "ip_list": ["101.226.62.0/24", "2402:4e00::/32"] }),
    );
    fake.tell_json(API_IP, &json!({ "ip_list": ["101.226.62.0/24", "?"] }));
    let account = fake.account();

    let callbacks = account.callback_networks().await.unwrap();
    assert!(callbacks[0].contains([127, 0, 0, 1].into()));
    assert!(!callbacks[0].contains([127, 0, 0, 2].into()));
    let api = account.api_networks().await.unwrap();
    assert!(api[0].contains([101, 226, 62, 255].into()));
    assert!(!api[0].contains([101, 226, 63, 0].into()));
    assert!(api[1].contains("2402:4e00:1::1".parse().unwrap()));
    assert!(!api[1].contains("2402:4e01::1".parse().unwrap()));
    assert!(!api[1].contains([101, 226, 62, 1].into()));
    let half = account.api_networks().await;
    assert!(matches!(half, Err(Error::Unbelievable { .. })), "{half:?}");
}

#[test]
fn a_network_has_as_many_bits_as_its_address() {
    for wrong in ["", "x", "1.2.3.4/33", "::/129", "1.2.3/8", "1.2.3.4/-1"] {
        assert_eq!(Network::parse(wrong), None, "{wrong}");
    }
    let all = Network::parse("0.0.0.0/0").unwrap();
    assert!(all.contains([255, 255, 255, 255].into()));
    let all = Network::parse("::/0").unwrap();
    assert!(all.contains("ffff::1".parse().unwrap()));
}

#[actix_web::test]
async fn our_callback_is_looked_at_from_outside() {
    let fake = Fake::telling(CHECK, &answer("POST /cgi-bin/callback/check"));
    let view = fake
        .account()
        .check_callback(Carrier::Unicom)
        .await
        .unwrap();
    assert_eq!((view.dns.len(), view.ping.len()), (2, 2));
    assert_eq!(view.ping[0].package_loss, "0%");
    assert_eq!(
        fake.only(CHECK).json(),
        json!({ "action": "all", "check_operator": "UNICOM" })
    );
}
