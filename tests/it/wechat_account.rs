//! The accounts at WeChat, as the office and the operator see them.

use api::demo::world::{MINI_PROGRAM, official_account};
use api::wechat_account::{Finding, Verdict, check, check_and_note};
use serde_json::json;
use tests::{TestApp, until};
use wechat::sim::{Fault, SimKind};

use crate::notice::{follow, habits, start};

const MENU: &str = "/cgi-bin/menu/create";

/// What is wrong, sentence and advice together.
async fn wrong(t: &TestApp) -> Vec<String> {
    let findings = check(&t.app).await;
    let told = |finding: &Finding| format!("{} {}", finding.text, finding.advice);
    findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Wrong)
        .map(told)
        .collect()
}

fn only(wrong: &[String], words: &[&str]) {
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    for word in words {
        assert!(wrong[0].contains(word), "{word}: {wrong:?}");
    }
}

#[actix_web::test]
async fn the_office_sees_every_account_and_how_it_fares() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;

    let accounts = t.see("office", "/wechat/accounts").await;

    let items = accounts["items"].as_array().unwrap();
    assert_eq!(items.len(), 4);
    assert_eq!(
        (&items[0]["kind"], &items[0]["app_id"]),
        (&json!("mini_program"), &json!(MINI_PROGRAM))
    );
    let station = &items[1];
    assert_eq!(station["name"], "第一驿站");
    assert_eq!(station["kind_name"], "公众号");
    assert_eq!(
        (&station["followers"], &station["members"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(
        station["last_callback_at"],
        json!("2026-09-14T09:00:00+08:00")
    );
    assert_eq!(station["last_resync_at"], json!(null));
    assert_eq!(station["problems"], json!([]));
    assert_eq!(t.see("auditor", "/wechat/accounts").await["total"], 4);
    assert_eq!(t.see("x-office", "/wechat/accounts").await["total"], 1);
    assert_eq!(t.get("alice", "/wechat/accounts").await.0, 403);
}

#[actix_web::test]
async fn the_followers_are_read_again_when_the_office_asks() {
    let t = start().await;
    let path = format!("/wechat/accounts/{}/resync", official_account(0));
    let (status, _) = t.post("office", &path, json!({})).await;
    assert_eq!(status, 202);
    t.pass_minutes(1);
    t.run_jobs().await;

    let station = t.see("office", "/wechat/accounts").await["items"][1].clone();
    assert_eq!(
        station["last_resync_at"],
        json!("2026-09-14T09:01:00+08:00")
    );
    assert_eq!(station["last_resync_followers"], station["followers"]);

    t.sim
        .handle
        .fault(Fault::errcode(40164).on("/cgi-bin/user/get"));
    t.act("office", &path, json!({})).await;
    t.run_jobs().await;
    let station = t.see("office", "/wechat/accounts").await["items"][1].clone();
    assert!(
        station["resync_problem"]
            .as_str()
            .unwrap()
            .contains("40164"),
        "{station}"
    );
    for path in [
        "/wechat/accounts/wxnobody/resync".to_owned(),
        format!("/wechat/accounts/{MINI_PROGRAM}/resync"),
    ] {
        assert_eq!(t.post("office", &path, json!({})).await.0, 404);
    }
    assert_eq!(t.post("x-office", &path, json!({})).await.0, 404);
}

#[actix_web::test]
async fn a_published_menu_is_what_a_follower_taps() {
    let t = TestApp::start().await;
    t.sim.handle.set_push_habits(habits());
    let path = format!("/wechat/accounts/{}/menu", official_account(0));
    let published = t.act("office", &path, json!({})).await;
    assert_eq!(
        published["menu_published_at"],
        json!("2026-09-14T09:00:00+08:00")
    );

    t.sim.handle.tap(&official_account(0), "gao", "帮助");

    until("the account answers", async || {
        let chat = t.sim.handle.chat(&official_account(0), "gao");
        chat.iter()
            .filter_map(|line| line.reply.as_ref())
            .any(|reply| reply.text.contains("可以为您办理"))
    })
    .await;
    assert!(
        check(&t.app)
            .await
            .iter()
            .any(|finding| finding.text == "菜单已发布，小程序已关联")
    );
}

#[actix_web::test]
async fn a_menu_that_wechat_refuses_is_refused_in_words_and_stays_unpublished() {
    let t = TestApp::start().await;
    let path = format!("/wechat/accounts/{}/menu", official_account(0));
    t.sim.handle.fault(Fault::errcode(45064).on(MENU));

    let (status, refusal) = t.post("office", &path, json!({})).await;

    assert_eq!((status, &refusal["code"]), (409, &json!("wechat_refused")));
    assert!(
        refusal["detail"].as_str().unwrap().contains("关联小程序"),
        "{refusal}"
    );
    let station = t.see("office", "/wechat/accounts").await["items"][1].clone();
    assert_eq!(station["menu_published_at"], json!(null));
}

#[actix_web::test]
async fn a_configuration_that_is_right_has_nothing_to_be_put_right() {
    let t = TestApp::start().await;

    assert_eq!(wrong(&t).await, Vec::<String>::new());

    check_and_note(&t.app).await;
    let station = t.see("office", "/wechat/accounts").await["items"][1].clone();
    assert_eq!(station["checked_at"], json!("2026-09-14T09:00:00+08:00"));
    let fine: Vec<_> = check(&t.app)
        .await
        .into_iter()
        .filter(|finding| finding.verdict == Verdict::Fine)
        .collect();
    assert!(
        fine.iter().any(|finding| finding.text.contains("应答正确")),
        "{fine:?}"
    );
}

#[actix_web::test]
async fn a_wrong_secret_is_named() {
    let t = TestApp::with(|config| {
        config["wechat"]["apps"][1]["secret"] = json!("0123456789abcdef0123456789abcdef");
    })
    .await;

    let wrong = wrong(&t).await;

    only(&wrong, &["AppSecret 不正确", "重置"]);
    assert!(!wrong[0].contains("0123456789abcdef"));
}

#[actix_web::test]
async fn an_address_that_is_not_on_the_list_is_told_as_wechat_saw_it() {
    let t = TestApp::start().await;
    t.sim
        .handle
        .set_whitelist(&official_account(0), Some(vec!["203.0.113.9".to_owned()]));

    only(&wrong(&t).await, &["127.0.0.1", "IP 白名单", "40164"]);
    check_and_note(&t.app).await;
    let station = t.see("office", "/wechat/accounts").await["items"][1].clone();
    assert!(
        station["problems"][0]["text"]
            .as_str()
            .unwrap()
            .contains("127.0.0.1"),
        "{station}"
    );
}

#[actix_web::test]
async fn what_breaks_later_is_found_in_the_night() {
    let t = TestApp::start().await;
    api::worker::ensure_scheduled(&t.app).await.unwrap();
    t.sim
        .handle
        .set_whitelist(&official_account(0), Some(vec!["203.0.113.9".to_owned()]));

    t.set("2026-09-15T04:00:00+08:00");
    t.run_jobs().await;

    let accounts = t.see("office", "/wechat/accounts").await;
    assert_eq!(
        accounts["items"][1]["checked_at"],
        json!("2026-09-15T04:00:00+08:00")
    );
    assert_eq!(
        accounts["items"][1]["problems"].as_array().unwrap().len(),
        1
    );
    assert_eq!(accounts["items"][2]["problems"], json!([]));
}

#[actix_web::test]
async fn a_subscription_account_is_found_out() {
    let t = TestApp::changed(|world, _| {
        world.sim_apps[1].kind = SimKind::SubscriptionAccount;
    })
    .await;

    only(&wrong(&t).await, &["不是已认证的服务号", "48001"]);
}

#[actix_web::test]
async fn templates_that_differ_are_named_field_by_field() {
    let t = TestApp::with(|config| {
        let templates = &mut config["wechat"]["apps"][1]["templates"];
        templates["eve_reminder"]["template_id"] = json!("gone");
        let fields = &mut templates["activity_published"]["fields"];
        fields["thing9"] = json!("title");
        fields["time2"] = json!("venue");
        fields.as_object_mut().unwrap().remove("thing4");
    })
    .await;

    let wrong = wrong(&t).await;

    assert_eq!(wrong.len(), 4, "{wrong:?}");
    for words in [
        "活动前一日提醒模板：账号中没有模板 gone",
        "模板要求字段 thing4",
        "模板中没有",
        "字段 time2 不能填写 venue",
    ] {
        assert!(
            wrong.iter().any(|one| one.contains(words)),
            "{words}: {wrong:?}"
        );
    }
}

#[actix_web::test]
async fn an_address_that_does_not_answer_as_it_must_is_named() {
    let t = TestApp::with(|config| {
        config["wechat"]["public_url"] = json!("http://127.0.0.1:9");
    })
    .await;
    let found = wrong(&t).await;
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found.iter().all(|one| one.contains("连接不上")),
        "{found:?}"
    );
}

#[actix_web::test]
async fn an_account_without_callback_is_named() {
    let t = TestApp::with(|config| {
        let app = config["wechat"]["apps"][1].as_object_mut().unwrap();
        app.remove("token");
        app.remove("aes_key");
    })
    .await;

    only(&wrong(&t).await, &["没有配置消息推送", "安全模式"]);
}

#[actix_web::test]
async fn subscription_templates_that_differ_are_named_field_by_field() {
    let t = TestApp::changed(|world, config| {
        let listed = vec!["区政协会议室".to_owned()];
        let template = &mut world.sim_apps[0].templates[1];
        template.listed.insert("thing1".to_owned(), listed);
        let subscriptions = &mut config["wechat"]["apps"][0]["subscriptions"];
        let purposes: Vec<String> = subscriptions.as_object().unwrap().keys().cloned().collect();
        assert!(purposes.len() > 1, "{purposes:?}");
        let published = &mut subscriptions["activity_published"];
        published["long_term"] = json!(true);
        published["fields"]["thing9"] = json!("title");
        let of_account = &mut config["wechat"]["apps"][1]["subscriptions"];
        of_account["activity_published"]["template_id"] = json!("gone");
    })
    .await;

    let wrong = wrong(&t).await;

    for words in [
        "活动通知订阅消息模板：账号中没有模板 gone",
        "活动通知订阅消息模板：配置了字段 thing9，模板中没有",
        "活动通知订阅消息模板：是一次性订阅，配置为长期订阅",
        "字段 thing1 只能填写固定的值（区政协会议室）",
    ] {
        assert!(
            wrong.iter().any(|one| one.contains(words)),
            "{words}: {wrong:?}"
        );
    }
    assert_eq!(wrong.len(), 4, "{wrong:?}");
}

#[actix_web::test]
async fn a_mini_program_that_is_none_is_found_out() {
    let t = TestApp::changed(|world, _| {
        world.sim_apps[0].kind = SimKind::ServiceAccount;
    })
    .await;

    // Members cannot sign in there either, but the operator hears it before they try.
    only(&wrong(&t).await, &["不是小程序（48001）", "app_id"]);
    let t = TestApp::start().await;
    let findings = check(&t.app).await;
    assert!(
        findings
            .iter()
            .any(|one| one.app_id == MINI_PROGRAM && one.text == "是小程序")
    );
}
