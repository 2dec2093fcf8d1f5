//! The crate's own client against the simulator: that the two agree on what WeChat says.

use std::sync::Arc;

use secrecy::SecretString;
use wechat::sim::{Fault, FaultKind};
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
