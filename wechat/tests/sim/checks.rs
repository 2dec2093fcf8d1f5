//! Pictures that are judged later, and sealed data that are or are not WeChat's.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wechat::callback::{self, Endpoint, Event, Mode};
use wechat::crypto::open_user_data;
use wechat::sim::{CallbackMode, PushFormat};

use super::ear::{crypt, listening};
use super::{MINI, STATION, World, code, noon};

impl World {
    async fn check_picture(&self, url: &str) -> Value {
        let body = json!({
            "media_url": url,
            "media_type": 2,
            "version": 2,
            "scene": 1,
            "openid": self.handle().openid(MINI, "alice"),
        });
        self.ask(MINI, "wxa/media_check_async", body).await
    }
}

#[actix_web::test]
async fn the_verdict_on_a_picture_is_pushed_within_half_an_hour() {
    for format in [PushFormat::Xml, PushFormat::Json] {
        let (world, ear) = listening(CallbackMode::Safe, format);
        world.handle().set_callback(MINI, ear.listen());
        world.handle().login_code(MINI, "alice");
        let mut asked = Vec::new();
        for name in ["fine", "risky", "missing"] {
            let answer = world
                .check_picture(&format!("https://example.org/{name}.png"))
                .await;
            asked.push(answer["trace_id"].as_str().expect("a trace").to_owned());
        }
        assert!(ear.heard().is_empty());
        world.pass(1800);

        let endpoint = Endpoint {
            crypt: crypt(MINI),
            mode: Mode::Safe,
            to_user_name: Some(format!("gh_{MINI}")),
        };
        let later = noon() + chrono::TimeDelta::minutes(30);
        let mut verdicts = vec![None; 3];
        for (query, body) in ear.wait(3).await {
            let push = callback::open(&endpoint, &query, body.as_bytes(), later).expect("a push");
            let Event::MediaCheck {
                trace_id,
                code,
                suggest,
                label,
            } = push.event
            else {
                panic!("{:?}", push.event)
            };
            let place = asked.iter().position(|one| *one == trace_id);
            verdicts[place.expect("we asked for it")] = Some((code, suggest, label));
        }
        let found =
            |code, suggest: &str, label| Some((Some(code), Some(suggest.to_owned()), Some(label)));
        assert_eq!(
            verdicts,
            [
                found(0, "pass", 100),
                found(0, "risky", 20006),
                found(-1008, "pass", 100)
            ]
        );
    }
}

#[actix_web::test]
async fn a_picture_is_judged_only_for_somebody_who_was_here_lately() {
    let world = World::start();
    assert_eq!(
        code(&world.check_picture("https://example.org/a.png").await),
        61010
    );
    world.handle().login_code(MINI, "alice");
    assert_eq!(code(&world.check_picture("a.png").await), 40097);
    assert_eq!(
        code(&world.check_picture("https://example.org/a.png").await),
        0
    );
}

#[actix_web::test]
async fn sealed_data_open_with_the_session_key_and_are_known_for_three_days() {
    let world = World::start();
    world.handle().login_code(MINI, "alice");
    let data = json!({ "purePhoneNumber": "13800000001" });
    let (sealed, iv) = world.handle().encrypted_data(MINI, "alice", data);
    let key = world.handle().session_key(MINI, "alice").expect("a key");

    let opened = open_user_data(MINI, &key, &iv, &sealed, noon());
    let opened: Value = opened.expect("our own key");
    assert_eq!(opened["purePhoneNumber"], "13800000001");
    let ask = async |app_id: &str, sealed: &str| {
        let hash = hex::encode(Sha256::digest(sealed));
        let body = json!({ "encrypted_msg_hash": hash });
        world
            .ask(app_id, "wxa/business/checkencryptedmsg", body)
            .await
    };
    let known = ask(MINI, &sealed).await;
    assert_eq!(known["vaild"], true);
    assert_eq!(known["create_time"], noon().timestamp());
    assert_eq!(ask(MINI, "forged").await["vaild"], false);
    assert_eq!(ask(super::MINI_TWO, &sealed).await["vaild"], false);
    assert_eq!(code(&ask(STATION, &sealed).await), 48001);
    world.pass(3 * 86_400 + 1);
    assert_eq!(ask(MINI, &sealed).await["vaild"], false);
}
