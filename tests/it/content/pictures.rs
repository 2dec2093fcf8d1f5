//! Pictures: fetched by WeChat under an address of their own, judged by a push.

use api::demo::world::MINI_PROGRAM;
use serde_json::{Value, json};
use tests::TestApp;
use wechat::crypto::MessageCrypt;
use wechat::sim::SimApp;

use super::{all, decide, pending};
use crate::files::uploaded;

const PICTURES: &str = "wxa/media_check_async";

/// Two by two red pixels.
const RED: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x02\x00\x00\x00\x02\x08\x02\x00\x00\x00\xfd\xd4\x9as\x00\x00\x00\x10IDATx\x9cc8!'\x07D\x0c\x10\x0a\x00\x1f&\x04\x11\xa2\x8f\x22\xaf\x00\x00\x00\x00IEND\xaeB`\x82";

/// A service to which WeChat can push what the mini-program is to know.
async fn listening(policy: &'static str) -> (TestApp, SimApp) {
    let mut mini_program = None;
    let t = TestApp::changed(|world, config| {
        let app = &world.sim_apps[0];
        assert_eq!(app.app_id, MINI_PROGRAM);
        config["wechat"]["content_check"] = json!(policy);
        let configured = &mut config["wechat"]["apps"][0];
        configured["token"] = json!(app.token);
        configured["aes_key"] = json!(app.aes_key);
        mini_program = Some(app.clone());
    })
    .await;
    (t, mini_program.expect("the world has a mini-program"))
}

/// WeChat's verdict on a picture, as it is pushed.
async fn judged(
    t: &TestApp,
    app: &SimApp,
    trace_id: &str,
    errcode: i64,
    suggest: &str,
    label: i64,
) {
    let now = t.now().timestamp().to_string();
    let inside = json!({
        "ToUserName": app.gh_id, "FromUserName": "o-1", "CreateTime": t.now().timestamp(),
        "MsgType": "event", "Event": "wxa_media_check", "appid": app.app_id, "trace_id": trace_id,
        "version": 2, "errcode": errcode, "result": { "suggest": suggest, "label": label },
    });
    let crypt = MessageCrypt::new(&app.app_id, &app.token, &app.aes_key, None).unwrap();
    let encrypt = crypt.seal_with(inside.to_string().as_bytes(), [7; 16]);
    let path = format!(
        "{}/wechat/callback/{}?signature={}&timestamp={now}&nonce=n&encrypt_type=aes&msg_signature={}",
        t.base,
        app.app_id,
        crypt.signature(&now, "n", None),
        crypt.signature(&now, "n", Some(&encrypt)),
    );
    let body = json!({ "ToUserName": app.gh_id, "Encrypt": encrypt });
    let request = t.client.http().post(path).body(body.to_string());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    t.run_jobs().await;
}

/// A submitted record of chen that rests on this picture.
async fn record_with(t: &TestApp, file: &str) {
    let record = json!({
        "kind": "proposal", "title": "提案", "done_on": "2026-09-01", "evidence_ids": [file],
        "submit": true,
    });
    t.act("chen", "/duty-records", record).await;
}

/// Status and code of reading a file.
async fn reading(t: &TestApp, who: &str, file: &str) -> (u16, Option<String>) {
    let request = t
        .client
        .http()
        .get(format!("{}/api/v1/files/{file}", t.base));
    let answer = request
        .bearer_auth(t.token(who).await)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let problem: Option<Value> = answer.json().await.ok();
    let code = problem.and_then(|problem| problem["code"].as_str().map(str::to_owned));
    (status, code)
}

/// What was given to be judged as a picture: address and number.
fn asked(t: &TestApp) -> Vec<(String, String)> {
    let checked = t.sim.handle.checked().into_iter();
    let pictures = checked.filter(|one| one.content.starts_with("http"));
    pictures.map(|one| (one.content, one.trace_id)).collect()
}

#[actix_web::test]
async fn a_picture_is_hidden_until_it_is_judged_and_wechat_alone_can_fetch_it() {
    let (t, app) = listening("closed").await;
    let file = uploaded(&t, "chen", RED).await;
    record_with(&t, &file).await;
    t.run_jobs().await;
    let [(address, trace_id)] = &asked(&t)[..] else {
        panic!("{:?}", asked(&t))
    };
    let hidden = (403, Some("content_hidden".to_owned()));
    assert_eq!(reading(&t, "alice", &file).await, hidden);
    for who in ["chen", "staff1", "office"] {
        assert_eq!(reading(&t, who, &file).await.0, 200, "{who}");
    }
    // WeChat signs in nowhere; the address is the whole permission, and no letter of it is spare.
    let fetched = t.client.http().get(address).send().await.unwrap();
    assert_eq!(fetched.status(), 200);
    assert_eq!(fetched.headers()["content-type"], "image/jpeg");
    assert_eq!(fetched.headers()["cache-control"], "no-store");
    let first = address.len() - 75;
    for at in [first, first + 30, address.len() - 2] {
        let mut guessed = address.clone();
        let other = if &guessed[at..=at] == "A" { "B" } else { "A" };
        guessed.replace_range(at..=at, other);
        let answer = t.client.http().get(guessed).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{at}");
    }

    judged(&t, &app, trace_id, 0, "pass", 100).await;

    assert_eq!(reading(&t, "alice", &file).await.0, 200);
    let answer = t.client.http().get(address).send().await.unwrap();
    assert_eq!(answer.status(), 404, "what is judged is not fetched again");
}

