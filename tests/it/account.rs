//! Accounts with passwords after the founding: worth nothing without a confirmed seat, shut at
//! once, and never mended by the one who holds them.

use api::founding::Credentials;
use domain::people::SeatKind;
use serde_json::{Value, json};
use tests::TestApp;

/// Makes an account with a second factor, and lets the test sign in with it.
async fn make(t: &mut TestApp, username: &str) -> String {
    let body = json!({ "username": username, "display_name": "小王", "totp": true });
    let made = t.act("admin", "/accounts", body).await;
    know(t, &made);
    made["id"].as_str().unwrap().to_owned()
}

/// Signs in from now on with what the answer showed.
fn know(t: &mut TestApp, shown: &Value) {
    let text = |name: &str| shown[name].as_str().map(str::to_owned);
    let username = text("username").unwrap();
    t.forget_token(&username);
    let credentials = Credentials {
        username,
        seat: SeatKind::Office,
        password: text("password").unwrap(),
        totp_secret: text("totp_secret"),
    };
    t.know("", vec![credentials]);
}

/// Seats an account as a clerk of the office; answers the path of the seat.
async fn seat(t: &TestApp, account: &str) -> String {
    let form = json!({ "kind": "office", "account_id": account, "from": "2026-09-14" });
    let seat = t.act("admin", "/seats", form).await;
    format!("/seats/{}/confirm", seat["id"].as_str().unwrap())
}

async fn one(t: &TestApp, q: &str) -> Value {
    let found = t.see("admin", &format!("/accounts?q={q}")).await;
    assert_eq!(found["total"], 1, "{found}");
    found["items"][0].clone()
}

async fn refused(t: &TestApp, who: &str, path: &str, body: Value) -> (u16, String) {
    let (status, problem) = t.post(who, path, body).await;
    (status, problem["code"].as_str().unwrap_or("").to_owned())
}

async fn sign_in(t: &TestApp, who: &str) -> (u16, String) {
    let (password, totp) = t.secrets(who);
    let body = json!({ "username": format!("{who}@xingdong"), "password": password, "totp": totp });
    let (status, problem) = t.post(None, "/auth/password", body).await;
    (status, problem["code"].as_str().unwrap_or("").to_owned())
}

fn needs_another() -> (u16, String) {
    (403, "second_person_required".to_owned())
}

#[actix_web::test]
async fn a_new_account_can_do_nothing_until_a_second_person_confirmed_its_seat() {
    let mut t = TestApp::start().await;
    let id = make(&mut t, "wang.li").await;

    assert_eq!(t.get("wang.li", "/members").await.0, 403);
    let confirm = seat(&t, &id).await;
    assert_eq!(t.get("wang.li", "/members").await.0, 403);
    assert_eq!(one(&t, "wang").await["seats"][0]["confirmed"], false);
    assert_eq!(
        refused(&t, "admin", &confirm, json!({})).await,
        needs_another()
    );
    t.act("admin2", &confirm, json!({})).await;

    assert_eq!(t.get("wang.li", "/members").await.0, 200);
    let mut seen = one(&t, "wang").await;
    seen["seats"][0]["id"] = json!("…");
    assert_eq!(
        seen,
        json!({
            "id": id, "username": "wang.li", "display_name": "小王", "totp": true,
            "seats": [{ "id": "…", "kind": "office", "kind_name": "办公室", "confirmed": true }],
            "disabled": false, "disabled_at": null, "last_sign_in_at": "2026-09-14T09:00:00+08:00",
            "created_at": "2026-09-14T09:00:00+08:00",
        })
    );
}

#[actix_web::test]
async fn the_secrets_are_shown_once_and_written_nowhere() {
    let t = TestApp::start().await;
    let body = json!({ "username": "li_si", "display_name": "李四", "totp": true });
    let made = t.act("admin", "/accounts", body).await;

    let [password, secret, url] =
        ["password", "totp_secret", "otpauth_url"].map(|name| made[name].as_str().unwrap());
    assert_eq!(password.len(), 16);
    assert_eq!(
        url,
        format!("otpauth://totp/Xingdong:li_si@xingdong?secret={secret}&issuer=Xingdong")
    );
    let log = t.see("auditor", "/audit?operation=account_create").await;
    assert_eq!(log["total"], 1);
    let (log, list) = (
        log.to_string(),
        t.see("admin", "/accounts").await.to_string(),
    );
    for shown in [password, secret] {
        assert!(!log.contains(shown) && !list.contains(shown));
    }

    let body = json!({ "username": "zhao6", "display_name": "赵六", "totp": false });
    let made = t.act("admin", "/accounts", body).await;
    assert!(made.get("totp_secret").is_none() && made.get("otpauth_url").is_none());
}

