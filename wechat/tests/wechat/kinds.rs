//! Which app may make which call.

use serde_json::json;
use wechat::endpoint::{Audience, Credential, Endpoint};
use wechat::{AppKind, Error};

use crate::fake::{Fake, SEND, TOKEN, message, sent};

#[actix_web::test]
async fn a_call_wechat_does_not_open_to_an_app_never_leaves() {
    let fake = Fake::telling(SEND, &sent(1));

    let endpoint = Endpoint::TemplateSend;
    for kind in [AppKind::MiniProgram, AppKind::SubscriptionAccount] {
        let answer = fake.account_of(kind).send_template(&message()).await;
        assert_eq!(answer, Err(Error::WrongKind { endpoint, kind }));
    }
    assert_eq!(fake.seen(TOKEN).len(), 0);

    let service = fake.account_of(AppKind::ServiceAccount);
    assert_eq!(service.send_template(&message()).await, Ok(1));
    let error = service.login("code").await.unwrap_err();
    assert!(!error.may_have_taken_effect(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "/sns/jscode2session is not for a ServiceAccount"
    );
}

#[actix_web::test]
async fn wechat_itself_refuses_an_app_whose_kind_was_not_stated() {
    let fake = Fake::telling(
        SEND,
        &json!({ "errcode": 48001, "errmsg": "api unauthorized" }),
    );
    let error = fake.account().send_template(&message()).await.unwrap_err();
    assert_eq!(error.api().map(|error| error.code), Some(48001));
}

#[test]
fn every_kind_has_calls_of_its_own() {
    let open = |kind| {
        Endpoint::ALL
            .iter()
            .filter(|endpoint| endpoint.audience().admits(kind))
            .count()
    };
    let anyone = Endpoint::ALL
        .iter()
        .filter(|endpoint| endpoint.audience() == Audience::Anyone)
        .count();
    assert!(anyone < open(AppKind::MiniProgram));
    assert!(anyone < open(AppKind::SubscriptionAccount));
    assert!(open(AppKind::SubscriptionAccount) < open(AppKind::ServiceAccount));
}

#[test]
fn every_call_has_a_path_of_its_own_and_few_carry_the_secret() {
    let mut paths: Vec<_> = Endpoint::ALL
        .iter()
        .map(|endpoint| endpoint.path())
        .collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), Endpoint::ALL.len());
    assert!(paths.iter().all(|path| path.starts_with('/')));

    let secret: Vec<_> = Endpoint::ALL
        .iter()
        .filter(|endpoint| endpoint.credential() == Credential::Secret)
        .map(|endpoint| endpoint.path())
        .collect();
    assert_eq!(
        secret,
        [
            "/cgi-bin/stable_token",
            "/cgi-bin/clear_quota/v2",
            "/sns/jscode2session",
            "/sns/oauth2/access_token",
        ]
    );
}
