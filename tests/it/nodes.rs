//! Two nodes of one service: what happens at one counts at the other within a second.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use api::app::App;
use api::demo::client::Client;
use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;
use tokio::time::timeout;

/// A second node on the same database, with a memory of its own.
async fn another_node(t: &TestApp) -> (Client, actix_web::dev::ServerHandle) {
    let app = App::open(t.app.config.clone(), t.app.clock.clone())
        .await
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = api::server::serve(&app, listener).unwrap();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (Client::new(&base).unwrap(), handle)
}

#[actix_web::test]
async fn a_screen_at_one_node_shows_who_checked_in_at_the_other_within_a_second() {
    let t = TestApp::start().await;
    let (other, handle) = another_node(&t).await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    let (alice, chen) = (t.token("alice").await, t.token("chen").await);
    let url = other.url(&format!("/activities/{activity}/live"));
    let screen = other.http().get(url).bearer_auth(alice).send().await;
    let mut screen = screen.unwrap().error_for_status().unwrap();
    let first = screen.chunk().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("\"checked_in\":0"));

    let tap = json!({ "code": code["code"], "slot": code["slot"], "client_id": "phone" });
    let path = format!("/activities/{activity}/check-ins");
    t.client.post(&chen, &path, tap).await.unwrap();
    let acknowledged = Instant::now();
    let shown = timeout(Duration::from_secs(5), screen.chunk()).await;
    let shown = shown.expect("the screen is told").unwrap().unwrap();
    let took = acknowledged.elapsed();

    assert!(String::from_utf8_lossy(&shown).contains("\"checked_in\":1"));
    // The screen looks every second; the rest is for a machine with other things to do.
    assert!(took < Duration::from_millis(2_500), "{took:?}");
    handle.stop(false).await;
    t.stop().await;
}

#[actix_web::test]
async fn an_account_disabled_at_one_node_is_refused_at_the_other_within_a_second_without_redis() {
    let t = TestApp::with(|config| {
        if config["redis"]["url"].is_string() {
            config["redis"]["url"] = json!("redis://127.0.0.1:9/");
        }
    })
    .await;
    let (other, handle) = another_node(&t).await;
    let staff = t.token("staff1").await;
    let me = async || {
        let asked = other.call(Method::GET, Some(&staff), "/me", None).await;
        asked.expect("an answer").status
    };
    assert_eq!(me().await, 200);
    let accounts = t.see("admin", "/accounts").await;
    let accounts = accounts["items"].as_array().unwrap();
    let of_staff = |account: &&Value| account["username"] == "staff1";
    let id = accounts.iter().find(of_staff).unwrap()["id"].as_str();
    let path = format!("/accounts/{}/disable", id.unwrap());
    let reason = json!({ "reason": "调离" });

    t.act("admin", &path, reason).await;
    let disabled = Instant::now();
    // Asked without a pause, so that the other node knows him still when he is disabled.
    let mut last = disabled;
    loop {
        let asked = Instant::now();
        if me().await != 200 {
            break;
        }
        last = asked;
        assert!(disabled.elapsed() < Duration::from_secs(5), "never refused");
    }

    // What is known of him is nine tenths of a second old at most; the rest is for a look-up that
    // was on its way, on a machine with other things to do.
    let counted = last.saturating_duration_since(disabled);
    assert!(counted < Duration::from_millis(1_500), "{counted:?}");
    handle.stop(false).await;
    t.stop().await;
}

#[actix_web::test]
async fn nodes_share_the_access_token_of_an_app_where_there_is_redis() {
    let t = TestApp::start().await;
    let other = App::open(t.app.config.clone(), t.app.clock.clone())
        .await
        .unwrap();
    let fetched = || {
        let calls = t.sim.handle.calls();
        calls
            .iter()
            .filter(|call| call.path.ends_with("cgi-bin/stable_token"))
            .count()
    };
    let before = fetched();

    for node in [&t.app, &other] {
        let app = node.wechat_apps.all().next().unwrap();
        app.client.probe().await.unwrap();
    }

    let once_or_each = if t.app.cache.is_shared() { 1 } else { 2 };
    assert_eq!(fetched() - before, once_or_each);
    t.stop().await;
}
