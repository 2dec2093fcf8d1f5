//! wechatpy 1.8.18 (`PyPI`): the classic token, JSON without a content type, and a retry without end.

use std::process::Command;

use serde_json::{Value, json};
use wechat::sim::Speaker;

use super::{PNG, STATION, Serving, World, installed, run, script};

fn wechatpy(deed: &str, told: &Value) -> Command {
    let mut command = Command::new(installed().join("python/bin/python"));
    command
        .arg(script("with_wechatpy.py"))
        .args([deed, &told.to_string()]);
    command
}

#[actix_web::test]
async fn wechatpy_sends_reads_followers_and_builds_a_menu() {
    let world = World::start();
    let alice = world.handle().openid(STATION, "alice");

    let got = run(wechatpy("call", &world.told())).await;
    assert_eq!(got["msgid"], world.handle().phone("alice")[0].msgid);
    assert_eq!(got["followers"], json!([alice]));
    assert_eq!(got["user"]["subscribe"], 1);
    assert_eq!(got["batch"][0]["openid"], json!(alice));
    assert_eq!(
        got["menu"],
        json!([{ "type": "click", "name": "帮助", "key": "help" }])
    );
    assert_eq!(got["picture"], PNG);
    assert_eq!(got["tags"], json!([100]));
    assert_eq!(got["refused"], 40037);
    assert_eq!(
        world.handle().phone("alice")[0].value("活动名称"),
        Some("春季座谈会")
    );
    assert_eq!(world.calls_of("cgi-bin/token"), 1);
    let ticket = got["ticket"].as_str().expect("a ticket");
    assert!(world.handle().scan_ticket("alice", ticket));
}

#[actix_web::test]
async fn wechatpy_opens_our_pushes_and_we_open_its_answers() {
    let world = World::start();
    let serving = Serving::start(&world, wechatpy("serve", &world.told()));
    world
        .handle()
        .verify_callback(STATION)
        .await
        .expect("it knows the signature");

    let answer = world.answer_to("在吗").await;
    assert_eq!(answer.speaker, Speaker::Account);
    assert_eq!(answer.reply.expect("a passive reply").text, "收到：在吗");
    let opened = serving.opens("text").await;
    assert_eq!(opened["from"], world.handle().openid(STATION, "alice"));
    world.send_with_ours().await.expect("a msgid");
    serving.opens("templatesendjobfinish").await;
    let pushes = world.handle().pushes();
    assert!(
        pushes.iter().all(|push| !push.service_failure),
        "{pushes:?}"
    );
}

#[actix_web::test]
async fn a_lasting_40001_drives_wechatpy_round_and_round_and_us_only_once() {
    let world = World::start();
    world.refuse_for_ever("cgi-bin/user/info");
    world.refuse_for_ever("cgi-bin/message/template/send");

    let got = run(wechatpy("lasting-40001", &world.told())).await;
    assert_eq!(got, json!({ "ended": "recursion" }));
    assert!(100 < world.calls_of("cgi-bin/user/info"));
    assert!(
        100 < world.calls_of("cgi-bin/token"),
        "a token for each try"
    );

    let refused = world.send_with_ours().await.expect_err("it is refused");
    assert_eq!(refused.api().map(|error| error.code), Some(40001));
    assert!(world.calls_of("cgi-bin/message/template/send") <= 2);
    assert!(world.calls_of("cgi-bin/stable_token") <= 2);
}