#[actix_web::test]
async fn a_picture_that_wechat_objects_to_is_decided_by_the_office() {
    let (t, app) = listening("open").await;
    let file = uploaded(&t, "chen", RED).await;
    record_with(&t, &file).await;
    t.run_jobs().await;
    let (_, trace_id) = asked(&t).remove(0);
    for _ in 0..2 {
        judged(&t, &app, &trace_id, 0, "risky", 20002).await;
    }

    let open = pending(&t).await;
    assert_eq!(open.len(), 1);
    assert_eq!(
        (&open[0]["outcome"], &open[0]["file_id"], &open[0]["text"]),
        (&json!("risky"), &json!(file), &json!(null))
    );
    assert_eq!(reading(&t, "alice", &file).await.0, 200);
    decide(&t, &open[0], "hide").await;
    assert_eq!(reading(&t, "alice", &file).await.0, 403);
    assert_eq!(reading(&t, "chen", &file).await.0, 200);
    decide(&t, &open[0], "keep").await;
    assert_eq!(reading(&t, "alice", &file).await.0, 200);
}

#[actix_web::test]
async fn a_verdict_that_comes_before_its_number_is_known_here_is_found_all_the_same() {
    let (t, app) = listening("open").await;
    uploaded(&t, "chen", RED).await;
    t.run_jobs().await;
    let (_, trace_id) = asked(&t).remove(0);
    // As if the push had overtaken the answer to our question.
    let forget = "UPDATE content_check SET trace_id = NULL";
    let db = t.app.db.migrations();
    sea_orm::ConnectionTrait::execute_unprepared(db, forget)
        .await
        .unwrap();
    judged(&t, &app, &trace_id, 0, "review", 20001).await;
    assert_eq!(all(&t).await[0]["outcome"], "unchecked");

    let remember = format!("UPDATE content_check SET trace_id = '{trace_id}'");
    sea_orm::ConnectionTrait::execute_unprepared(db, &remember)
        .await
        .unwrap();
    t.pass_minutes(36);
    t.run_jobs().await;

    let found = all(&t).await;
    assert_eq!(
        (&found[0]["outcome"], &found[0]["label"]),
        (&json!("review"), &json!(20001))
    );
}

#[actix_web::test]
async fn what_wechat_could_not_fetch_or_never_told_of_is_said_to_be_so() {
    let (t, app) = listening("closed").await;
    for _ in 0..2 {
        uploaded(&t, "chen", RED).await;
    }
    t.run_jobs().await;
    let asked = asked(&t);
    judged(&t, &app, &asked[0].1, -1008, "pass", 100).await;
    t.pass_minutes(34);
    t.run_jobs().await;
    assert_eq!(pending(&t).await.len(), 1);
    t.pass_minutes(2);
    t.run_jobs().await;

    let mut obstacles: Vec<String> = pending(&t)
        .await
        .iter()
        .map(|one| one["obstacle"].as_str().unwrap().to_owned())
        .collect();
    obstacles.sort_unstable();
    assert_eq!(obstacles, ["no_verdict", "unfetched"]);
    let address = &asked[1].0;
    let answer = t.client.http().get(address).send().await.unwrap();
    assert_eq!(answer.status(), 404);
}

#[actix_web::test]
async fn the_address_of_a_picture_counts_for_an_hour() {
    let (t, _) = listening("closed").await;
    uploaded(&t, "chen", RED).await;
    t.run_jobs().await;
    let (address, _) = asked(&t).remove(0);
    t.pass_minutes(59);
    assert_eq!(
        t.client.http().get(&address).send().await.unwrap().status(),
        200
    );
    t.pass_minutes(1);
    assert_eq!(
        t.client.http().get(&address).send().await.unwrap().status(),
        404
    );
}

#[actix_web::test]
async fn where_wechat_cannot_fetch_or_push_it_is_not_asked() {
    for (without, obstacle) in [("public_url", "no_public_url"), ("token", "no_push")] {
        let t = TestApp::changed(|world, config| {
            let (token, key) = (&world.sim_apps[0].token, &world.sim_apps[0].aes_key);
            if without == "public_url" {
                config["wechat"]["public_url"] = json!(null);
                config["wechat"]["apps"][0]["token"] = json!(token);
                config["wechat"]["apps"][0]["aes_key"] = json!(key);
            }
        })
        .await;
        uploaded(&t, "chen", RED).await;
        t.run_jobs().await;

        assert_eq!(all(&t).await[0]["obstacle"], obstacle);
        let calls = t.sim.handle.calls();
        assert!(calls.iter().all(|call| call.path != PICTURES));
    }
}

#[actix_web::test]
async fn documents_and_what_clerks_upload_are_not_judged() {
    let (t, _) = listening("closed").await;
    uploaded(&t, "chen", crate::files::AGENDA).await;
    uploaded(&t, "staff1", RED).await;
    t.run_jobs().await;

    assert!(all(&t).await.is_empty());
}
