//! A call over a real connection: its form, its failures and the doubt they leave.

use actix_web::rt::net::TcpListener;
use serde_json::json;
use wechat::error::{Cause, Class, Endpoint};
use wechat::template::{MiniProgram, TemplateMessage};
use wechat::{Account, App, Client, Error};

use crate::fake::{APP_ID, Fake, SECRET, SEND, TOKEN, Told, message, refusal, sent};

const LOGIN: &str = "/sns/jscode2session";

#[actix_web::test]
async fn a_template_message_goes_out_in_the_form_wechat_wants() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_json(SEND, &sent(3_557_254_367_693_750_277));
    let account = fake.account();

    let msgid = account.send_template(&message()).await;
    assert_eq!(msgid, Ok(3_557_254_367_693_750_277));
    let request = &fake.seen(SEND)[0];
    assert_eq!(request.query["access_token"], "token-1");
    assert_eq!(request.content_length, Some(request.raw.len().to_string()));
    assert!(
        request.raw.contains("春季调研"),
        "the body must be raw UTF-8"
    );
    assert_eq!(
        request.json(),
        json!({
            "touser": "o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
            "template_id": "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY",
            "client_msg_id": "mzxw6ytboi",
            "data": { "thing1": { "value": "春季调研" } },
        })
    );
    assert_eq!(
        fake.seen(TOKEN)[0].json(),
        json!({ "grant_type": "client_credential", "appid": APP_ID, "secret": SECRET })
    );

    let page = MiniProgram {
        appid: "wx2".into(),
        pagepath: "pages/notice?id=1".into(),
    };
    account
        .send_template(&TemplateMessage {
            miniprogram: Some(page),
            ..message()
        })
        .await
        .unwrap();
    assert_eq!(
        fake.seen(SEND)[1].json()["miniprogram"],
        json!({ "appid": "wx2", "pagepath": "pages/notice?id=1" })
    );
}

#[actix_web::test]
async fn an_answer_that_never_comes_leaves_doubt_and_no_second_send() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell(SEND, Told::silent());

    let error = fake
        .impatient()
        .send_template(&message())
        .await
        .unwrap_err();
    let endpoint = Endpoint::TemplateSend;
    assert_eq!(
        error,
        Error::Ambiguous {
            endpoint,
            cause: Cause::TimedOut
        }
    );
    assert!(error.may_have_taken_effect());
    assert_eq!(fake.seen(SEND).len(), 1);
}

#[actix_web::test]
async fn answers_that_make_no_sense_leave_doubt() {
    let json = |body: &str| Told::bytes("application/json", body.into());
    let cases = [
        (
            json("{\"errcode\":0,\"errmsg\":\"ok\",\"msg"),
            Cause::Unreadable,
        ),
        (json(""), Cause::Unreadable),
        (json("{\"errcode\":0,\"errmsg\":\"ok\"}"), Cause::Unreadable),
        (
            Told::bytes("text/html", "<h1>502</h1>".into()).status(502),
            Cause::Status(502),
        ),
        (
            Told::bytes("text/html", "<h1>moved</h1>".into()).status(302),
            Cause::Status(302),
        ),
        (
            json(&" ".repeat(5 << 20)),
            Cause::TooLong { limit: 4 << 20 },
        ),
    ];
    for (told, cause) in cases {
        let fake = Fake::start();
        fake.tell_token("token-1", 7200);
        fake.tell(SEND, told);
        let error = fake.account().send_template(&message()).await.unwrap_err();
        assert_eq!(
            error,
            Error::Ambiguous {
                endpoint: Endpoint::TemplateSend,
                cause
            }
        );
        assert_eq!(fake.seen(SEND).len(), 1);
    }
}

#[actix_web::test]
async fn a_connection_cut_after_the_request_leaves_doubt() {
    let fake = Fake::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    actix_web::rt::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.readable().await.unwrap();
            drop(stream);
        }
    });
    let app = App {
        base_url,
        ..App::new(APP_ID, SECRET.into())
    };
    let account = Account::new(app, Client::new(fake.options()).unwrap());

    let error = account.probe().await.unwrap_err();
    let Error::Ambiguous {
        cause: Cause::Broken(_),
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    let error = account.login("code").await.unwrap_err();
    assert_eq!(
        error,
        Error::CodeMaybeBurnt {
            endpoint: Endpoint::Login
        }
    );
}

#[actix_web::test]
async fn what_found_no_connection_was_certainly_not_sent() {
    let fake = Fake::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let app = App {
        base_url,
        ..App::new(APP_ID, SECRET.into())
    };
    let account = Account::new(app, Client::new(fake.options()).unwrap());

    for error in [
        account.probe().await.unwrap_err(),
        account.login("code-1").await.unwrap_err(),
    ] {
        let Error::NotSent { .. } = &error else {
            panic!("{error:?}")
        };
        assert!(!error.may_have_taken_effect());
    }
}

#[actix_web::test]
async fn a_request_turned_away_for_its_form_is_our_fault() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell(SEND, Told::bytes("text/plain", Vec::new()).status(412));
    let error = fake.account().send_template(&message()).await.unwrap_err();
    assert_eq!(
        error,
        Error::Rejected {
            endpoint: Endpoint::TemplateSend,
            status: 412
        }
    );
}

#[actix_web::test]
async fn a_login_is_never_repeated_and_a_silent_one_burns_its_code() {
    let fake = Fake::start();
    fake.tell(LOGIN, Told::silent());
    fake.tell_json(LOGIN, &refusal(40163));
    fake.tell_json(LOGIN, &refusal(40001));
    let account = fake.impatient();

    let silent = account.login("code-1").await;
    assert_eq!(
        silent,
        Err(Error::CodeMaybeBurnt {
            endpoint: Endpoint::Login
        })
    );
    let used = account.login("code-1").await.unwrap_err();
    assert_eq!(
        used.api().map(|error| error.class),
        Some(Class::OneTimeCode)
    );
    let secret = account.login("code-2").await.unwrap_err();
    assert_eq!(secret.api().map(|error| error.class), Some(Class::Config));
    assert_eq!(fake.seen(LOGIN).len(), 3);
    assert_eq!(fake.seen(LOGIN)[2].query["js_code"], "code-2");
}

#[actix_web::test]
async fn no_error_shows_a_token_a_secret_or_an_openid() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell(SEND, Told::silent());
    let account = fake.impatient();
    let silent = account.send_template(&message()).await.unwrap_err();

    let nowhere = App {
        base_url: "http://127.0.0.1:1".into(),
        ..App::new(APP_ID, SECRET.into())
    };
    let nowhere = Account::new(nowhere, Client::new(fake.options()).unwrap());
    let unsent = nowhere.login("the-code").await.unwrap_err();

    for shown in [
        format!("{silent} {silent:?}"),
        format!("{unsent} {unsent:?} {account:?}"),
    ] {
        for hidden in [
            "token-1",
            "access_token=",
            SECRET,
            "o6_bmjr",
            "the-code",
            "js_code",
        ] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
