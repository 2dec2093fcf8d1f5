//! Signing in by WeChat and by password, refreshing, signing out.

use api::demo::client::token;
use api::demo::world::MINI_PROGRAM;
use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;

mod binding;

/// A WeChat sign-in; the access token and the whole answer.
async fn enter(t: &TestApp, who: &str) -> (String, Value) {
    let code = t.sim.handle.login_code(MINI_PROGRAM, who);
    let answer = t.client.wechat(MINI_PROGRAM, &code).await.unwrap();
    (token(&answer).unwrap(), answer)
}

async fn call(
    t: &TestApp,
    method: Method,
    token: &str,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let answer = t
        .client
        .call(method, Some(token), path, body.as_ref())
        .await
        .unwrap();
    (answer.status, answer.body)
}

async fn password(t: &TestApp, username: &str, password: &str, totp: Option<&str>) -> (u16, Value) {
    let mut body = json!({ "username": username, "password": password });
    if let Some(totp) = totp {
        body["totp"] = json!(totp);
    }
    t.post(None, "/auth/password", body).await
}

#[actix_web::test]
async fn a_code_of_wechat_is_good_once() {
    let t = TestApp::start().await;
    let code = t.sim.handle.login_code(MINI_PROGRAM, "chen");
    let body = json!({ "app_id": MINI_PROGRAM, "code": code });
    assert_eq!(t.post(None, "/auth/wechat", body.clone()).await.0, 200);

    let (status, problem) = t.post(None, "/auth/wechat", body).await;

    assert_eq!(
        (status, &problem["code"]),
        (401, &json!("wechat_code_invalid"))
    );
    let (status, problem) = t
        .post(
            None,
            "/auth/wechat",
            json!({ "app_id": "wx-nobody", "code": "x" }),
        )
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/app_id"))
    );
}

#[actix_web::test]
async fn a_sixth_sign_in_within_a_minute_waits() {
    let t = TestApp::start().await;
    for _ in 0..5 {
        enter(&t, "chen").await;
    }

    let code = t.sim.handle.login_code(MINI_PROGRAM, "chen");
    let (status, problem) = t
        .post(
            None,
            "/auth/wechat",
            json!({ "app_id": MINI_PROGRAM, "code": code }),
        )
        .await;

    assert_eq!((status, &problem["code"]), (429, &json!("rate_limited")));
}

#[actix_web::test]
async fn five_wrong_passwords_make_the_next_attempt_wait_and_a_right_one_forgets_them() {
    let t = TestApp::start().await;
    let (right, _) = t.secrets("staff1");
    for _ in 0..5 {
        assert_eq!(
            password(&t, "staff1", "wrong", None).await.1["code"],
            "invalid_credentials"
        );
        assert_eq!(
            password(&t, "nobody", "wrong", None).await.1["code"],
            "invalid_credentials"
        );
    }

    let (status, problem) = password(&t, "staff1", &right, None).await;

    assert_eq!((status, &problem["code"]), (429, &json!("account_locked")));
    assert_eq!(
        password(&t, "nobody", "wrong", None).await.1["code"],
        "account_locked"
    );
    t.pass_minutes(1);
    assert_eq!(password(&t, "staff1", &right, None).await.0, 200);
    assert_eq!(
        password(&t, "staff1", "wrong", None).await.1["code"],
        "invalid_credentials"
    );
    assert_eq!(password(&t, "staff1", &right, None).await.0, 200);
}

