//! node-easywechat 3.6.2 (npm): both tokens, an access token on the login path, and numbers that
//! JavaScript cannot hold.

use std::process::Command;

use serde_json::{Value, json};
use wechat::sim::Speaker;

use super::{MINI, PNG, STATION, Serving, World, installed, run, script};

/// Beyond this JavaScript's numbers have gaps.
const SAFE: i64 = 1 << 53;

fn easywechat(deed: &str, world: &World) -> Command {
    let mut told = world.told();
    // Its tokens are kept in files: each test has a folder of its own.
    let port = world.sim.base_url().rsplit(':').next().unwrap_or_default();
    let cache = installed().join(format!("cache-{}-{port}", std::process::id()));
    told["cache"] = json!(format!("{}/", cache.display()));
    told["mini"] = json!({
        "app_id": MINI,
        "secret": format!("secret-of-{MINI}"),
        "js_code": world.handle().login_code(MINI, "alice"),
    });
    let mut command = Command::new("node");
    command
        .env("NODE_PATH", installed().join("node/node_modules"))
        .arg(script("with_easywechat.js"))
        .args([deed, &told.to_string()]);
    command
}

#[actix_web::test]
async fn easywechat_logs_in_sends_reads_followers_and_builds_a_menu() {
    let world = World::start();
    let alice = world.handle().openid(STATION, "alice");

    let got = run(easywechat("call", &world)).await;
    assert_eq!(got["followers"], json!([alice]));
    assert_eq!(got["user"]["subscribe"], 1);
    assert_eq!(
        got["menu"],
        json!([{ "type": "click", "name": "帮助", "key": "help" }])
    );
    assert_eq!(got["picture"], PNG);
    assert_eq!(got["refused"], 40037);
    assert_eq!(
        got["session"]["openid"],
        world.handle().openid(MINI, "alice")
    );
    assert_ne!(got["token"], got["classic"]);
    assert_eq!(
        world.handle().phone("alice")[0].value("活动名称"),
        Some("春季座谈会")
    );
    assert!(0 < world.calls_of("cgi-bin/stable_token") && 0 < world.calls_of("cgi-bin/token"));
    let ticket = got["ticket"].as_str().expect("a ticket");
    assert!(world.handle().scan_ticket("alice", ticket));
}

#[actix_web::test]
async fn easywechat_opens_our_pushes_and_we_open_its_answers() {
    let world = World::start();
    let serving = Serving::start(&world, easywechat("serve", &world));
    world
        .handle()
        .verify_callback(STATION)
        .await
        .expect("it gives the echostr back");

    let answer = world.answer_to("在吗").await;
    assert_eq!(answer.speaker, Speaker::Account);
    assert_eq!(answer.reply.expect("a passive reply").text, "收到：在吗");
    let opened = serving.opens("text").await;
    assert_eq!(opened["from"], world.handle().openid(STATION, "alice"));
    world.send_with_ours().await.expect("a msgid");
    serving.opens("TEMPLATESENDJOBFINISH").await;
    let pushes = world.handle().pushes();
    assert!(
        pushes.iter().all(|push| !push.service_failure),
        "{pushes:?}"
    );
}

#[actix_web::test]
async fn a_msgid_loses_its_last_digits_in_javascript_and_not_with_us() {
    let world = World::start();

    let got: Value = run(easywechat("call", &world)).await;
    let true_one = world.handle().phone("alice")[0].msgid;
    assert!(SAFE < true_one);
    assert_ne!(got["msgid"], true_one, "JavaScript rounds it");

    let ours = world.send_with_ours().await.expect("a msgid");
    assert_eq!(ours, world.handle().phone("alice")[1].msgid);
}
