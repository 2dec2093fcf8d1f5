//! The crate's own client against the simulator: that the two agree on what WeChat says.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;
use wechat::custom::CustomMessage;
use wechat::endpoint::Endpoint;
use wechat::media::{MediaKind, Upload};
use wechat::menu::{Action, Button, Entry, Menu};
use wechat::oauth::Visitor;
use wechat::ops::Carrier;
use wechat::qrcode::{QrCode, QrScene};
use wechat::security::{Scene, Verdict, Words};
use wechat::sim::{Fault, FaultKind};
use wechat::tags::TagName;
use wechat::template::TemplateMessage;
use wechat::{Account, App, Client, Error, Options};

use super::{MINI, NOTICE, STATION, World};

impl World {
    fn account(&self, app_id: &str) -> Account {
        let handle = self.handle().clone();
        let options = Options::new(Arc::new(move || handle.now()));
        let app = App {
            base_url: self.sim.base_url().to_owned(),
            ..App::new(app_id, SecretString::from(format!("secret-of-{app_id}")))
        };
        Account::new(app, Client::new(options).expect("a client"))
    }

    fn notice_for(&self, person: &str) -> TemplateMessage {
        TemplateMessage {
            touser: self.handle().openid(STATION, person),
            template_id: NOTICE.to_owned(),
            url: None,
            miniprogram: None,
            client_msg_id: Some("delivery-1".to_owned()),
            data: vec![
                ("thing1".to_owned(), "春季座谈会".to_owned()),
                ("time2".to_owned(), "2026年3月5日 15:00".to_owned()),
            ],
        }
    }
}

#[actix_web::test]
async fn our_client_logs_in_reads_followers_and_sends() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let (mini, station) = (world.account(MINI), world.account(STATION));

    let session = mini
        .login(&world.handle().login_code(MINI, "alice"))
        .await
        .expect("a session");
    assert_eq!(session.openid, world.handle().openid(MINI, "alice"));
    let phone_code = world.handle().phone_code("alice");
    mini.phone_number(&phone_code, &session.openid)
        .await
        .expect("a number");
    let followers = station.all_followers().await.expect("followers");
    assert_eq!(followers, [world.handle().openid(STATION, "alice")]);
    station
        .send_template(&world.notice_for("alice"))
        .await
        .expect("a msgid");
    assert_eq!(world.handle().phone("alice").len(), 1);
}

#[actix_web::test]
async fn our_client_survives_a_dead_token_and_a_lost_answer() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let station = world.account(STATION);
    station.probe().await.expect("a token");
    world.handle().revoke_tokens(STATION);

    world.handle().fault(
        Fault::new(FaultKind::HangUp)
            .on("cgi-bin/message/template/send")
            .skip(1)
            .after(),
    );
    let lost = station.send_template(&world.notice_for("alice")).await;
    assert!(matches!(lost, Err(Error::Ambiguous { .. })), "{lost:?}");
    station
        .send_template(&world.notice_for("alice"))
        .await
        .expect("the same message");
    assert_eq!(world.handle().phone("alice").len(), 1);
}

#[actix_web::test]
async fn our_client_tells_a_refusal_with_its_field() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let mut message = world.notice_for("alice");
    message.data[1].1 = "下午三点".to_owned();

    let refused = world
        .account(STATION)
        .send_template(&message)
        .await
        .expect_err("a bad time");
    assert_eq!(refused.api().map(|error| error.code), Some(47003));
    assert_eq!(
        refused.api().and_then(|error| error.field.as_deref()),
        Some("time2")
    );
}

#[actix_web::test]
async fn our_client_tags_and_builds_a_menu_for_what_it_finds() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let alice = [world.handle().openid(STATION, "alice")];
    let station = world.account(STATION);

    let name = TagName::new("委员").expect("short");
    let tag = station.create_tag(&name).await.expect("a tag").id;
    station.tag_followers(tag, &alice).await.expect("tagged");
    assert_eq!(station.tags_of(&alice[0]).await.expect("tags"), [tag]);
    let tagged = station.followers_with_tag(tag).await.expect("followers");
    assert_eq!(tagged, alice);
    let remarked = station.update_remark(&alice[0], "陈委员").await;
    remarked.expect("she follows");
    let info = station.user_info(&alice[0]).await.expect("a follower");
    assert_eq!(info.tagid_list, [tag]);

    let entry = |name: &str, action| Entry {
        name: name.to_owned(),
        action,
    };
    let key = "help".to_owned();
    let url = "https://example.org".to_owned();
    let menu = Menu {
        buttons: vec![
            Button::Entry(entry("帮助", Action::Click { key: key.clone() })),
            Button::Group {
                name: "更多".to_owned(),
                entries: vec![
                    entry("网页", Action::View { url }),
                    entry("扫码", Action::ScanCode { key, wait: true }),
                ],
            },
        ],
    };
    station.create_menu(&menu).await.expect("a good menu");
    assert_eq!(station.menu().await.expect("read"), Some(menu.clone()));
    let current = station.current_menu().await.expect("read");
    assert!(current.open && current.menu == menu);
    station.delete_menu().await.expect("deleted");
    assert_eq!(station.menu().await.expect("read"), None);
}