#[actix_web::test]
async fn twenty_guesses_at_once_are_twenty_attempts() {
    let t = TestApp::start().await;

    let guesses: Vec<_> = (0..20)
        .map(|_| {
            let client = t.client.clone();
            let body = json!({ "username": "staff2", "password": "wrong" });
            actix_web::rt::spawn(async move {
                client
                    .call(Method::POST, None, "/auth/password", Some(&body))
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut answers = Vec::new();
    for guess in guesses {
        answers.push(guess.await.unwrap());
    }

    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(looked_at, 5, "{answers:?}");
}

#[actix_web::test]
async fn the_office_needs_its_second_factor_and_each_code_counts_once() {
    let t = TestApp::start().await;
    let (secret, code) = t.secrets("office");
    let name = "office@xingdong";

    assert_eq!(
        password(&t, name, &secret, None).await.1["code"],
        "totp_required"
    );
    assert_eq!(
        password(&t, name, "wrong", code.as_deref()).await.1["code"],
        "invalid_credentials"
    );
    assert_eq!(password(&t, name, &secret, code.as_deref()).await.0, 200);
    let (status, problem) = password(&t, name, &secret, code.as_deref()).await;
    assert_eq!(
        (status, &problem["code"]),
        (401, &json!("invalid_credentials"))
    );
    // Two committees have an account of this name.
    t.pass_minutes(1);
    let (_, code) = t.secrets("office");
    assert_eq!(
        password(&t, "office", &secret, code.as_deref()).await.1["code"],
        "invalid_credentials"
    );
    assert_eq!(password(&t, name, &secret, code.as_deref()).await.0, 200);
}

#[actix_web::test]
async fn a_session_is_refreshed_and_ends_with_signing_out() {
    let t = TestApp::start().await;
    let (access, answer) = enter(&t, "chen").await;
    let refresh = json!({ "refresh_token": answer["refresh_token"] });

    let (status, pair) = t.post(None, "/auth/refresh", refresh.clone()).await;
    assert_eq!(status, 200);
    assert_eq!(
        t.post(None, "/auth/refresh", refresh).await.1["refresh_token"],
        pair["refresh_token"]
    );
    assert_eq!(
        call(&t, Method::POST, &access, "/auth/logout", None)
            .await
            .0,
        204
    );

    assert_eq!(call(&t, Method::GET, &access, "/me", None).await.0, 401);
    let (status, problem) = t
        .post(
            None,
            "/auth/refresh",
            json!({ "refresh_token": pair["refresh_token"] }),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (401, &json!("refresh_rejected"))
    );
}

#[actix_web::test]
async fn a_new_password_ends_every_session_and_begins_one() {
    let t = TestApp::start().await;
    let (old, _) = t.secrets("staff1");
    let (_, first) = password(&t, "staff1", &old, None).await;
    let (_, second) = password(&t, "staff1", &old, None).await;
    let access = token(&second).unwrap();
    let change = |current: &str, new: &str| Some(json!({ "current": current, "new": new }));

    let short = call(
        &t,
        Method::PUT,
        &access,
        "/me/password",
        change(&old, "short"),
    )
    .await;
    assert_eq!(
        (short.0, &short.1["errors"][0]["code"]),
        (422, &json!("too_short"))
    );
    let wrong = call(
        &t,
        Method::PUT,
        &access,
        "/me/password",
        change("wrong", "a much longer one"),
    )
    .await;
    assert_eq!(
        (wrong.0, &wrong.1["errors"][0]["pointer"]),
        (422, &json!("/current"))
    );
    let (status, pair) = call(
        &t,
        Method::PUT,
        &access,
        "/me/password",
        change(&old, "a much longer one"),
    )
    .await;

    assert_eq!(status, 200, "{pair}");
    for ended in [&first, &second] {
        assert_eq!(
            call(&t, Method::GET, &token(ended).unwrap(), "/me", None)
                .await
                .0,
            401
        );
        assert_eq!(
            t.post(
                None,
                "/auth/refresh",
                json!({ "refresh_token": ended["refresh_token"] })
            )
            .await
            .0,
            401
        );
    }
    let access = token(&pair).unwrap();
    assert_eq!(call(&t, Method::GET, &access, "/me", None).await.0, 200);
    assert_eq!(
        password(&t, "staff1", "a much longer one", None).await.0,
        200
    );
    assert_eq!(
        call(&t, Method::POST, &access, "/me/sessions/end-all", None)
            .await
            .0,
        204
    );
    assert_eq!(call(&t, Method::GET, &access, "/me", None).await.0, 401);
}
