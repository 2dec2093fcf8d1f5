//! What an account says at once to those who follow it, write to it or tap its menu.

use std::time::Duration;

use api::demo::world::{MINI_PROGRAM, official_account};
use entity::{Scoped, link_token};
use sea_orm::PaginatorTrait;
use tests::{TestApp, until};

use super::forge::{account, event, inside, said, sealed, text, word};
use crate::notice::habits;

/// What the account of group 一 said last to a person.
async fn heard(t: &TestApp, person: &str, lines: usize) -> String {
    let app_id = official_account(0);
    let replies = || {
        let lines = t.sim.handle.chat(&app_id, person).into_iter();
        lines.filter_map(|line| line.reply).collect::<Vec<_>>()
    };
    until("the account answers", async || replies().len() >= lines).await;
    replies().pop().expect("a reply").text
}

#[actix_web::test]
async fn a_follower_is_told_where_to_go_by_whatever_word_he_writes() {
    let t = TestApp::start().await;
    t.sim.handle.set_push_habits(habits());
    let (app_id, pages) = (official_account(0), &t.app.config.wechat.pages);
    let mut lines = 0;
    for (words, page) in [
        ("签到", &pages.check_in),
        ("　我要请假！", &pages.leave),
        ("请问我的积分有多少？", &pages.score),
        ("４", &pages.activities),
    ] {
        t.sim.handle.write(&app_id, "gao", words);
        lines += 1;
        let reply = heard(&t, "gao", lines).await;
        assert!(
            reply.contains(&format!(r#"data-miniprogram-path="{page}""#))
                && reply.contains(&format!(r#"data-miniprogram-appid="{MINI_PROGRAM}""#)),
            "{words}: {reply}"
        );
    }
    for words in ["帮助", "你们几点下班"] {
        t.sim.handle.write(&app_id, "gao", words);
        lines += 1;
        let menu = heard(&t, "gao", lines).await;
        assert!(menu.starts_with("第一驿站可以为您办理"), "{menu}");
        assert!(menu.contains("请假") && menu.contains("绑定"), "{menu}");
    }
    t.sim.handle.click(&app_id, "gao", "leave");
    assert!(heard(&t, "gao", lines + 1).await.contains(&pages.leave));
    assert!(
        !t.sim
            .handle
            .pushes()
            .iter()
            .any(|push| push.service_failure)
    );
}

#[actix_web::test]
async fn a_new_follower_is_welcomed_with_a_link_and_a_known_member_without() {
    let t = TestApp::start().await;
    t.sim.handle.set_push_habits(habits());
    t.sim.handle.follow(&official_account(0), "ding");
    let welcome = heard(&t, "ding", 1).await;
    assert!(welcome.starts_with("欢迎关注第一驿站！") && welcome.contains("?link="));

    t.token("ding").await;
    until("ding is linked by his unionid", async || {
        t.run_jobs().await;
        t.see("ding", "/me/official-accounts").await["items"][0]["linked"] == true
    })
    .await;
    t.sim.handle.write(&official_account(0), "ding", "绑定");
    let linked = heard(&t, "ding", 2).await;
    assert!(linked.contains("已与本公众号关联"), "{linked}");
    t.sim.handle.unfollow(&official_account(0), "ding");
    t.pass_minutes(1);
    t.sim.handle.follow(&official_account(0), "ding");
    let again = heard(&t, "ding", 3).await;
    assert!(
        again.contains("委员身份已关联") && !again.contains("?link="),
        "{again}"
    );
}

#[actix_web::test]
async fn every_delivery_of_one_push_gets_the_same_answer_and_one_word() {
    let t = TestApp::start().await;
    let account = account();
    let tokens = async || {
        link_token::Entity::of(t.committee)
            .count(t.app.db.read())
            .await
            .unwrap()
    };
    let before = tokens().await;
    let inside = inside(&account, "o-1", t.now().timestamp(), &text("绑定", 9));
    let first = said(&t, &account, &sealed(&t, &account, &inside)).await;
    t.pass_minutes(1);

    // WeChat signs each delivery anew.
    let second = said(&t, &account, &sealed(&t, &account, &inside)).await;

    assert_eq!(first, second);
    assert_eq!(word(&first).len(), 32);
    assert_eq!(tokens().await, before + 1);
    let other = super::forge::inside(&account, "o-1", t.now().timestamp(), &text("绑定", 10));
    let other = said(&t, &account, &sealed(&t, &account, &other)).await;
    assert_ne!(word(&first), word(&other));
}

#[actix_web::test]
async fn an_answer_needs_no_network_and_comes_within_a_second() {
    let t = TestApp::start().await;
    let account = account();
    let asked = t.sim.handle.calls().len();
    let began = std::time::Instant::now();
    for number in 0..10 {
        let fields = if number % 2 == 0 {
            text("绑定", number)
        } else {
            event("subscribe", "")
        };
        let inside = inside(&account, &format!("o-{number}"), 1_789_347_600, &fields);
        said(&t, &account, &sealed(&t, &account, &inside)).await;
    }
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(t.sim.handle.calls().len(), asked);
}