#[actix_web::test]
async fn our_client_takes_templates_from_the_library_and_gives_them_back() {
    let world = World::start();
    let (mini, station) = (world.account(MINI), world.account(STATION));

    let added = station
        .add_template("43216", &["会议名称", "会议时间"])
        .await;
    let added = added.expect("it is in the library");
    let listed = station.templates().await.expect("listed");
    let ours = listed.iter().find(|one| one.template_id == added);
    assert_eq!(
        ours.expect("it was added").field_keys(),
        ["thing1", "time2"]
    );
    station.delete_template(&added).await.expect("deleted");

    let categories = mini.subscribe_categories().await.expect("listed");
    let titles = mini.library_titles(&[categories[0].id], 0, 30).await;
    assert!(titles.is_ok(), "{titles:?}");
    let keywords = mini.library_keywords(1128).await.expect("keywords");
    let kids: Vec<i64> = keywords.iter().take(2).map(|one| one.kid).collect();
    let added = mini.add_subscribe_template(1128, &kids, "会议提醒").await;
    let added = added.expect("it is in the library");
    assert_eq!(mini.subscribe_templates().await.expect("listed").len(), 2);
    let deleted = mini.delete_subscribe_template(&added).await;
    deleted.expect("deleted");
}

#[actix_web::test]
async fn our_client_uploads_makes_codes_and_answers() {
    let world = World::start();
    let station = world.account(STATION);
    let file = Upload {
        filename: "图.png",
        media_type: "image/png",
        content: b"picture",
    };
    let kept = station.upload_media(MediaKind::Image, file).await;
    let media_id = kept.expect("kept").media_id;
    world.handle().write(STATION, "alice", "在吗");
    let alice = world.handle().openid(STATION, "alice");
    let picture = CustomMessage::Image { media_id };
    let sent = station.send_custom(&alice, &picture).await;
    sent.expect("she has just written");
    let thumb = station.upload_media(MediaKind::Thumb, file).await;
    assert!(thumb.is_ok(), "{thumb:?}");
    let address = station.upload_article_image(file).await;
    assert!(address.is_ok(), "{address:?}");

    let code = QrCode::temporary(QrScene::Number(42), 600).expect("in range");
    let ticket = station.create_qrcode(&code).await.expect("a ticket").ticket;
    assert!(world.handle().scan_ticket("bo", &ticket));
}

#[actix_web::test]
async fn our_client_learns_who_opens_a_page_and_whether_words_may_stand() {
    let world = World::start();
    let (mini, station) = (world.account(MINI), world.account(STATION));
    let page_code = world.handle().page_code(STATION, "alice", true);
    let visitor = station.oauth_visitor(&page_code).await.expect("a visitor");
    let Visitor::Person(grant) = visitor else {
        panic!("she is no preview")
    };
    assert!(station.oauth_is_valid(&grant).await.expect("an answer"));
    let profile = station.oauth_user_info(&grant).await.expect("a profile");
    assert_eq!(profile.unionid, world.handle().unionid(STATION, "alice"));
    let renewed = station.oauth_refresh(&grant.refresh_token).await;
    assert!(matches!(renewed, Ok(Visitor::Person(_))));

    let js_code = world.handle().login_code(MINI, "alice");
    let keyed = mini.login_with_key(&js_code).await.expect("a session");
    let openid = world.handle().openid(MINI, "alice");
    let words = Words {
        openid: openid.clone(),
        scene: Scene::Comment,
        content: "你好".to_owned(),
        title: None,
        nickname: None,
    };
    let judged = mini.check_words(&words).await.expect("judged");
    assert_eq!(judged.verdict, Verdict::Pass);
    let live = mini.check_session(&openid, &keyed.session_key).await;
    assert!(live.expect("an answer"));
    let renewed = mini.reset_session(&openid, &keyed.session_key).await;
    assert!(renewed.is_ok());
    let (sealed, _) = world.handle().encrypted_data(MINI, "alice", json!({}));
    let made = mini.encrypted_data_time(&sealed).await.expect("an answer");
    assert_eq!(made, Some(super::noon().timestamp()));
}

#[actix_web::test]
async fn our_client_looks_after_the_account() {
    let world = World::start();
    let station = world.account(STATION);
    world
        .handle()
        .set_callback(STATION, "http://127.0.0.1:9/wx".to_owned());

    let quotas = station.quota(Endpoint::TemplateSend).await;
    assert!(quotas.is_ok(), "{quotas:?}");
    station.clear_quota().await.expect("the first this month");
    station.clear_quota_by_secret().await.expect("the second");
    assert!(
        !station
            .callback_networks()
            .await
            .expect("listed")
            .is_empty()
    );
    let seen = station.check_callback(Carrier::Unicom).await;
    assert_eq!(seen.expect("seen").dns.len(), 1);
    let refused = station.user_info("stranger").await.expect_err("a stranger");
    let rid = refused.api().and_then(|error| error.rid.clone());
    let facts = station.request_facts(&rid.expect("a rid")).await;
    assert!(facts.is_ok(), "{facts:?}");
}