#[actix_web::test]
async fn a_name_is_plain_and_had_by_one_account() {
    let t = TestApp::start().await;
    let form =
        |username: &str| json!({ "username": username, "display_name": "小王", "totp": false });
    for wrong in ["ab", "Wang", "王", "a b", "a@b", &"a".repeat(33)] {
        let (status, problem) = t.post("admin", "/accounts", form(wrong)).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!("/username")),
            "{wrong}"
        );
    }

    let taken = (409, "duplicate_username".to_owned());
    assert_eq!(
        refused(&t, "admin", "/accounts", form("office")).await,
        taken
    );
    // Another committee's names are its own.
    assert_eq!(t.post("admin", "/accounts", form("staff")).await.0, 201);
}

#[actix_web::test]
async fn a_disabled_account_is_shut_at_once_and_has_its_seats_back_when_enabled() {
    let t = TestApp::start().await;
    t.see("office2", "/members").await;
    let id = one(&t, "office2").await["id"].as_str().unwrap().to_owned();

    let path = format!("/accounts/{id}/disable");
    assert_eq!(t.post("admin", &path, json!({ "reason": "" })).await.0, 422);
    let shut = t.act("admin", &path, json!({ "reason": "调离" })).await;
    assert_eq!(
        (&shut["disabled"], &shut["disabled_at"]),
        (&json!(true), &json!("2026-09-14T09:00:00+08:00"))
    );
    t.act("admin", &path, json!({ "reason": "调离" })).await;

    assert_eq!(t.get("office2", "/members").await.0, 401);
    t.pass_minutes(1);
    assert_eq!(sign_in(&t, "office2").await.0, 401);
    let log = t
        .see("auditor", "/audit?operation=account_disable&outcome=done")
        .await;
    assert_eq!(
        (&log["total"], &log["items"][0]["detail"]["reason"]),
        (&json!(1), &json!("调离"))
    );

    t.act("admin", &format!("/accounts/{id}/enable"), json!({}))
        .await;
    t.forget_token("office2");
    t.pass_minutes(1);
    t.see("office2", "/members").await;
}

#[actix_web::test]
async fn who_resets_an_account_cannot_use_its_seats_alone() {
    let mut t = TestApp::start().await;
    t.see("office2", "/members").await;
    let held = one(&t, "office2").await;
    let reset = format!("/accounts/{}/reset", held["id"].as_str().unwrap());
    let before = t.secrets("office2");

    let shown = t.act("admin", &reset, json!({})).await;

    assert_eq!(t.get("office2", "/members").await.0, 401);
    t.pass_minutes(1);
    assert_eq!(sign_in(&t, "office2").await.0, 401);
    know(&mut t, &shown);
    let after = t.secrets("office2");
    assert_ne!(before.0, after.0);
    assert_eq!(t.get("office2", "/members").await.0, 403);
    let confirm = format!(
        "/seats/{}/confirm",
        held["seats"][0]["id"].as_str().unwrap()
    );
    assert_eq!(
        refused(&t, "admin", &confirm, json!({})).await,
        needs_another()
    );
    t.act("office", &confirm, json!({})).await;
    t.see("office2", "/members").await;
}

#[actix_web::test]
async fn nobody_mends_his_own_account_and_of_two_who_shut_each_other_out_one_stays() {
    let t = TestApp::start().await;
    let accounts = t.see("admin", "/accounts?kind=admin").await;
    let [first, second] =
        [0, 1].map(|index: usize| accounts["items"][index]["id"].as_str().unwrap());
    for step in ["disable", "enable", "reset"] {
        let body = if step == "disable" {
            json!({ "reason": "试" })
        } else {
            json!({})
        };
        let own = format!("/accounts/{first}/{step}");
        assert_eq!(
            refused(&t, "admin", &own, body).await,
            needs_another(),
            "{step}"
        );
    }
    t.token("admin2").await;

    let (one, other) = (
        format!("/accounts/{second}/disable"),
        format!("/accounts/{first}/disable"),
    );
    let body = || json!({ "reason": "互" });
    let answers = futures_util::join!(
        t.post("admin", &one, body()),
        t.post("admin2", &other, body())
    );

    let mut statuses = [answers.0.0, answers.1.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[actix_web::test]
async fn the_list_is_for_those_who_seat_and_those_who_watch() {
    let t = TestApp::start().await;
    assert_eq!(t.see("admin", "/accounts").await["total"], 8);
    assert_eq!(t.see("office", "/accounts?kind=staff").await["total"], 2);
    assert_eq!(
        t.see("auditor", "/accounts?limit=1").await["items"][0]["username"],
        "admin"
    );
    for who in ["alice", "staff1", "leader"] {
        assert_eq!(t.get(who, "/accounts").await.0, 403, "{who}");
    }
    let form = json!({ "username": "wang", "display_name": "小王", "totp": true });
    assert_eq!(t.post("office", "/accounts", form).await.0, 403);

    let foreign = t.see("x-office", "/accounts").await["items"][0]["id"].clone();
    let member = t.see("alice", "/me").await["account"]["id"].clone();
    for id in [foreign, member] {
        let path = format!("/accounts/{}/reset", id.as_str().unwrap());
        assert_eq!(t.post("admin", &path, json!({})).await.0, 404);
    }
}
